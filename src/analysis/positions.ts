/** How positions enter a model, and what they make alike. */

/**
 * How alike a query and a key are by their distance alone, where both are rotated (Su et al., arXiv 2104.09864): the mean
 * over the rotated pairs of cos(distance * frequency), which is the product of two equal vectors as long as each other in
 * every pair. 1 at distance 0.
 */
export function rotarySimilarity(inverseFrequencies: readonly number[], distance: number): number {
  const sum = inverseFrequencies.reduce((all, frequency) => all + Math.cos(distance * frequency), 0);
  return sum / inverseFrequencies.length;
}

/** Positions that a rotated pair takes for a whole turn: 2 pi / frequency. */
export const wavelength = (inverseFrequency: number): number => (2 * Math.PI) / inverseFrequency;

/** Entry `index` of the sinusoidal code of a position (Vaswani et al., arXiv 1706.03762), d wide. */
export function sinusoid(position: number, index: number, d: number): number {
  const angle = position / 10000 ** ((2 * Math.floor(index / 2)) / d);
  return index % 2 === 0 ? Math.sin(angle) : Math.cos(angle);
}

/** What alibi adds to a score at a distance, for head h (from 1) of a power of two of them (Press et al., arXiv 2108.12409). */
export const alibiBias = (head: number, heads: number, distance: number): number =>
  -(2 ** ((-8 * head) / heads)) * distance;

/** Rows of a matrix, each of length 1; a row of zeros stays. [rows, d] */
export function unitRows(matrix: ArrayLike<number>, d: number): Float32Array {
  const unit = Float32Array.from(matrix);
  for (let at = 0; at < unit.length; at += d) {
    const row = unit.subarray(at, at + d);
    const length = Math.hypot(...row);
    if (length > 0) for (let i = 0; i < d; i++) row[i] /= length;
  }
  return unit;
}

/** The mean cosine of all rows that are `distance` apart. @param unit rows of length 1, [rows, d], more than `distance` */
export function meanCosine(unit: Float32Array, d: number, distance: number): number {
  const pairs = unit.length / d - distance;
  let sum = 0;
  for (let i = 0, j = distance * d; i < pairs * d; i++, j++) sum += unit[i] * unit[j];
  return sum / pairs;
}
