import type { GraphBuilder, Value } from './builder.ts';
import type { ModelGraph, Projection } from './graph.ts';
import { elementType } from './onnxSchema.ts';

/** How the projections' weights are held: float32, or int8 with one scale per output channel. */
export type WeightPrecision = 'fp32' | 'int8';

/** Activations of a row lie in [-1, 1] once divided by its largest magnitude; uint8 steps of 1/127 around 128. */
const STEP = 1 / 127;
const ZERO = 128;

/**
 * y = x W (+ b): one product, with W input-major `[dIn, dOut]`, the projection's parts side by side.
 *
 * In int8 each row of x is divided by its max-abs first and multiplied back after, so one token's outlier does not cost
 * the others their precision, and quantised with a fixed step, so that a row's result does not depend on the rows
 * beside it: a prompt gives the same numbers in one piece, in chunks or token by token.
 *
 * @param x [n, dIn]
 * @param outliers int8: how many of a row's largest inputs are multiplied in float32, see int8MatMul
 * @returns [n, dOut]
 */
export function linear(
  g: ModelGraph,
  x: Value,
  projection: Projection,
  precision: WeightPrecision,
  outliers = 0,
): Value {
  g.projections.push(projection);
  const { name, dIn, parts } = projection;
  const dOut = parts.reduce((sum, { rows }) => sum + rows, 0);
  const y =
    precision === 'fp32'
      ? g.matMul(x, g.weight(name, 'float', [dIn, dOut]))
      : int8MatMul(g, x, name, dIn, dOut, Math.min(outliers, dIn - 1));
  const biased = parts.some(({ bias }) => bias !== undefined);
  return biased ? g.add(y, g.weight(`${name}.bias`, 'float', [dOut])) : y;
}

/**
 * x W with both in int8. Where a few inputs of a row can be far larger than all others (the massive activations of the
 * feed-forward network, Sun et al., arXiv 2402.17762), the row's largest ones are taken out and multiplied with their
 * rows of W in float32, so that the steps fit the rest (the idea of LLM.int8(), Dettmers et al., arXiv 2208.07339).
 */
function int8MatMul(g: GraphBuilder, x: Value, name: string, dIn: number, dOut: number, outliers: number): Value {
  const w = g.weight(name, 'int8', [dIn, dOut]);
  const wScale = g.weight(`${name}.scale`, 'float', [dOut]);
  const step = g.scalar(STEP);
  const zero = g.constant('uint8', [ZERO], []);
  const product = (rows: Value, magnitude: Value): Value => {
    const rowScale = g.op('Max', [magnitude, g.scalar(1e-30)]); // a row of zeros stays zeros
    const xq = g.op('QuantizeLinear', [g.div(rows, rowScale), step, zero]); // [n, dIn] uint8
    return g.mul(g.microsoft('MatMulIntegerToFloat', [xq, w, step, wScale, zero]), rowScale);
  };
  const magnitudes = g.op('Abs', [x]);
  if (outliers === 0) {
    return product(x, g.op('ReduceMax', [magnitudes, g.constant('int64', [-1])], { keepdims: 1 }));
  }

  const largest = g.ops('TopK', [magnitudes, g.constant('int64', [outliers + 1])], 2, { axis: -1 });
  const [, nextLargest] = g.split(largest[0], [outliers, 1], 1); // [n, 1]: the largest of the rest
  const [where] = g.split(largest[1], [outliers, 1], 1); // [n, outliers]
  const taken = g.op('GatherElements', [x, where], { axis: 1 });
  const rest = g.op('ScatterElements', [x, where, g.sub(taken, taken)], { axis: 1 });
  const one = g.constant('int64', [1]);
  const wRows = g.op('Cast', [g.op('Gather', [w, where])], { to: elementType.float }); // [n, outliers, dOut]
  const sum = g.op('Squeeze', [g.matMul(g.op('Unsqueeze', [taken, one]), wRows), one]); // [n, dOut]
  return g.add(product(rest, nextLargest), g.mul(sum, wScale));
}
