/**
 * A small model of the numbers a run gives, in closed form: at every position the candidates follow Zipf's law,
 * p(rank r) = r^-S / H with H = sum of r^-S, and each head's attention falls off geometrically with distance.
 */
import { unmixed } from '../../src/analysis/rollout.ts';
import type {
  HostMessage,
  ModelView,
  PageMessage,
  PieceView,
  ScoreChunk,
  TokenView,
  Totals,
} from '../../src/panel/protocol.ts';
import type { Question, Result } from '../../src/panel/questions/index.ts';

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

const pieces = (of: Sample, ids: Iterable<number>): Record<number, PieceView> =>
  Object.fromEntries([...new Set(ids)].map((id) => [id, piece(of, id)]));

const ENTROPY = Array.from({ length: VOCAB }, (_, i) => -zipf(i + 1) * Math.log(zipf(i + 1))).reduce(
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

/** Weight of head h from row i to column j: proportional to 2^-((i - j) / (h + 1)), and 4 times that for the first. */
export function weight(head: number, row: number, column: number): number {
  const raw = (j: number) => 2 ** -((row - j) / (head + 1)) * (j === 0 ? 4 : 1);
  let sum = 0;
  for (let j = 0; j <= row; j++) sum += raw(j);
  return column > row ? 0 : raw(column) / sum;
}

/** At the residual before layer l, ranks are as far from those of the output as there are layers left. */
export const lensShift = (residual: number): number => model.nLayers - residual;

/** The lens over a window: each residual's distribution is the output's, moved by {@link lensShift}. */
function lensOf(of: Sample, from: number, count: number, follow?: number): Result<Extract<Question, { kind: 'lens' }>> {
  const residuals = Array.from({ length: model.nLayers + 1 }, (_, l) => l);
  const each = <T>(make: (residual: number, position: number) => T): T[] =>
    residuals.flatMap((l) => Array.from({ length: count }, (_, i) => make(l, from + i)));
  const rank = (l: number, p: number): number => {
    const ownNext = p + 1 < of.tokens.length ? of.ranks[p + 1] : 0;
    const atEnd = follow !== undefined && p === from + count - 1 ? rankOf(of, p, follow) : ownNext;
    return atEnd === 0 ? 0 : atEnd + lensShift(l);
  };
  const topIds = each((l, p) => idOf(of, p, 1 + lensShift(l)));
  return {
    hooks: residuals.map((l) => (l < model.nLayers ? `blocks.${l}.hook_resid_pre` : `blocks.${l - 1}.hook_resid_post`)),
    topIds: Int32Array.from(topIds),
    topLogprobs: Float32Array.from(each(() => Math.log(zipf(1)))),
    entropy: Float32Array.from(each(() => ENTROPY)),
    targetLogprob: Float32Array.from(each((l, p) => (rank(l, p) > 0 ? Math.log(zipf(rank(l, p))) : Number.NaN))),
    targetRank: Int32Array.from(each(rank)),
    pieces: pieces(of, topIds),
  };
}

export type Ask = Extract<PageMessage, { type: 'ask' }>;

/** Head i of all has i / count; the larger a seed, the more. */
function roles(seed: number) {
  const count = model.nLayers * model.nHeads;
  const values = (factor: number) => Float32Array.from({ length: count }, (_, i) => (factor * i) / count + 0.01 * seed);
  return {
    induction: values(0.9),
    previousToken: values(0.5),
    duplicateToken: values(0.4),
    firstToken: values(0.3),
    entropy: values(0.2),
  };
}

/** What an activation put in brings back: more the higher its layer, every other one the other way. */
export const patched = (layer: number, column: number): number =>
  ((column % 2 === 0 ? 1 : -1) * (layer + 1)) / model.nLayers;

function attributionParts() {
  const parts = [{ name: 'embed', value: 0.5 }];
  for (let l = 0; l < model.nLayers; l++) {
    for (let h = 0; h < model.nHeads; h++)
      parts.push({ name: `blocks.${l}.attn.${h}`, value: ((l * 7 + h * 3) % 11) / 10 - 0.5 });
    parts.push({ name: `blocks.${l}.mlp`, value: (l % 5) / 5 });
  }
  return parts;
}

/** Two dimensions a head: the token that looks has the query (1, 2), and every key and value is the same. */
function headSteps(position: number): Result<{ kind: 'headSteps'; position: number; layer: number; head: number }> {
  const each = (row: readonly number[]) =>
    Float32Array.from({ length: row.length * (position + 1) }, (_, i) => row[i % row.length]);
  const [x, pair] = [Float32Array.of(1, -1, 2, 0), Float32Array.of(1, 2)];
  const even = each([1 / (position + 1)]);
  return {
    ...{ x, normalized: x, q: pair, kvHead: 0, keys: each([1, -1]), values: each([3, 4]), products: each([-1]) },
    ...{ factor: 0.5, scores: each([-0.5]), pattern: even, z: Float32Array.of(3, 4), out: x },
    simple: { products: each([6]), pattern: even },
  };
}

function result(of: Sample, question: Question): Result<Question> {
  switch (question.kind) {
    case 'distribution': {
      const { position } = question;
      const ids = Array.from({ length: 256 }, (_, i) => idOf(of, position, i + 1));
      return { logits: logitsAfter(of, position), pieces: pieces(of, ids) };
    }
    case 'pattern': {
      const n = of.tokens.length;
      const data = new Float32Array(model.nHeads * n * n);
      for (let h = 0; h < model.nHeads; h++) {
        for (let i = 0; i < n; i++) {
          for (let j = 0; j <= i; j++) data[(h * n + i) * n + j] = weight(h, i, j);
        }
      }
      return { shape: [model.nHeads, n, n], data };
    }
    case 'lens':
      return lensOf(of, question.from, question.count, question.follow);
    case 'thumbnails': {
      const n = of.tokens.length;
      const bytes = new Uint8Array(model.nHeads * n * n);
      return { heads: model.nHeads, n, side: n, bytes, max: 1, elsewhere: 1, rest: new Float32Array(model.nHeads) };
    }
    case 'values': {
      const { nHeads } = model;
      const n = of.tokens.length;
      return { shape: [nHeads, n], data: new Float32Array(nHeads * n).fill(1) };
    }
    case 'rollout': {
      const n = of.tokens.length;
      return { shape: [1, n, n], data: unmixed(n) };
    }
    case 'tree': {
      // What follows is the same after each path.
      const ranks = Array.from({ length: question.top }, (_, i) => i + 1);
      const ids = ranks.map((rank) => idOf(of, Math.max(0, question.position - 1), rank));
      return {
        ids: Int32Array.from(question.paths.flatMap(() => ids)),
        logprobs: Float32Array.from(question.paths.flatMap(() => ranks.map((rank) => Math.log(zipf(rank))))),
        pieces: pieces(of, ids),
      };
    }
    case 'roles':
      return roles(question.seed);
    case 'fewShot': {
      const count = question.examples.length + 1;
      const id = idOf(of, 1, 1);
      return {
        logprob: Float64Array.from({ length: count }, (_, k) => -3 / (k + 1)),
        topIds: new Int32Array(count).fill(id),
        ...{ tokens: 1, pieces: pieces(of, [id]) },
      };
    }
    case 'facts':
      return {
        ...{ name: model.name, format: 'gguf', family: 'llama', precision: 'int8' },
        ...{ nLayers: model.nLayers, nHeads: model.nHeads, nKvHeads: 2, dModel: 64, dHead: 16, dMlp: 128 },
        ...{ vocabSize: model.vocabSize, contextLength: model.contextLength, addsBos: false, loadMs: 1000 },
        ...{
          parameters: 134_515_008,
          nonEmbedding: 106_203_456,
          learnedPositions: false,
          rotary: [1, 0.1, 0.01],
          fileBytes: 98_000_000,
        },
      };
    case 'positions':
      return { cosines: null };
    case 'repeated': {
      const half = of.tokens.length;
      return {
        half,
        logprob: Float32Array.from({ length: 2 * half }, (_, i) => (i === 0 ? Number.NaN : i < half ? -2 : -1)),
      };
    }
    case 'neighbours': {
      const ids = Int32Array.from([1, 2, 3], (rank) => idOf(of, 1, rank));
      const near = { ids, cosines: Float64Array.of(0.9, 0.8, 0.7) };
      return { row: Float32Array.of(0.5, -0.25), tied: true, E: near, U: near, pieces: pieces(of, ids) };
    }
    case 'patch': {
      const { from, count, at } = question;
      const columns = at === 'resid' ? of.tokens.length : model.nHeads;
      const likely = [1, 2, 3].map((rank) => idOf(of, of.tokens.length - 1, rank));
      const { answer = likely[0], against = likely[1] } = question;
      return {
        ...{ answer, against, clean: 3, corrupt: -5, tokens: of.tokens, likely, pieces: pieces(of, likely) },
        restored: Float32Array.from({ length: count * columns }, (_, i) =>
          patched(from + Math.floor(i / columns), i % columns),
        ),
      };
    }
    case 'copying':
      return { copying: Float32Array.from({ length: model.nLayers * model.nHeads }, (_, i) => (i % 2 ? -0.5 : 0.5)) };
    case 'attribution': {
      const { target = idOf(of, question.position, 1), against } = question;
      const parts = attributionParts();
      const sum = parts.reduce((all, { value }) => all + value, 0);
      return {
        target,
        against,
        logit: sum,
        parts,
        sum,
        pieces: pieces(of, against === undefined ? [target] : [target, against]),
      };
    }
    case 'difference': {
      const ids = Int32Array.from([1, 2, 3], (rank) => idOf(of, question.position, rank));
      return {
        // One bit less than now.
        logprob: Float32Array.from(of.tokens, (_, p) =>
          p === 0 ? Number.NaN : Math.log(zipf(of.ranks[p])) + Math.LN2,
        ),
        ids,
        before: Float32Array.of(-1, -2, -3),
        after: Float32Array.of(-2, -1, -4),
        pieces: pieces(of, ids),
      };
    }
    case 'token':
      return { ids: [idOf(of, 0, 1)], pieces: pieces(of, [idOf(of, 0, 1)]) };
    case 'cacheTimes':
      return { cached: 20, whole: 500, bytesPerToken: 46_080 };
    case 'headSteps':
      return headSteps(question.position);
    case 'stream': {
      const { nLayers } = model;
      const floats = (length: number, of: (l: number) => number) => Float32Array.from({ length }, (_, l) => of(l));
      return {
        norm: floats(nLayers + 1, (l) => l + 1),
        cosine: floats(nLayers + 1, (l) => (l + 1) / (nLayers + 1)),
        attention: floats(nLayers, () => 0.5),
        mlp: floats(nLayers, () => 0.25),
        neurons: [{ layer: 1, neuron: 17, value: -2.5 }],
      };
    }
    case 'sample': {
      const texts = question.sampling.temperature === 0 ? [' the same text'] : [' the same end', ' another text'];
      return { texts, meanLogprob: -2.5, distinct1: 0.75, distinct2: 0.875 };
    }
  }
}

export const messages = {
  run: (of: Sample, run = 1, chosen = of.tokens.length - 2): HostMessage => ({
    type: 'run',
    run,
    document: { name: 'essay.md', uri: 'file:///essay.md' },
    tokens: of.tokens,
    chosen,
  }),
  model: (): HostMessage => ({ type: 'model', model }),
  scores: (of: Sample, from: number, count: number, run = 1): HostMessage => {
    const part = chunk(of, from, count);
    return { type: 'scores', run, chunk: part, pieces: pieces(of, part.topIds), totals: totalsOf(of, from + count) };
  },
  done: (of: Sample, run = 1): HostMessage => ({ type: 'done', run, totals: totalsOf(of), milliseconds: 1234 }),
  /** What is asked, answered. */
  answer: (of: Sample, { run, id, question }: Ask): HostMessage => ({
    type: 'answer',
    run,
    id,
    result: result(of, question),
  }),
  progress: (stage: 'load' | 'compute', done: number, total: number, run = 1): HostMessage => ({
    type: 'progress',
    run,
    stage,
    done,
    total,
    label: stage === 'load' ? 'layer' : 'tokens',
  }),
} as const;

/** All messages of a finished run. */
export const finished = (of: Sample, run = 1, chosen?: number): HostMessage[] => [
  messages.model(),
  messages.run(of, run, chosen),
  messages.scores(of, 0, of.tokens.length, run),
  messages.done(of, run),
];
