/** Answers to what a page asks, of any sample: closed forms, so that a test can say what is right. */
import { unmixed } from '../../src/analysis/rollout.ts';
import type { Question, Result } from '../../src/panel/questions/index.ts';
import { ENTROPY, idOf, logitsAfter, model, pieces, rankOf, type Sample, zipf } from './numbers.ts';

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

export function result(of: Sample, question: Question): Result<Question> {
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
