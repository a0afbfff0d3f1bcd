/** No target is known: the distribution was of the last token. */
export const NO_TARGET = -1;

const PER_POSITION = ['lse', 'entropy', 'target', 'targetLogprob', 'targetRank', 'known'] as const;

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

  /** A copy of the first `count` positions, with room for `capacity`. */
  copied(count: number, capacity: number): PositionResults {
    const copy = new PositionResults(capacity, this.topK);
    for (const key of PER_POSITION) copy[key].set(this[key].subarray(0, count));
    copy.topIds.set(this.topIds.subarray(0, count * this.topK));
    copy.topLogprobs.set(this.topLogprobs.subarray(0, count * this.topK));
    return copy;
  }

  /** Marks positions from `from` on as not computed. */
  forget(from: number): void {
    this.known.fill(0, from);
  }
}
