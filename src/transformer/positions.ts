import type { GraphBuilder, Value } from './builder.ts';
import type { RotaryPositions } from './config.ts';

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

/** cos and sin of every angle for positions [from, from + count), each [count, dHead / 2]. */
export function rotaryAngles(rotary: RotaryPositions, from: number, count: number) {
  const frequencies = rotary.inverseFrequencies;
  const half = frequencies.length;
  const cos = new Float32Array(count * half);
  const sin = new Float32Array(count * half);
  for (let p = 0; p < count; p++)
    for (let i = 0; i < half; i++) {
      // The reference multiplies in float32; at position 8000 the rounding of the angle shows in the cosine.
      const angle = Math.fround((from + p) * Math.fround(frequencies[i]));
      cos[p * half + i] = Math.cos(angle);
      sin[p * half + i] = Math.sin(angle);
    }
  return { cos, sin };
}

/** What is added to the scores so that no token sees a later one: 0 or -infinity, [count, from + count]. */
export function causalMask(from: number, count: number): Float32Array {
  const total = from + count;
  const mask = new Float32Array(count * total);
  for (let q = 0; q < count; q++) mask.fill(Number.NEGATIVE_INFINITY, q * total + from + q + 1, (q + 1) * total);
  return mask;
}
