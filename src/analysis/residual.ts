/**
 * The residual stream at one position (Elhage et al. 2021): what each layer adds to a logit, how long the stream is and
 * how near its end. Pure functions.
 */
import { type AttributionPart, dot } from './attribution.ts';

/** What one layer adds to a logit. */
export interface LayerShares {
  /** Of each head. */
  heads: number[];
  /** Heads and biases together. */
  attention: number;
  mlp: number;
}

/** The parts of a logit, layer by layer; before and after them those that are of no layer. */
export interface LogitShares {
  first: AttributionPart[];
  layers: LayerShares[];
  last: AttributionPart[];
}

/** @param parts named as the engine names them, in the order of the computation */
export function sharesOf(parts: readonly AttributionPart[]): LogitShares {
  const shares: LogitShares = { first: [], layers: [], last: [] };
  for (const part of parts) {
    const place = /^blocks\.(\d+)\.(?:(mlp)|attn\.(bias|\d+))$/.exec(part.name);
    if (!place) {
      (shares.layers.length === 0 ? shares.first : shares.last).push(part);
      continue;
    }
    const [, index, mlp, inAttention] = place;
    shares.layers[Number(index)] ??= { heads: [], attention: 0, mlp: 0 };
    const layer = shares.layers[Number(index)];
    if (mlp) layer.mlp = part.value;
    else layer.attention += part.value;
    if (inAttention && inAttention !== 'bias') layer.heads[Number(inAttention)] = part.value;
  }
  return shares;
}

/** Heads by how much they add or take away, the strongest first. */
export const strongestHeads = ({ heads }: LayerShares): number[] =>
  [...heads.keys()].sort((a, b) => Math.abs(heads[b]) - Math.abs(heads[a]) || a - b);

/** Euclidean length. */
export const norm = (x: ArrayLike<number>): number => Math.sqrt(dot(x, x));

/** Cosine of the angle between two vectors; NaN where one of them is 0. */
export const cosine = (a: ArrayLike<number>, b: ArrayLike<number>): number => dot(a, b) / (norm(a) * norm(b));

export interface StrongNeuron {
  layer: number;
  neuron: number;
  /** After the activation function, and the gate if there is one. */
  value: number;
}

/** The neurons of the feed-forward networks whose values are largest in magnitude. @param layers [dMlp] each */
export function strongestNeurons(layers: readonly ArrayLike<number>[], most: number): StrongNeuron[] {
  const strongest: StrongNeuron[] = [];
  for (const [layer, values] of layers.entries()) {
    for (let neuron = 0; neuron < values.length; neuron++) {
      const size = Math.abs(values[neuron]);
      if (strongest.length === most && size <= Math.abs(strongest[most - 1].value)) continue;
      const place = strongest.findIndex(({ value }) => Math.abs(value) < size);
      strongest.splice(place < 0 ? strongest.length : place, 0, { layer, neuron, value: values[neuron] });
      strongest.length = Math.min(strongest.length, most);
    }
  }
  return strongest;
}
