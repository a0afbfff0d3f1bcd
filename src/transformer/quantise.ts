import { GraphBuilder } from './builder.ts';

/**
 * Brings a matrix into the layout of int8 projections: smoothed, rounded to 1/127 of each output's largest weight, and
 * transposed. As a graph, since onnxruntime does it several times faster than a loop in JavaScript.
 *
 * Inputs: w [rows, dIn], output-major; columns [dIn] and factor [rows, 1], which it is multiplied by.
 * Outputs: q [dIn, rows] int8, scale [rows].
 */
export function quantiseGraph(): GraphBuilder {
  const g = new GraphBuilder('quantise');
  const w = g.input('w', 'float', ['rows', 'dIn']);
  const columns = g.input('columns', 'float', ['dIn']);
  const factor = g.input('factor', 'float', ['rows', 1]);
  const smooth = g.mul(g.mul(w, columns), factor);
  const magnitude = g.op('ReduceMax', [g.op('Abs', [smooth]), g.constant('int64', [-1])], { keepdims: 0 });
  const scale = g.mul(g.op('Max', [magnitude, g.scalar(1e-30)]), g.scalar(1 / 127)); // [rows]
  const zeros = g.op('Cast', [g.mul(scale, g.scalar(0))], { to: 3 });
  const q = g.op('QuantizeLinear', [smooth, scale, zeros], { axis: 0 });
  g.output('q', g.transpose(q, [1, 0]), 'int8', ['dIn', 'rows']);
  g.output('scale', scale, 'float', ['rows']);
  return g;
}
