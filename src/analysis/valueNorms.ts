/** How much a head adds to the stream for a token that it looks at fully: the norm of v W_O (Kobayashi et al. 2020, arXiv 2004.10102). */

/**
 * Inner products of the directions in which a head writes: [dHead, dHead], row-major. |v W_O| is then the root of v G v,
 * without d numbers for each token.
 * @param wO all heads' output matrix, [d, heads * dHead]
 * @param width heads * dHead
 */
export function outputGram(wO: Float32Array, width: number, head: number, dHead: number): Float64Array {
  const gram = new Float64Array(dHead * dHead);
  for (let row = head * dHead; row < wO.length; row += width)
    for (let a = 0; a < dHead; a++) for (let b = 0; b <= a; b++) gram[a * dHead + b] += wO[row + a] * wO[row + b];
  for (let a = 0; a < dHead; a++) for (let b = a + 1; b < dHead; b++) gram[a * dHead + b] = gram[b * dHead + a];
  return gram;
}

/** The root of v G v. @param v [dHead] */
export function normUnder(gram: Float64Array, v: Float32Array): number {
  const d = v.length;
  let sum = 0;
  for (let a = 0; a < d; a++) {
    let row = 0;
    for (let b = 0; b < d; b++) row += gram[a * d + b] * v[b];
    sum += row * v[a];
  }
  // Rounding may leave a length of 0 a little below it.
  return Math.sqrt(Math.max(0, sum));
}
