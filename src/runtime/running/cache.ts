import type { TransformerConfig } from '../../transformer/config.ts';

/** Positions a fresh cache has room for; it doubles as needed, up to the context length. */
const FIRST_CAPACITY = 256;

/**
 * What a run leaves behind for each of its positions: keys and values of every layer, the residual stream at every
 * block's entry and after the last one, and the results. Everything else (a pattern, the lens, another top-k) follows
 * from these by running one block or the unembedding again.
 */
export class RunCache {
  /** Ids of the positions that are complete in all layers. */
  ids: number[] = [];
  /** Rotated keys and values, a layer each: [capacity, kvHeads * dHead]. */
  readonly k: Float32Array[];
  readonly v: Float32Array[];
  /** Residual stream, [layers + 1] of [capacity, d]; the last is after the last block. */
  readonly resid: Float32Array[];
  results: PositionResults;
  /** Runs that are using this cache now; it is not given to others. */
  users = 0;
  private capacity = 0;

  constructor(private readonly config: TransformerConfig) {
    const { nLayers } = config;
    this.k = Array.from({ length: nLayers }, () => new Float32Array(0));
    this.v = Array.from({ length: nLayers }, () => new Float32Array(0));
    this.resid = Array.from({ length: nLayers + 1 }, () => new Float32Array(0));
    this.results = new PositionResults(0, 0);
  }

  get length(): number {
    return this.ids.length;
  }

  /** How many leading tokens it has in common with `ids`. */
  commonPrefix(ids: readonly number[]): number {
    const end = Math.min(ids.length, this.ids.length);
    let i = 0;
    while (i < end && ids[i] === this.ids[i]) i++;
    return i;
  }

  /** Forgets the positions from `length` on. */
  truncate(length: number): void {
    if (length < this.ids.length) this.ids.length = length;
  }

  /** Makes room for `length` positions; what is there stays. */
  reserve(length: number): void {
    if (length <= this.capacity) return;
    const { contextLength, nKvHeads, dHead, dModel } = this.config;
    let capacity = Math.max(this.capacity, FIRST_CAPACITY);
    while (capacity < length) capacity *= 2;
    capacity = Math.max(length, Math.min(capacity, contextLength));
    const grow = (arrays: Float32Array[], width: number) =>
      arrays.forEach((old, i) => {
        arrays[i] = new Float32Array(capacity * width);
        arrays[i].set(old);
      });
    grow(this.k, nKvHeads * dHead);
    grow(this.v, nKvHeads * dHead);
    grow(this.resid, dModel);
    this.results = this.results.resized(capacity);
    this.capacity = capacity;
  }

  /** Keys and values of layer `l` for positions [0, count), as views. */
  past(l: number, count: number): { k: Float32Array; v: Float32Array } {
    const width = this.config.nKvHeads * this.config.dHead;
    return { k: this.k[l].subarray(0, count * width), v: this.v[l].subarray(0, count * width) };
  }

  /** Residual stream `l` at positions [from, to), as a view. */
  residual(l: number, from: number, to: number): Float32Array {
    const d = this.config.dModel;
    return this.resid[l].subarray(from * d, to * d);
  }
}

/** No target is known: the distribution was of the last token. */
export const NO_TARGET = -1;

/**
 * The distribution after each position, summed up. `target` is the id whose log-probability and rank are kept: the
 * token that came next.
 */
export class PositionResults {
  readonly lse: Float32Array;
  readonly entropy: Float32Array;
  readonly topIds: Int32Array;
  readonly topLogprobs: Float32Array;
  readonly target: Int32Array;
  readonly targetLogprob: Float32Array;
  readonly targetRank: Int32Array;
  /** Whether position i has results at all. */
  readonly known: Uint8Array;

  constructor(
    readonly capacity: number,
    readonly topK: number,
  ) {
    this.lse = new Float32Array(capacity);
    this.entropy = new Float32Array(capacity);
    this.topIds = new Int32Array(capacity * topK);
    this.topLogprobs = new Float32Array(capacity * topK);
    this.target = new Int32Array(capacity).fill(NO_TARGET);
    this.targetLogprob = new Float32Array(capacity);
    this.targetRank = new Int32Array(capacity);
    this.known = new Uint8Array(capacity);
  }

  /** A larger copy. */
  resized(capacity: number): PositionResults {
    const larger = new PositionResults(capacity, this.topK);
    for (const key of [
      'lse',
      'entropy',
      'topIds',
      'topLogprobs',
      'target',
      'targetLogprob',
      'targetRank',
      'known',
    ] as const)
      larger[key].set(this[key]);
    return larger;
  }

  /** Marks positions from `from` on as not computed. */
  forget(from: number): void {
    this.known.fill(0, from);
  }
}

/** A few caches, so that two uses of the engine (the panel and ghost text, say) do not push each other's out. */
export class CachePool {
  private readonly caches: RunCache[] = [];

  constructor(
    private readonly config: TransformerConfig,
    private readonly size = 2,
  ) {}

  /**
   * The free cache that shares the longest prefix with `ids`, marked as used; an empty one if none shares any. Give it
   * back with `release`.
   */
  acquire(ids: readonly number[]): RunCache {
    const free = this.caches.filter((cache) => cache.users === 0);
    let best = free.reduce<RunCache | undefined>(
      (a, b) => (b.commonPrefix(ids) > (a?.commonPrefix(ids) ?? 0) ? b : a),
      undefined,
    );
    if (!best) {
      best = new RunCache(this.config);
      const oldest = free[0];
      if (this.caches.length >= this.size && oldest) this.caches.splice(this.caches.indexOf(oldest), 1);
    } else {
      this.caches.splice(this.caches.indexOf(best), 1);
    }
    this.caches.push(best); // most recently used last
    best.users++;
    return best;
  }

  /** A cache that has all of `ids`, even while another run extends it: what is complete is only read. */
  holding(ids: readonly number[]): RunCache | undefined {
    return this.caches.find((cache) => cache.commonPrefix(ids) === ids.length);
  }

  release(cache: RunCache): void {
    cache.users--;
    while (this.caches.length > this.size) {
      const idle = this.caches.findIndex((c) => c.users === 0);
      if (idle < 0) break;
      this.caches.splice(idle, 1);
    }
  }
}
