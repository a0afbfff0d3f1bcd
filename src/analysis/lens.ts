/** The logit lens (nostalgebraist 2020) as a grid of residuals by positions: pure functions of its numbers. */

/** Numbers of `count` positions; arrays are [residuals, count]. Log-probabilities and entropies are in nats. */
export interface LensNumbers {
  topIds: Int32Array;
  topLogprobs: Float32Array;
  entropy: Float32Array;
  /** Of the actual next token; NaN / 0 where there is none. */
  targetLogprob: Float32Array;
  targetRank: Int32Array;
  /** KL of the output's distribution from this one, where it was asked for. */
  kl?: Float32Array;
}

/** All positions of a text: row 0 is what goes into the first layer, the last row the output. */
export interface LensGrid extends Required<LensNumbers> {
  rows: number;
  n: number;
}

const UNKNOWN = -1;

export const emptyGrid = (rows: number, n: number): LensGrid => ({
  rows,
  n,
  topIds: new Int32Array(rows * n).fill(UNKNOWN),
  topLogprobs: new Float32Array(rows * n).fill(Number.NaN),
  entropy: new Float32Array(rows * n).fill(Number.NaN),
  targetLogprob: new Float32Array(rows * n).fill(Number.NaN),
  targetRank: new Int32Array(rows * n),
  kl: new Float32Array(rows * n).fill(Number.NaN),
});

/** Index of a cell in the grid's arrays. */
export const cellIndex = ({ n }: LensGrid, row: number, column: number): number => row * n + column;

export const isKnownCell = (grid: LensGrid, row: number, column: number): boolean =>
  grid.topIds[cellIndex(grid, row, column)] !== UNKNOWN;

/**
 * Puts the numbers of a window into the grid.
 * @param rowOf where a row of the numbers stands in the grid; negative: nowhere
 */
export function placeWindow(
  grid: LensGrid,
  numbers: LensNumbers,
  from: number,
  count: number,
  rowOf = (row: number) => row,
): void {
  for (let at = 0; at < numbers.topIds.length; at += count) {
    const row = rowOf(at / count);
    if (row < 0) continue;
    const to = cellIndex(grid, row, from);
    grid.topIds.set(numbers.topIds.subarray(at, at + count), to);
    grid.topLogprobs.set(numbers.topLogprobs.subarray(at, at + count), to);
    grid.entropy.set(numbers.entropy.subarray(at, at + count), to);
    grid.targetLogprob.set(numbers.targetLogprob.subarray(at, at + count), to);
    grid.targetRank.set(numbers.targetRank.subarray(at, at + count), to);
    if (numbers.kl) grid.kl.set(numbers.kl.subarray(at, at + count), to);
  }
}

/**
 * Where an answer is born: the lowest row from which on all rows up to the output have the output's top token.
 * @returns the number of rows while some row above it is not known
 */
export function bornAt(grid: LensGrid, column: number): number {
  const { rows, topIds } = grid;
  const answer = topIds[cellIndex(grid, rows - 1, column)];
  if (answer === UNKNOWN) return rows;
  let row = rows - 1;
  while (row > 0 && topIds[cellIndex(grid, row - 1, column)] === answer) row--;
  return row > 0 && !isKnownCell(grid, row - 1, column) ? rows : row;
}

/** Whether the last residual's numbers are the output's, as they must be. */
export interface OutputCheck {
  /** Positions that were compared. */
  compared: number;
  /** Positions whose top token or rank of the next token is another. */
  others: number;
  /** The largest difference of a log-prob or an entropy, nats. */
  most: number;
}

/** Compares the last row of a lens with what is known of the numbers of the run itself, both [count]. */
export function compareOutput(lens: LensNumbers, output: LensNumbers): OutputCheck {
  const count = output.topIds.length;
  const last = lens.topIds.length - count;
  let others = 0;
  let most = 0;
  for (let i = 0; i < count; i++) {
    const at = last + i;
    const isRanked = output.targetRank[i] > 0;
    const same = lens.topIds[at] === output.topIds[i] && (!isRanked || lens.targetRank[at] === output.targetRank[i]);
    if (!same) others++;
    for (const key of ['topLogprobs', 'entropy', 'targetLogprob'] as const) {
      const [a, b] = [lens[key][at], output[key][i]];
      if (key === 'targetLogprob' && (!isRanked || (Number.isNaN(a) && Number.isNaN(b)))) continue;
      most = Math.max(most, Math.abs(a - b));
    }
  }
  return { compared: count, others, most };
}
