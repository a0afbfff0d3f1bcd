/** Whether more context helps: loss by position (Kaplan et al. 2020; Olsson et al. 2022, arXiv 2209.11895). */

export interface IclScore {
  /** Mean loss of the last quarter of positions less that of the second: below 0 where context helps. Nats. */
  score: number;
  /** Positions of the two quarters, [from, to). */
  second: [number, number];
  last: [number, number];
  /** loss(500th) - loss(50th) token, as Olsson et al. take it; null in shorter texts. */
  published: number | null;
}

/** Scored tokens that a quarter must have to be spoken of. */
const FEWEST = 1;

/**
 * @param logprob of each token given those before it, nats; NaN where there is none. [n]
 * @returns null for texts too short to have quarters
 */
export function iclScore(logprob: ArrayLike<number>): IclScore | null {
  const n = logprob.length;
  const at = (quarter: number) => Math.floor((n * quarter) / 4);
  const second: [number, number] = [at(1), at(2)];
  const last: [number, number] = [at(3), n];
  const [one, other] = [meanLoss(logprob, ...last), meanLoss(logprob, ...second)];
  if (one === null || other === null) return null;
  // Tokens are counted from 1: the 500th is at position 499.
  const published = n >= 500 ? logprob[49] - logprob[499] : null;
  return { score: one - other, second, last, published };
}

/** Mean NLL of positions [from, to), nats; null if too few have a score. */
export function meanLoss(logprob: ArrayLike<number>, from: number, to: number): number | null {
  let sum = 0;
  let count = 0;
  for (let p = from; p < to; p++) {
    if (Number.isNaN(logprob[p])) continue;
    sum -= logprob[p];
    count++;
  }
  return count >= FEWEST ? sum / count : null;
}

/** Mean of the losses of the scored tokens among the last `width` up to each position; NaN where there is none. */
export function runningLoss(logprob: ArrayLike<number>, width: number): Float64Array {
  return Float64Array.from(
    { length: logprob.length },
    (_, p) => meanLoss(logprob, Math.max(0, p + 1 - width), p + 1) ?? Number.NaN,
  );
}
