/**
 * A small model of the numbers a run gives, in closed form: at every position the candidates follow Zipf's law,
 * p(rank r) = r^-S / H with H = sum of r^-S, and each head's attention falls off geometrically with distance.
 */
import type { ModelView, PieceView, ScoreChunk, TokenView, Totals } from '../../src/panel/protocol.ts';

export const VOCAB = 5000;
const S = 1.2;
const ZETA = Array.from({ length: VOCAB }, (_, i) => (i + 1) ** -S).reduce((sum, value) => sum + value, 0);

/** Probability of the candidate of 1-based rank r. */
export const zipf = (r: number): number => r ** -S / ZETA;

export const model: ModelView = {
  name: 'Zipf-5k',
  precision: 'int8',
  vocabSize: VOCAB,
  nLayers: 6,
  nHeads: 4,
  contextLength: 8192,
  bosPolicy: 'no BOS is added',
};

export interface Sample {
  tokens: TokenView[];
  /** Rank of each token in its distribution; 0 for the first. */
  ranks: number[];
}

/** A token with the rank it shall have. */
type Given = [text: string, rank: number, more?: Partial<TokenView>];

/** Tokens one after the other, with ids that count from 10. */
export function sample(given: readonly Given[]): Sample {
  let place = 0;
  const tokens = given.map(([text, , more = {}], i) => {
    const start = place;
    place += text.length;
    return { id: 10 + i, text, start, end: place, ...more };
  });
  return { tokens, ranks: given.map(([, rank], i) => (i === 0 ? 0 : rank)) };
}

/** The textbook's sentence. */
export const chicken = sample([
  ['The', 0],
  [' chicken', 812],
  [' didn', 31],
  ["'t", 1],
  [' cross', 64],
  [' the', 1],
  [' road', 2],
  [' because', 5],
  [' it', 1],
  [' was', 1],
  [' too', 9],
  [' tired', 6],
  ['.', 2],
]);

/** What is hard to show: markup, line ends, tabs, controls, parts of a character, special tokens, nothing at all. */
export const hostile = sample([
  ['<img src=x onerror=alert(1)>', 0],
  ['</span><script>', 700],
  ['\n', 1],
  ['\t', 12],
  ['    ', 3],
  [' &amp;', 40],
  ['\uFFFD', 90, { bytes: [0xe7, 0x8c], start: 60, end: 61 }],
  ['\uFFFD', 2, { bytes: [0xab], start: 60, end: 61 }],
  ['\u202E', 4000],
  ['\u0007', 2000],
  ['javascript:alert(1)', 33],
  ['<|endoftext|>', 5, { special: true }],
  ['\n\n', 2],
  ['a'.repeat(90), 999],
]);

/** A text of `count` tokens in lines of twelve. */
export const longText = (count: number): Sample =>
  sample(Array.from({ length: count }, (_, i): Given => [i % 12 === 11 ? '.\n' : ` word${i}`, ((i * 37) % 900) + 1]));

/** Rank, 1-based, of an id in the distribution after `position`. */
export function rankOf({ tokens, ranks }: Sample, position: number, id: number): number {
  const next = tokens[position + 1];
  // The next token has its given rank; the ids go round from there.
  const shift = next ? next.id - (ranks[position + 1] - 1) : 100;
  return ((((id - shift) % VOCAB) + VOCAB) % VOCAB) + 1;
}

/** The id of 1-based rank r after `position`. */
export function idOf({ tokens, ranks }: Sample, position: number, r: number): number {
  const next = tokens[position + 1];
  const shift = next ? next.id - (ranks[position + 1] - 1) : 100;
  return (((shift + r - 1) % VOCAB) + VOCAB) % VOCAB;
}

/** Logits after `position`: log p plus a constant that softmax takes out. */
export function logitsAfter(of: Sample, position: number): Float32Array {
  return Float32Array.from({ length: VOCAB }, (_, id) => Math.log(zipf(rankOf(of, position, id))) + 3);
}

export function piece({ tokens }: Sample, id: number): PieceView {
  const token = tokens[id - 10];
  if (!token) return { text: ` word${id}` };
  return { text: token.text, ...(token.bytes && { bytes: token.bytes }), ...(token.special && { special: true }) };
}

export const pieces = (of: Sample, ids: Iterable<number>): Record<number, PieceView> =>
  Object.fromEntries([...new Set(ids)].map((id) => [id, piece(of, id)]));

export const ENTROPY = Array.from({ length: VOCAB }, (_, i) => -zipf(i + 1) * Math.log(zipf(i + 1))).reduce(
  (a, b) => a + b,
  0,
);

export function totalsOf({ tokens, ranks }: Sample, known = tokens.length): Totals {
  const nll = ranks.slice(1, known).map((r) => -Math.log(zipf(r)));
  const mean = nll.reduce((sum, value) => sum + value, 0) / nll.length;
  const { length: count } = tokens;
  return { tokens: count, scored: nll.length, meanSurprisal: mean / Math.LN2, perplexity: Math.exp(mean) };
}

/** Results of positions [from, from + count) with the 10 most likely candidates. */
export function chunk(of: Sample, from: number, count: number, topK = 10): ScoreChunk {
  const positions = Array.from({ length: count }, (_, i) => from + i);
  const ranks = Array.from({ length: topK }, (_, i) => i + 1);
  return {
    from,
    count,
    logprob: Float32Array.from(positions, (p) => (p === 0 ? Number.NaN : Math.log(zipf(of.ranks[p])))),
    rank: Int32Array.from(positions, (p) => of.ranks[p]),
    entropy: new Float32Array(count).fill(ENTROPY),
    lse: new Float32Array(count).fill(3),
    topK,
    topIds: Int32Array.from(positions.flatMap((p) => ranks.map((r) => idOf(of, p, r)))),
    topLogprobs: Float32Array.from(positions.flatMap(() => ranks.map((r) => Math.log(zipf(r))))),
  };
}
