/** One row of attention, written out: pure functions of vectors. */

/** Dot products of a vector [width] with each row of [n, width]. */
export function dots(vector: Float32Array, rows: Float32Array): Float32Array {
  const width = vector.length;
  return Float32Array.from({ length: rows.length / width }, (_, row) => {
    let sum = 0;
    for (let i = 0; i < width; i++) sum += vector[i] * rows[row * width + i];
    return sum;
  });
}

/** exp(s_j) over the sum of all; -Infinity gives 0. */
export function softmax(scores: Float32Array): Float32Array {
  const most = scores.reduce((a, b) => Math.max(a, b));
  const raised = Array.from(scores, (score) => Math.exp(score - most));
  const sum = raised.reduce((a, b) => a + b, 0);
  return Float32Array.from(raised, (value) => value / sum);
}

/** What dot products were multiplied with to get these scores, told from the largest that is not hidden; NaN if none is. */
export function factorOf(products: Float32Array, scores: Float32Array): number {
  let best = -1;
  for (let i = 0; i < products.length; i++) {
    if (Number.isFinite(scores[i]) && (best < 0 || Math.abs(products[i]) > Math.abs(products[best]))) best = i;
  }
  return best < 0 || products[best] === 0 ? Number.NaN : scores[best] / products[best];
}
