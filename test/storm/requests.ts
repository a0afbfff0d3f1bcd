import type { CallName, EngineApi, RunChunk } from '../../src/runtime/api.ts';
import { below, pick, type Random } from '../fuzz/mutate.ts';

/** One thing to ask of an engine. */
export interface Request {
  kind: string;
  call: CallName;
  /** Asks at once. What comes is rows, the same however the engine cuts its answer into values. */
  ask(engine: EngineApi, signal: AbortSignal): AsyncGenerator<unknown[]>;
  /** The error that has to come, where the request is wrong on purpose. */
  wrong?: 'TokenscopeError' | 'RangeError';
}

/** What all models of a storm have in common. */
export interface Limits {
  vocabSize: number;
  nLayers: number;
  nHeads: number;
  contextLength: number;
}

const TEXTS = [
  'Once upon a time',
  'The cat 猫🙂 sat.',
  '\n\n\tdef f(x):  return 12345',
  "don't <|im_start|>",
  'é e\u0301',
];
const GREEDY = { temperature: 0, topK: 0, topP: 1 };
const SAMPLED = { temperature: 0.9, topK: 20, topP: 0.95 };

/** Draws `count` requests. They share beginnings, so that each may find the caches of others. */
export function drawRequests(random: Random, limits: Limits, count: number): Request[] {
  const base = Array.from({ length: limits.contextLength }, () => below(random, limits.vocabSize));
  const draw: Draw = { random, limits, ids: () => sharedIds(random, limits, base) };
  return Array.from({ length: count }, () => pick(random, KINDS)(draw));
}

interface Draw {
  random: Random;
  limits: Limits;
  ids(): number[];
}

function sharedIds(random: Random, { vocabSize }: Limits, base: readonly number[]): number[] {
  const ids = base.slice(0, 1 + below(random, base.length - 16));
  if (random() < 0.3) ids[below(random, ids.length)] = below(random, vocabSize);
  return ids;
}

const KINDS: ((draw: Draw) => Request)[] = [
  run,
  run,
  ablated,
  hooked,
  hooksCached,
  logits,
  pattern,
  lens,
  generate,
  branches,
  encode,
  describeIds,
  pieces,
  wrong,
];

function run({ random, ids }: Draw): Request {
  const request = { ids: ids(), topK: below(random, 4), scoreFrom: 0 };
  request.scoreFrom = below(random, request.ids.length);
  return { kind: 'run', call: 'run', ask: (engine, signal) => rowsOf(engine.run(request, signal), positions) };
}

function ablated({ random, limits, ids }: Draw): Request {
  const hook = `blocks.${below(random, limits.nLayers)}.attn.hook_z` as const;
  const interventions = [{ hook, head: below(random, limits.nHeads), set: pick(random, ['zero', 'mean'] as const) }];
  const request = { ids: ids(), topK: 2, interventions };
  return { kind: 'run, ablated', call: 'run', ask: (engine, signal) => rowsOf(engine.run(request, signal), positions) };
}

function hooked({ random, ids }: Draw): Request {
  const hooks = [pick(random, ['blocks.*.attn.hook_pattern', 'blocks.1.hook_resid_pre', 'logits'])];
  const request = { ids: ids(), topK: 0, hooks };
  return {
    kind: 'run, hooks',
    call: 'run',
    ask: (engine, signal) => rowsOf(engine.run(request, signal), (chunk) => [chunk.hooks]),
  };
}

function hooksCached({ random, limits, ids }: Draw): Request {
  const layer = pick(random, ['*', `${below(random, limits.nLayers)}`]);
  const request = { ids: ids(), hooks: [`blocks.${layer}.attn.hook_*`], from: 0 };
  request.from = below(random, request.ids.length);
  return {
    kind: 'hooks',
    call: 'hooks',
    ask: (engine, signal) => rowsOf(engine.hooks(request, signal), ({ from, hooks }) => [from, hooks]),
  };
}

function logits({ random, ids }: Draw): Request {
  const asked = ids();
  const position = below(random, asked.length);
  return {
    kind: 'logits',
    call: 'logits',
    ask: (engine, signal) => rowOf(engine.logits(asked, position, undefined, signal)),
  };
}

function pattern({ random, limits, ids }: Draw): Request {
  const asked = ids();
  const layer = below(random, limits.nLayers);
  return {
    kind: 'pattern',
    call: 'pattern',
    ask: (engine, signal) => rowOf(engine.pattern(asked, layer, undefined, signal)),
  };
}

function lens({ random, ids }: Draw): Request {
  const request = { ids: ids(), topK: 1 + below(random, 3) };
  return {
    kind: 'lens',
    call: 'lens',
    ask: (engine, signal) => rowsOf(engine.lens(request, signal), (layer) => [layer]),
  };
}

function generate({ random, ids }: Draw): Request {
  const sampling = pick(random, [GREEDY, SAMPLED]);
  const request = { ids: ids(), maxTokens: 1 + below(random, 16), sampling, seed: below(random, 100) };
  return {
    kind: 'generate',
    call: 'generate',
    ask: (engine, signal) => rowsOf(engine.generate(request, signal), (token) => [token]),
  };
}

function branches({ random, ids }: Draw): Request {
  const request = { ids: ids(), count: 1 + below(random, 4), maxTokens: 1 + below(random, 8) };
  return {
    kind: 'branches',
    call: 'branches',
    ask: (engine, signal) => rowsOf(engine.branches(request, signal), (tokens) => [tokens]),
  };
}

function encode({ random }: Draw): Request {
  const text = pick(random, TEXTS).repeat(1 + below(random, 20));
  return { kind: 'encode', call: 'encode', ask: (engine, signal) => rowOf(engine.encode(text, signal)) };
}

function describeIds({ ids }: Draw): Request {
  const asked = ids();
  return { kind: 'describe', call: 'describe', ask: (engine) => rowOf(engine.describe(asked)) };
}

function pieces({ ids }: Draw): Request {
  const asked = ids();
  return { kind: 'pieces', call: 'pieces', ask: (engine) => rowOf(engine.pieces(asked)) };
}

function wrong({ random, limits, ids }: Draw): Request {
  const asked = ids();
  const unknown = [...asked.slice(1), limits.vocabSize + 1000];
  return pick<Request>(random, [
    {
      kind: 'wrong id',
      call: 'run',
      wrong: 'TokenscopeError',
      ask: (engine, signal) => rowsOf(engine.run({ ids: unknown, topK: 1 }, signal), positions),
    },
    {
      kind: 'wrong ids',
      call: 'logits',
      wrong: 'TokenscopeError',
      ask: (engine, signal) => rowOf(engine.logits([], 0, undefined, signal)),
    },
    {
      kind: 'wrong layer',
      call: 'pattern',
      wrong: 'RangeError',
      ask: (engine, signal) => rowOf(engine.pattern(asked, 99, undefined, signal)),
    },
    {
      kind: 'wrong hook',
      call: 'run',
      wrong: 'RangeError',
      ask: (engine, signal) => rowsOf(engine.run({ ids: asked, topK: 0, hooks: ['none'] }, signal), positions),
    },
  ]);
}

async function* rowsOf<T>(values: AsyncIterable<T>, rows: (value: T) => unknown[]): AsyncGenerator<unknown[]> {
  for await (const value of values) yield rows(value);
}

async function* rowOf(value: Promise<unknown>): AsyncGenerator<unknown[]> {
  yield [await value];
}

/** What a run says of each position, whatever chunks it came in. */
function positions(chunk: RunChunk): unknown[] {
  const { from, count, topK } = chunk;
  return Array.from({ length: count }, (_, i) => ({
    position: from + i,
    logprob: chunk.logprob[i],
    rank: chunk.rank[i],
    entropy: chunk.entropy[i],
    lse: chunk.lse[i],
    topIds: chunk.topIds.slice(i * topK, (i + 1) * topK),
    topLogprobs: chunk.topLogprobs.slice(i * topK, (i + 1) * topK),
  }));
}
