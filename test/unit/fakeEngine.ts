import { setImmediate } from 'node:timers/promises';
import { ModelError, TokenscopeError } from '../../src/errors.ts';
import type {
  EngineApi,
  GeneratedToken,
  GenerateRequest,
  HookTensor,
  LensLayer,
  LensRequest,
  LoadOptions,
  LoadProgress,
  ModelInfo,
  RunChunk,
  RunRequest,
} from '../../src/runtime/api.ts';
import { pulse } from '../../src/runtime/pulse.ts';
import type { Piece, Token } from '../../src/runtime/tokenizer/types.ts';
import { ForwardingEngine } from '../../src/runtime/worker/forwarding.ts';

/** Ids that make the fake engine fail in one way each. */
export const FAIL = { exit: 900, throwLater: 901, person: 902, memory: 903, trap: 904, plain: 905, uncloneable: 906 };
/** A text whose encoding never ends, and one that ends when it is told to. */
export const HANGS = 'hangs';
export const BUSY = 'busy';
export const VOCAB = 8;

/** Longer than the tests' limit for a sign of life. */
export const BUSY_MS = 1500;

/** Bytes that the engine keeps: their own buffer, and a part of one that all of Node shares. */
const KEPT = Uint8Array.of(7, 0xff);
const POOLED = Buffer.from([6, 0xfe]);

/**
 * An engine of closed forms: a token is a code unit with id code % 8; logit(id | after id t) = -|id - t|; a chunk is two
 * positions. `generate` never ends by itself; `describe` tells how many generations were stopped by their signal.
 */
export class FakeEngine extends ForwardingEngine implements EngineApi {
  model: ModelInfo | undefined;
  private stopped = 0;
  private loads = 0;

  override async *load(options: LoadOptions, signal?: AbortSignal): AsyncGenerator<LoadProgress, ModelInfo> {
    if (options.path === 'missing') throw new ModelError('There is no such file.', options.path, 'Choose another.');
    if (this.model?.path === options.path && this.model.precision === options.precision) return this.model;
    for (let done = 0; done < 3; done++) {
      yield { done, total: 3, label: `layer ${done}` };
      await setImmediate();
      signal?.throwIfAborted();
    }
    if (options.path === 'broken') throw new ModelError('It is damaged.', options.path, 'Get it again.');
    this.model = info(options, ++this.loads);
    return this.model;
  }

  override async unload(): Promise<void> {
    this.model = undefined;
  }

  override async encode(text: string): Promise<Token[]> {
    this.need();
    // Steps double with every letter, and no signal is looked at meanwhile.
    if (text === HANGS) /^(a+)+$/.test(`${'a'.repeat(200)}b`);
    if (text === BUSY) for (const end = performance.now() + BUSY_MS; performance.now() < end; ) pulse();
    return tokensOf(text);
  }

  override async describe(ids: readonly number[]): Promise<{ text: string; tokens: Token[] }> {
    return { text: `stopped ${this.stopped}, loads ${this.loads}, ids ${ids.join(' ')}`, tokens: [] };
  }

  override async pieces(ids: readonly number[]): Promise<Piece[]> {
    if (ids.includes(FAIL.uncloneable)) return [{ text: (() => 'x') as unknown as string }];
    return ids.map((id) => ({ text: `<${id}>`, bytes: id % 2 === 0 ? POOLED : KEPT }));
  }

  override async *run({ ids, topK }: RunRequest, signal?: AbortSignal): AsyncGenerator<RunChunk> {
    this.need();
    for (let from = 0; from < ids.length; from += 2) {
      const count = Math.min(2, ids.length - from);
      fail(ids.slice(from, from + count));
      await setImmediate();
      signal?.throwIfAborted();
      if (ids.includes(FAIL.uncloneable)) yield { hooks: () => {} } as unknown as RunChunk;
      yield chunk(ids, from, count, topK);
    }
  }

  override async logits(ids: readonly number[], position: number): Promise<Float32Array> {
    this.need();
    return logitsAfter(ids[position]);
  }

  /** Row q attends evenly to [0, q], in two heads; a view into the middle of a larger buffer. */
  override async pattern(ids: readonly number[]): Promise<HookTensor> {
    const n = ids.length;
    const all = new Float32Array(2 * n * n + 2).subarray(1, 1 + 2 * n * n);
    for (let h = 0; h < 2; h++)
      for (let q = 0; q < n; q++) for (let k = 0; k <= q; k++) all[(h * n + q) * n + k] = 1 / (q + 1);
    return { shape: [2, n, n], data: all };
  }

  override async *generate({ ids }: GenerateRequest, signal?: AbortSignal): AsyncGenerator<GeneratedToken> {
    try {
      for (let i = 0; ; i++) {
        await setImmediate();
        signal?.throwIfAborted();
        yield { id: ids[0] + i, text: 'x', logprob: -1 };
      }
    } finally {
      this.stopped++;
    }
  }

  override async *lens({ ids }: LensRequest): AsyncGenerator<LensLayer> {
    for (let l = 0; l < 2; l++) {
      yield {
        hook: `blocks.${l}.hook_resid_pre`,
        entropy: new Float32Array(ids.length).fill(l),
        targetLogprob: new Float32Array(ids.length),
        targetRank: new Int32Array(ids.length),
        topK: 0,
        topIds: new Int32Array(0),
        topLogprobs: new Float32Array(0),
      };
    }
  }

  override async positionCosines(far: number): Promise<Float64Array | null> {
    return Float64Array.from({ length: far + 1 }, (_, k) => 1 / (k + 1));
  }

  /** What no test needs. */
  override async once(name: string): Promise<unknown> {
    throw new Error(`${name} is not faked`);
  }

  // biome-ignore lint/correctness/useYield: it has no values
  override async *stream(name: string): AsyncGenerator<never, never> {
    throw new Error(`${name} is not faked`);
  }

  private need(): void {
    if (!this.model) throw new TokenscopeError('No model is loaded.', 'The engine', 'Load a model first.');
  }
}

export const tokensOf = (text: string): Token[] =>
  [...text].map((c, i) => ({ id: c.charCodeAt(0) % VOCAB, text: c, start: i, end: i + 1 }));

export const logitsAfter = (id: number): Float32Array =>
  Float32Array.from({ length: VOCAB }, (_, other) => -Math.abs(other - id));

function chunk(ids: readonly number[], from: number, count: number, topK: number): RunChunk {
  const lse = Float32Array.from({ length: count }, (_, i) => {
    let sum = 0;
    for (const logit of logitsAfter(ids[from + i])) sum += Math.exp(logit);
    return Math.log(sum);
  });
  return {
    from,
    count,
    logprob: Float32Array.from({ length: count }, (_, i) => (from + i === 0 ? Number.NaN : -(from + i))),
    rank: Int32Array.from({ length: count }, (_, i) => from + i),
    entropy: new Float32Array(count).fill(1),
    lse,
    topK,
    topIds: new Int32Array(count * topK),
    topLogprobs: new Float32Array(count * topK),
    cached: false,
  };
}

function fail(ids: readonly number[]): void {
  if (ids.includes(FAIL.exit)) process.exit(7);
  if (ids.includes(FAIL.throwLater)) throwOutside();
  if (ids.includes(FAIL.person)) throw new TokenscopeError('The id is wrong.', 'Token 902', 'Give another.');
  if (ids.includes(FAIL.memory)) throw new RangeError('Array buffer allocation failed');
  if (ids.includes(FAIL.trap)) throw new WebAssembly.RuntimeError('unreachable');
  if (ids.includes(FAIL.plain)) throw new TypeError('not a function');
}

function throwOutside(): void {
  queueMicrotask(() => {
    throw new Error('boom');
  });
}

function info({ path, precision }: LoadOptions, loads: number): ModelInfo {
  return {
    name: `fake ${loads}`,
    path,
    format: 'gguf',
    family: 'fake',
    precision,
    nLayers: 2,
    nHeads: 2,
    nKvHeads: 2,
    dModel: 4,
    dHead: 2,
    dMlp: 8,
    vocabSize: VOCAB,
    contextLength: 64,
    nonEmbedding: 90,
    learnedPositions: false,
    parameters: 1,
    fileBytes: 1,
    addsBos: false,
    eosIds: [],
    loadMs: 0,
  };
}
