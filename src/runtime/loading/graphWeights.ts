import type { ModelGraph, Projection } from '../../transformer/graph.ts';
import type { WeightPrecision } from '../../transformer/linear.ts';
import type { TypedArray } from '../sessions.ts';
import { Buffers, pack } from './pack.ts';
import { columnMagnitudes, joinShared, spreadShared } from './smoothing.ts';

/** Reads rows [from, to) of a weight, or all of it; what it returns need only hold until the next call. */
export type ReadWeight = (name: string, from?: number, to?: number) => Promise<Float32Array>;
/** Divisors of a smoothing point of the graph; undefined: it is not smoothed. */
export type DivisorsOf = (point: string) => Float32Array | undefined;

const none: DivisorsOf = () => undefined;

/**
 * The weights of a graph's session by their names in it, as its declarations say: norms and biases divided, projections
 * packed, their columns multiplied.
 * @param divisorsOf for int8
 * @param buffers arrays to use again: what is returned is good until they are used for another graph
 */
export async function graphWeights(
  graph: ModelGraph,
  read: ReadWeight,
  precision: WeightPrecision,
  divisorsOf: DivisorsOf = none,
  buffers = new Buffers(),
): Promise<Map<string, TypedArray>> {
  const weights = new Map<string, TypedArray>();
  const vector = async (name: string, point?: string) =>
    divided(await read(name), point === undefined ? undefined : divisorsOf(point));
  for (const { name, weight, bias } of graph.norms) {
    weights.set(weight, await vector(weight, name));
    if (bias) weights.set(bias, await vector(bias, name));
  }
  for (const projection of graph.projections) {
    const { name, dIn, parts } = projection;
    const packed = await pack(
      parts.map(({ weight, rows, feeds }) => ({
        rows,
        read: (from: number, to: number) => read(weight, from, to),
        divideRows: feeds === undefined ? undefined : divisorsOf(feeds),
      })),
      dIn,
      precision,
      inputDivisors(graph, projection, divisorsOf),
      { name, buffers },
    );
    weights.set(name, packed.weight);
    if (packed.scale) weights.set(`${name}.scale`, packed.scale);
    if (parts.every(({ bias }) => bias === undefined)) continue;
    const biases: Float32Array[] = [];
    for (const { bias, rows, feeds } of parts)
      biases.push(bias === undefined ? new Float32Array(rows) : await vector(bias, feeds));
    weights.set(`${name}.bias`, joined(biases));
  }
  for (const { name, reciprocal } of graph.smoothingPoints) {
    const found = divisorsOf(name);
    if (reciprocal && found)
      weights.set(
        reciprocal,
        found.map((s) => 1 / s),
      );
  }
  return weights;
}

function inputDivisors(graph: ModelGraph, { smoothed }: Projection, divisorsOf: DivisorsOf): Float32Array | undefined {
  const point = graph.smoothingPoints.find(({ name }) => name === smoothed);
  const found = point && divisorsOf(point.name);
  return point && found && spreadShared(found, point);
}

/** Largest weight per divisor of a smoothing point, over all projections that read from it. */
export async function pointMagnitudes(graph: ModelGraph, name: string, read: ReadWeight): Promise<Float32Array> {
  const point = graph.smoothingPoints.find((p) => p.name === name)!;
  const largest = new Float32Array(point.columns);
  for (const { smoothed, parts, dIn } of graph.projections) {
    if (smoothed !== name) continue;
    const step = Math.max(1, Math.floor((1 << 20) / dIn));
    for (const { weight, rows } of parts)
      for (let from = 0; from < rows; from += step)
        columnMagnitudes(await read(weight, from, Math.min(from + step, rows)), dIn, largest);
  }
  return joinShared(largest, point);
}

/** A copy, each element divided by its divisor if there are any. */
function divided(values: Float32Array, by?: Float32Array): Float32Array {
  return by ? values.map((x, i) => x / by[i]) : values.slice();
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const out = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
