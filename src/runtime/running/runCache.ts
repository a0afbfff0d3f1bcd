import type { TransformerConfig } from '../../transformer/config.ts';
import { PositionResults } from './positionResults.ts';

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
  results = new PositionResults(0, 0);
  private capacity = 0;

  constructor(private readonly config: TransformerConfig) {
    const { nLayers } = config;
    this.k = Array.from({ length: nLayers }, () => new Float32Array(0));
    this.v = Array.from({ length: nLayers }, () => new Float32Array(0));
    this.resid = Array.from({ length: nLayers + 1 }, () => new Float32Array(0));
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

  /** A cache of its own with the first `length` positions of this one. */
  fork(length: number): RunCache {
    const copy = new RunCache(this.config);
    copy.reserve(length);
    const { nKvHeads, dHead, dModel } = this.config;
    const copyRows = (from: Float32Array[], to: Float32Array[], width: number) => {
      for (let l = 0; l < from.length; l++) to[l].set(from[l].subarray(0, length * width));
    };
    copyRows(this.k, copy.k, nKvHeads * dHead);
    copyRows(this.v, copy.v, nKvHeads * dHead);
    copyRows(this.resid, copy.resid, dModel);
    copy.results = this.results.copied(length, copy.capacity);
    copy.ids = this.ids.slice(0, length);
    return copy;
  }

  /**
   * Takes rows [from, to) of the layers before `layer` from a cache of the same tokens.
   * @returns a copy of the residual stream at that layer's entry, [to - from, d]
   */
  take(other: RunCache, layer: number, from: number, to: number): Float32Array {
    const width = this.config.nKvHeads * this.config.dHead;
    for (let l = 0; l < layer; l++) {
      this.k[l].set(other.k[l].subarray(from * width, to * width), from * width);
      this.v[l].set(other.v[l].subarray(from * width, to * width), from * width);
      this.resid[l].set(other.residual(l, from, to), from * this.config.dModel);
    }
    return other.residual(layer, from, to).slice();
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
    this.results = this.results.copied(this.results.capacity, capacity);
    this.capacity = capacity;
  }

  /** Keys and values of layer `l` for rows [0, count), as views. */
  past(l: number, count: number): { k: Float32Array; v: Float32Array } {
    const width = this.config.nKvHeads * this.config.dHead;
    return { k: this.k[l].subarray(0, count * width), v: this.v[l].subarray(0, count * width) };
  }

  /** Residual stream `l` at rows [from, to), as a view. */
  residual(l: number, from: number, to: number): Float32Array {
    const d = this.config.dModel;
    return this.resid[l].subarray(from * d, to * d);
  }
}
