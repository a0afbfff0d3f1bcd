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
