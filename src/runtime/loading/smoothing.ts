import { divisorCount, type ModelGraph, type SmoothingPoint } from '../../transformer/graph.ts';
import type { ModelGraphs } from '../../transformer/model.ts';

/**
 * SmoothQuant (Xiao et al., arXiv 2211.10438): a few input channels carry values far larger than the rest, and a row
 * quantised around them loses the others. Each channel j is divided by s_j = max|x_j|^a / max|w_j|^(1-a) and its
 * weights multiplied by s_j, which changes nothing in exact arithmetic. The division is folded into what comes before:
 * a norm's weight, the rows of W_V, or the linear half of a gated feed-forward network.
 */
export const SMOOTHING_STRENGTH = 0.65;

/** Divisors by smoothing point, e.g. `blocks.3.ln1` and `ln_final`. */
export type Smoothing = ReadonlyMap<string, Float32Array>;

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

/** Which divisor column j of the activations has: query heads share those of their key/value head. */
function divisorOf({ shared, dHead }: SmoothingPoint, j: number): number {
  return shared === 1 ? j : Math.floor(j / dHead / shared) * dHead + (j % dHead);
}

/** Joins the columns that share a divisor: the largest of each. [columns] -> [divisors] */
export function joinShared(values: Float32Array, point: SmoothingPoint): Float32Array {
  const out = new Float32Array(divisorCount(point));
  values.forEach((value, j) => {
    const at = divisorOf(point, j);
    out[at] = Math.max(out[at], value);
  });
  return out;
}

/** The other way: a divisor for every column. [divisors] -> [columns] */
export function spreadShared(values: Float32Array, point: SmoothingPoint): Float32Array {
  return Float32Array.from({ length: point.columns }, (_, j) => values[divisorOf(point, j)]);
}

/** What a hook point's rows have to be multiplied by to be as without int8's smoothing; undefined: nothing. */
export function hookDivisors(
  graph: ModelGraph,
  hook: string,
  divisorsOf: (point: string) => Float32Array | undefined,
): Float32Array | undefined {
  const point = graph.smoothingPoints.find(({ divided }) => divided.includes(hook));
  const found = point && divisorsOf(point.name);
  if (!point || !found) return undefined;
  const width = graph.hooks
    .get(hook)!
    .slice(1)
    .reduce<number>((product, dim) => product * Number(dim), 1);
  return found.length === width ? found : spreadShared(found, point);
}

/** All smoothing points of a model, by the names of Smoothing. */
export function smoothingPoints({ blocks, unembed }: ModelGraphs): Map<string, SmoothingPoint> {
  const points = new Map<string, SmoothingPoint>();
  blocks.forEach((graph, l) => {
    for (const point of graph.smoothingPoints) points.set(`blocks.${l}.${point.name}`, point);
  });
  for (const point of unembed.smoothingPoints) points.set(point.name, point);
  return points;
}

/** Divisors out of a file; undefined if some are missing, of another length or no positive numbers. */
export function checkedSmoothing(
  arrays: ReadonlyMap<string, Float32Array>,
  graphs: ModelGraphs,
): Smoothing | undefined {
  const smoothing = new Map<string, Float32Array>();
  for (const [name, point] of smoothingPoints(graphs)) {
    const array = arrays.get(name);
    if (array?.length !== divisorCount(point) || !array.every((s) => s > 0 && Number.isFinite(s))) return undefined;
    smoothing.set(name, array);
  }
  return smoothing;
}
