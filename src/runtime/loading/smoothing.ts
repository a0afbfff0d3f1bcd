import type { TransformerConfig } from '../../transformer/config.ts';

/**
 * SmoothQuant (Xiao et al., arXiv 2211.10438): a few input channels carry values far larger than the rest, and a row
 * quantised around them loses the others. Each channel j is divided by s_j = max|x_j|^a / max|w_j|^(1-a) and its
 * weights multiplied by s_j, which changes nothing in exact arithmetic. The division is folded into what comes
 * before: the norm's weight, the rows of W_V, or the linear half of a gated feed-forward network.
 */
export const SMOOTHING_STRENGTH = 0.65;

/** Divisors of one block's activations; all ones means no smoothing. */
export interface BlockSmoothing {
  /** Input of q, k, v. [d] */
  ln1: Float32Array;
  /** Input of W_O, shared by the query heads of one key/value head, since it is folded into W_V. [kvHeads, dHead] */
  v: Float32Array;
  /** Input of W_gate and W_in. [d] */
  ln2: Float32Array;
  /** Input of W_out. [dMlp] */
  post: Float32Array;
}

export interface Smoothing {
  blocks: BlockSmoothing[];
  /** Input of the unembedding. [d] */
  final: Float32Array;
}

/** Largest magnitude per column of a `[rows, columns]` matrix, joined with what `into` has from others. */
export function columnMagnitudes(
  data: Float32Array,
  columns: number,
  into: Float32Array = new Float32Array(columns),
): Float32Array {
  for (let start = 0; start < data.length; start += columns)
    for (let j = 0; j < columns; j++) {
      const magnitude = Math.abs(data[start + j]);
      if (magnitude > into[j]) into[j] = magnitude;
    }
  return into;
}

/** s_j of the paper's equation 4, from the largest activations and weights per channel. */
export function divisors(activations: Float32Array, weights: Float32Array): Float32Array {
  return activations.map((x, j) => {
    const s = x ** SMOOTHING_STRENGTH / weights[j] ** (1 - SMOOTHING_STRENGTH);
    return Number.isFinite(s) && s > 0 ? s : 1; // a channel that is never used
  });
}

/** Joins the query heads that share a key/value head: [heads * dHead] -> [kvHeads * dHead], the largest of each. */
export function joinGroups(values: Float32Array, config: TransformerConfig): Float32Array {
  const { nHeads, nKvHeads, dHead } = config;
  const group = nHeads / nKvHeads;
  const out = new Float32Array(nKvHeads * dHead);
  for (let i = 0; i < values.length; i++) {
    const kv = Math.floor(i / dHead / group);
    const at = kv * dHead + (i % dHead);
    out[at] = Math.max(out[at], values[i]);
  }
  return out;
}

/** The other way: every query head gets the divisors of its key/value head, [heads * dHead]. */
export function spreadGroups(values: Float32Array, config: TransformerConfig): Float32Array {
  const { nHeads, nKvHeads, dHead } = config;
  const group = nHeads / nKvHeads;
  return Float32Array.from({ length: nHeads * dHead }, (_, i) => {
    return values[Math.floor(i / dHead / group) * dHead + (i % dHead)];
  });
}

/** The divisors as named arrays, for a file. */
export function smoothingToArrays(smoothing: Smoothing): Map<string, Float32Array> {
  const arrays = new Map<string, Float32Array>();
  smoothing.blocks.forEach((block, l) => {
    for (const key of ['ln1', 'v', 'ln2', 'post'] as const) arrays.set(`blocks.${l}.${key}`, block[key]);
  });
  return arrays.set('final', smoothing.final);
}

/** The reverse; undefined if an array is missing, of another length or not a positive number. */
export function smoothingFromArrays(
  arrays: ReadonlyMap<string, Float32Array>,
  config: TransformerConfig,
): Smoothing | undefined {
  const { dModel, nKvHeads, dHead, dMlp, nLayers } = config;
  const take = (name: string, length: number) => {
    const array = arrays.get(name);
    return array?.length === length && array.every((s) => s > 0 && Number.isFinite(s)) ? array : undefined;
  };
  const final = take('final', dModel);
  const blocks: BlockSmoothing[] = [];
  for (let l = 0; l < nLayers; l++) {
    const ln1 = take(`blocks.${l}.ln1`, dModel);
    const v = take(`blocks.${l}.v`, nKvHeads * dHead);
    const ln2 = take(`blocks.${l}.ln2`, dModel);
    const post = take(`blocks.${l}.post`, dMlp);
    if (!ln1 || !v || !ln2 || !post) return undefined;
    blocks.push({ ln1, v, ln2, post });
  }
  return final && { blocks, final };
}
