/**
 * Distinct-n: the share of different n-grams among all n-grams of several texts (Li et al., arXiv 1510.03055).
 * @param texts ids of each
 * @returns 0 to 1; NaN where no text has n tokens
 */
export function distinct(texts: readonly (readonly number[])[], n: number): number {
  const seen = new Set<string>();
  let count = 0;
  for (const ids of texts)
    for (let i = 0; i + n <= ids.length; i++) {
      seen.add(ids.slice(i, i + n).join(' '));
      count++;
    }
  return seen.size / count;
}
