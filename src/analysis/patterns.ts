/** What attention patterns show: pure functions of the weights. */

/** Positions of the largest weights, the largest first, equals in their order. At most `most`, none below `least`. */
export function strongest(weights: ArrayLike<number>, most: number, least: number): number[] {
  const positions = Array.from(weights, (_, i) => i).filter((i) => weights[i] >= least);
  return positions.sort((a, b) => weights[b] - weights[a] || a - b).slice(0, most);
}

/**
 * How much a head's pattern is worth seeing, 0…1: what a row looks at beyond what every row looks at, on average over the
 * rows from the third on. The strongest such weight counts, of those neither on the first token, nor on the token itself
 * or the one before it. So a head that rests on any one token, or near the diagonal, has 0.
 * @param data of all heads of a layer, [heads, n, n], row = the token that looks
 */
export function telling(data: Float32Array, head: number, n: number): number {
  const at = (row: number, column: number) => data[(head * n + row) * n + column];
  /** What all rows that can look at a column give it. */
  const shared = Array.from({ length: n }, (_, column) => {
    let sum = 0;
    for (let row = column; row < n; row++) sum += at(row, column);
    return sum / (n - column);
  });
  let total = 0;
  for (let row = 2; row < n; row++) {
    let most = 0;
    for (let column = 1; column < row - 1; column++) most = Math.max(most, at(row, column) - shared[column]);
    total += most;
  }
  return n > 2 ? total / (n - 2) : 0;
}

/**
 * The row of the second half in which a head looks the most clearly at one token: the largest weight on any but the first
 * token and the looking one counts. @param shape [heads, n, n]
 */
export function clearestRow(
  { shape: [, n], data }: { shape: readonly number[]; data: Float32Array },
  head: number,
): number {
  const clearest = (row: number) => {
    let most = 0;
    for (let column = 1; column < row; column++) most = Math.max(most, data[(head * n + row) * n + column]);
    return most;
  };
  let best = n - 1;
  for (let row = n - 2; row >= n / 2; row--) if (clearest(row) > clearest(best)) best = row;
  return best;
}

/** The head of a layer whose pattern is the most worth seeing; of equals the first. @param shape [heads, n, n] */
export function mostTelling({ shape: [heads, n], data }: { shape: readonly number[]; data: Float32Array }): number {
  let best = 0;
  let most = -1;
  for (let head = 0; head < heads; head++) {
    const value = telling(data, head, n);
    if (value > most) [best, most] = [head, value];
  }
  return best;
}

/**
 * Weights times the norms of what they mix, as in Kobayashi et al. 2020 (arXiv 2004.10102): a large weight on a token
 * whose value is small adds little. Rows no longer add up to 1.
 * @param shape [heads, n, n]
 * @param norms |v W_O| of each head and token, [heads, n]
 */
export function valueWeighted(
  { shape: [, n], data }: { shape: readonly number[]; data: Float32Array },
  norms: Float32Array,
): Float32Array {
  return data.map((weight, i) => weight * norms[Math.floor(i / (n * n)) * n + (i % n)]);
}

/** The mean over a layer's heads, [n, n]: its rows add up to 1 too. @param shape [heads, n, n] */
export function meanOverHeads({
  shape: [heads, n],
  data,
}: {
  shape: readonly number[];
  data: Float32Array;
}): Float32Array {
  const mean = new Float32Array(n * n);
  for (let head = 0; head < heads; head++) for (let i = 0; i < n * n; i++) mean[i] += data[head * n * n + i] / heads;
  return mean;
}

/** The largest weight that any of a layer's heads has, [n, n]. @param shape [heads, n, n] */
export function maxOverHeads({
  shape: [heads, n],
  data,
}: {
  shape: readonly number[];
  data: Float32Array;
}): Float32Array {
  const max = data.slice(0, n * n);
  for (let head = 1; head < heads; head++)
    for (let i = 0; i < n * n; i++) max[i] = Math.max(max[i], data[head * n * n + i]);
  return max;
}
