import type { GraphBuilder, Value } from './builder.ts';

/** How the projections' weights are held: float32, or int8 with one scale per output channel. */
export type WeightPrecision = 'fp32' | 'int8';

/** Activations of a row lie in [-1, 1] once divided by its largest magnitude; uint8 steps of 1/127 around 128. */
export const ACTIVATION_SCALE = 1 / 127;
export const ACTIVATION_ZERO = 128;

/**
 * y = x W (+ b): one projection, with W input-major `[dIn, dOut]`.
 *
 * In int8 each row of x is divided by its max-abs first and multiplied back after, so one token's outlier does not cost
 * the others their precision, and quantised with a fixed step, so that a row's result does not depend on the rows
 * beside it: a prompt gives the same numbers in one piece, in chunks or token by token.
 *
 * @param x [n, dIn]
 * @returns [n, dOut]
 */
export function linear(
  g: GraphBuilder,
  x: Value,
  name: string,
  size: { dIn: number; dOut: number; bias: boolean },
  precision: WeightPrecision,
): Value {
  const { dIn, dOut } = size;
  const y =
    precision === 'fp32' ? g.matMul(x, g.weight(name, 'float', [dIn, dOut])) : int8MatMul(g, x, name, dIn, dOut);
  return size.bias ? g.add(y, g.weight(`${name}.bias`, 'float', [dOut])) : y;
}

function int8MatMul(g: GraphBuilder, x: Value, name: string, dIn: number, dOut: number): Value {
  const w = g.weight(name, 'int8', [dIn, dOut]);
  const wScale = g.weight(`${name}.scale`, 'float', [dOut]);
  const magnitude = g.op('ReduceMax', [g.op('Abs', [x]), g.constant('int64', [-1])], { keepdims: 1 }); // [n, 1]
  const rowScale = g.op('Max', [magnitude, g.scalar(1e-30)]); // a row of zeros stays zeros
  const step = g.scalar(ACTIVATION_SCALE);
  const zero = g.constant('uint8', [ACTIVATION_ZERO], []);
  const xq = g.op('QuantizeLinear', [g.div(x, rowScale), step, zero]); // [n, dIn] uint8
  const y = g.microsoft('MatMulIntegerToFloat', [xq, w, step, wScale, zero]);
  return g.mul(y, rowScale);
}
