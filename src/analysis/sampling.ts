/**
 * From logits to what sampling may choose from. Temperature, then top-k, then top-p, then min-p, each on what the one
 * before left, renormalised: the order of HF transformers.
 */

export interface SamplingSettings {
  /** Divides the logits; 0 is greedy: only the most likely token remains. */
  temperature: number;
  /** At most so many candidates; 0 sets no limit. */
  topK: number;
  /** The fewest most likely candidates whose probabilities reach this; 1 sets no limit (Holtzman et al., 1904.09751). */
  topP: number;
  /** Candidates less likely than this share of the most likely one are left out; 0 sets no limit. */
  minP?: number;
}

/** A whole distribution in order; made once, used at every move of a slider. */
export interface SortedLogits {
  /** Ids, the largest logit first; of equals the smaller id first. [vocab] */
  ids: Int32Array;
  /** Logits in that order. [vocab] */
  logits: Float32Array;
}

export interface Candidates {
  /** Ids that may be chosen, most likely first: a view of the sorted ids. [count] */
  ids: Int32Array;
  /** Renormalised probabilities; they sum to 1. [count] */
  probabilities: Float64Array;
  /** How many remain. */
  count: number;
  /** Probability that they had together before they were cut off from the rest, at this temperature. */
  keptMass: number;
}

/** Softmax over the whole vocabulary. [vocab] → [vocab]; probabilities sum to 1. */
export function softmax(logits: ArrayLike<number>, temperature = 1): Float64Array {
  const n = logits.length;
  const probabilities = new Float64Array(n);
  let largest = -Infinity;
  for (let i = 0; i < n; i++) if (logits[i] > largest) largest = logits[i];
  let sum = 0;
  for (let i = 0; i < n; i++) {
    probabilities[i] = Math.exp((logits[i] - largest) / temperature);
    sum += probabilities[i];
  }
  for (let i = 0; i < n; i++) probabilities[i] /= sum;
  return probabilities;
}

/** log of the sum of exp(logit): what a logit is less than its log-probability by. NaN counts as it is. */
export function logSumExp(logits: ArrayLike<number>): number {
  let largest = -Infinity;
  for (let i = 0; i < logits.length; i++) if (logits[i] > largest) largest = logits[i];
  let sum = 0;
  for (let i = 0; i < logits.length; i++) sum += Math.exp(logits[i] - largest);
  return largest + Math.log(sum);
}

/** Entropy in nats of probabilities that sum to 1. */
export function entropy(probabilities: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < probabilities.length; i++) {
    const p = probabilities[i];
    if (p > 0) sum -= p * Math.log(p);
  }
  return sum;
}

/** Sorts a distribution, once. NaN counts as minus infinity. [vocab] */
export function sortLogits(logits: ArrayLike<number>): SortedLogits {
  const n = logits.length;
  // One number a logit, so that the engine's own numeric sort does it: the float's bits, made to grow downwards, above
  // the id. 32 + 21 bits are exact in a double.
  const bits = new Uint32Array(1);
  const float = new Float32Array(bits.buffer);
  const keys = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    float[0] = Number.isNaN(logits[i]) ? -Infinity : logits[i] + 0;
    const ascending = bits[0] & 0x80000000 ? ~bits[0] >>> 0 : (bits[0] | 0x80000000) >>> 0;
    keys[i] = (0xffffffff - ascending) * IDS + i;
  }
  keys.sort();
  const ids = new Int32Array(n);
  const sorted = new Float32Array(n);
  for (let i = 0; i < n; i++) {
    ids[i] = keys[i] % IDS;
    const logit = logits[ids[i]];
    sorted[i] = Number.isNaN(logit) ? -Infinity : logit;
  }
  return { ids, logits: sorted };
}

/** More ids than any vocabulary has. */
const IDS = 2 ** 21;

/** What sampling may choose from, most likely first. One pass over the vocabulary; at least one candidate remains. */
export function candidates(sorted: SortedLogits, settings: SamplingSettings): Candidates {
  const { ids, logits } = sorted;
  const { temperature, topK, topP, minP = 0 } = settings;
  const n = ids.length;
  if (n === 0) return { ids, probabilities: new Float64Array(0), count: 0, keptMass: 0 };
  if (temperature <= 0) return greedy(sorted);
  const limit = topK > 0 ? Math.min(Math.floor(topK) || 1, n) : n;
  const weights = new Float64Array(limit);
  let total = 0;
  let kept = 0;
  // Equal logits are equally likely, infinite ones too, whose difference is not a number.
  for (let i = 0; i < n; i++) {
    const weight = logits[i] === logits[0] ? 1 : Math.exp((logits[i] - logits[0]) / temperature);
    total += weight;
    if (i < limit) {
      weights[i] = weight;
      kept += weight;
    }
  }
  let count = limit;
  if (topP < 1) count = nucleus(weights, kept * topP);
  if (minP > 0) while (count > 1 && weights[count - 1] < minP) count--;
  let sum = 0;
  for (let i = 0; i < count; i++) sum += weights[i];
  const probabilities = weights.slice(0, count);
  for (let i = 0; i < count; i++) probabilities[i] /= sum;
  return { ids: ids.subarray(0, count), probabilities, count, keptMass: sum / total };
}

/** How many of the first weights it takes to reach `needed`. */
function nucleus(weights: Float64Array, needed: number): number {
  let sum = 0;
  for (let i = 0; i < weights.length; i++) {
    sum += weights[i];
    // The last bits of a sum do not decide who is in.
    if (sum >= needed * (1 - 1e-12)) return i + 1;
  }
  return weights.length;
}

function greedy({ ids, logits }: SortedLogits): Candidates {
  let total = 0;
  for (let i = 0; i < logits.length; i++) total += logits[i] === logits[0] ? 1 : Math.exp(logits[i] - logits[0]);
  return { ids: ids.subarray(0, 1), probabilities: Float64Array.of(1), count: 1, keptMass: 1 / total };
}

/** Uniform numbers in [0, 1). */
export type Random = () => number;

/**
 * sfc32 (Chris Doty-Humphrey, PractRand), seeded through splitmix32 (Steele et al. 2014, the 32-bit variant): the same
 * seed gives the same numbers everywhere.
 */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  const splitmix = (): number => {
    state = (state + 0x9e3779b9) | 0;
    let z = state ^ (state >>> 16);
    z = Math.imul(z, 0x21f0aaad);
    z ^= z >>> 15;
    z = Math.imul(z, 0x735a2d97);
    return z ^ (z >>> 15);
  };
  // Seeds beyond 32 bits differ in their upper half.
  state = splitmix() ^ Math.floor(seed / 2 ** 32);
  let a = splitmix();
  let b = splitmix();
  let c = splitmix();
  let counter = 1;
  const next = (): number => {
    const result = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + result) | 0;
    return result >>> 0;
  };
  for (let i = 0; i < 12; i++) next();
  return () => next() / 2 ** 32;
}

/** Draws one id: the first whose cumulative probability exceeds a uniform number. */
export function sample({ ids, probabilities }: Candidates, random: Random): number {
  const u = random();
  let sum = 0;
  for (let i = 0; i < ids.length; i++) {
    sum += probabilities[i];
    if (u < sum) return ids[i];
  }
  return ids[ids.length - 1];
}
