import { type TextTotals, totals } from '../analysis/surprisal.ts';
import type { RunChunk } from '../runtime/api.ts';

/** What is known of the positions [from, from + count); units as in RunChunk. */
export type ScoreRows = Omit<RunChunk, 'cached' | 'hooks'>;

/**
 * Results of all n positions of a run, as they stream in; entry i is known when i < `known`. Log-probs are NaN, ranks 0
 * where there is none. Units as in RunChunk.
 */
export class Scores {
  known = 0;
  topK = 0;
  readonly logprob: Float32Array;
  readonly rank: Int32Array;
  readonly entropy: Float32Array;
  readonly lse: Float32Array;
  /** [n, topK], most likely first. */
  topIds = new Int32Array(0);
  topLogprobs = new Float32Array(0);

  constructor(private readonly n: number) {
    this.logprob = new Float32Array(n).fill(Number.NaN);
    this.rank = new Int32Array(n);
    this.entropy = new Float32Array(n);
    this.lse = new Float32Array(n);
  }

  /** Takes the next positions in order. */
  add(chunk: ScoreRows): void {
    const { from, count, topK } = chunk;
    if (this.topK !== topK) {
      this.topK = topK;
      this.topIds = new Int32Array(this.n * topK);
      this.topLogprobs = new Float32Array(this.n * topK);
    }
    for (const name of ['logprob', 'rank', 'entropy', 'lse'] as const) {
      this[name].set(chunk[name].subarray(0, count), from);
    }
    this.topIds.set(chunk.topIds.subarray(0, count * topK), from * topK);
    this.topLogprobs.set(chunk.topLogprobs.subarray(0, count * topK), from * topK);
    this.known = from + count;
  }

  /** The positions [from, to), copied. */
  rows(from: number, to: number): ScoreRows {
    const { topK } = this;
    return {
      from,
      count: to - from,
      logprob: this.logprob.slice(from, to),
      rank: this.rank.slice(from, to),
      entropy: this.entropy.slice(from, to),
      lse: this.lse.slice(from, to),
      topK,
      topIds: this.topIds.slice(from * topK, to * topK),
      topLogprobs: this.topLogprobs.slice(from * topK, to * topK),
    };
  }

  /** Over what is known so far; `tokens` counts all. */
  get totals(): TextTotals {
    return totals(this.logprob);
  }
}
