/**
 * Attention rollout (Abnar & Zuidema 2020, arXiv 2005.00928): how much of a position's residual stream after a layer
 * comes from each token, if attention were all that mixes positions. A layer with the mean pattern A of its heads mixes by
 * (A + I) / 2, one half for the residual connection; layers multiply.
 */

/** Before any layer each token is itself: [n, n]. */
export function unmixed(n: number): Float32Array {
  const identity = new Float32Array(n * n);
  for (let i = 0; i < n; i++) identity[i * n + i] = 1;
  return identity;
}

/**
 * Rows [from, to) of (A + I) / 2 · R, for one more layer: rows add up to 1 as those of A and R do.
 * @param mean A, the mean over the layer's heads, lower triangular, [n, n]
 * @param before R, the rollout up to the layer before, [n, n]
 * @param into [n, n], its rows [from, to) zero
 */
export function rollRows(
  mean: Float32Array,
  before: Float32Array,
  into: Float32Array,
  n: number,
  from: number,
  to: number,
): void {
  for (let row = from; row < to; row++) {
    for (let by = 0; by <= row; by++) {
      const share = (mean[row * n + by] + (by === row ? 1 : 0)) / 2;
      if (share === 0) continue;
      for (let column = 0; column <= by; column++) into[row * n + column] += share * before[by * n + column];
    }
  }
}
