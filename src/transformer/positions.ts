import type { GraphBuilder, Value } from './builder.ts';
import type { LayerConfig, RotaryPositions } from './config.ts';

/**
 * Rotary positions: each pair (x_i, x_{i + d/2}) of a head is turned by the angle position * frequency_i, so that the
 * product of a query and a key depends on their distance alone (Su et al., arXiv 2104.09864; the halves layout of
 * GPT-NeoX and llama in HF transformers).
 *
 * @param x [n, heads, dHead]
 * @param cos, sin [n, 1, dHead / 2] of this run's positions, see rotaryAngles
 * @returns [n, heads, dHead]
 */
export function rotate(g: GraphBuilder, x: Value, cos: Value, sin: Value, dHead: number): Value {
  const [x1, x2] = g.split(x, [dHead / 2, dHead / 2], 2);
  return g.concat([g.sub(g.mul(x1, cos), g.mul(x2, sin)), g.add(g.mul(x2, cos), g.mul(x1, sin))], 2);
}

/** Where the tokens of a run stand: n new ones after t cached ones, T = t + n keys in all. */
export interface Positions {
  /** Position of each key, the cached first. [T] */
  keys: Int32Array;
  /** n */
  count: number;
  /** What a new token may not look at besides later positions: key indices. Branches of a tree hide from each other. */
  hidden?(query: number, key: number): boolean;
}

/** New tokens at positions [from, from + count), after all those before them. */
export function consecutive(from: number, count: number): Positions {
  return { keys: Int32Array.from({ length: from + count }, (_, i) => i), count };
}

/** What a layer is given of the positions of a run; layers that share window and frequencies share it. */
export interface LayerInputs {
  /** Added to the scores: 0, or -infinity where a token may not look. [1, n, T] */
  mask: Float32Array;
  /** Of rotary positions, [n, 1, dHead / 2]. */
  cos?: Float32Array;
  sin?: Float32Array;
}

export function inputsOf({ rotary, window }: LayerConfig, positions: Positions): LayerInputs {
  return { mask: attentionMask(positions, window), ...(rotary && rotaryAngles(rotary, positions)) };
}

/** cos and sin of every angle at the new tokens' positions, each [n, dHead / 2]. */
export function rotaryAngles({ inverseFrequencies }: RotaryPositions, { keys, count }: Positions) {
  const half = inverseFrequencies.length;
  const cos = new Float32Array(count * half);
  const sin = new Float32Array(count * half);
  const first = keys.length - count;
  for (let q = 0; q < count; q++)
    for (let i = 0; i < half; i++) {
      // The reference multiplies in float32; at position 8000 the rounding of the angle shows in the cosine.
      const angle = Math.fround(keys[first + q] * Math.fround(inverseFrequencies[i]));
      cos[q * half + i] = Math.cos(angle);
      sin[q * half + i] = Math.sin(angle);
    }
  return { cos, sin };
}

/** No token sees a later one, one farther back than the window, or one that is hidden from it. [n, T] */
export function attentionMask({ keys, count, hidden }: Positions, window = Number.POSITIVE_INFINITY): Float32Array {
  const total = keys.length;
  const mask = new Float32Array(count * total);
  for (let q = 0; q < count; q++) {
    const query = total - count + q;
    for (let k = 0; k < total; k++) {
      const distance = keys[query] - keys[k];
      if (distance < 0 || distance >= window || hidden?.(query, k)) mask[q * total + k] = Number.NEGATIVE_INFINITY;
    }
  }
  return mask;
}
