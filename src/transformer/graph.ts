import { type Dim, GraphBuilder, type Value } from './builder.ts';

/**
 * A part of a model as a graph, with all that is known of its weights and hook points: declared where they are used,
 * and followed by reading, packing, checking and int8's smoothing.
 */
export class ModelGraph extends GraphBuilder {
  readonly projections: Projection[] = [];
  readonly norms: NormWeights[] = [];
  readonly smoothingPoints: SmoothingPoint[] = [];
  /** Shapes of the hook points by name, in the order of the computation. */
  readonly hooks = new Map<string, Dim[]>();
  private bytes: Uint8Array | undefined;

  /** Declares a value as a hook point, and as an output unless it is an input. */
  hook(name: string, value: Value, shape: Dim[]): void {
    this.hooks.set(name, shape);
    if (!this.inputs.some((input) => input.name === value)) this.output(name, value, 'float', shape);
  }

  /** The whole graph's bytes, made once for all layers that share it: nothing is added to it afterwards. */
  override encode(): Uint8Array {
    this.bytes ??= super.encode();
    return this.bytes;
  }

  /** Shapes of the weights it needs from a model's files, output-major, by their names there. */
  storedWeights(): Map<string, number[]> {
    const shapes = new Map<string, number[]>();
    for (const { weight, bias, width } of this.norms) {
      shapes.set(weight, [width]);
      if (bias) shapes.set(bias, [width]);
    }
    for (const { dIn, parts } of this.projections)
      for (const { weight, bias, rows } of parts) {
        shapes.set(weight, [rows, dIn]);
        if (bias) shapes.set(bias, [rows]);
      }
    return shapes;
  }
}

/** One matrix product. Its parts lie side by side, so that several projections of one input are one product. */
export interface Projection {
  /** The packed weight in the graph, input-major; `${name}.scale` is its int8 step, `${name}.bias` its bias. */
  name: string;
  dIn: number;
  parts: ProjectionPart[];
  /** The smoothing point its input comes from: int8 multiplies the weights of input j by divisor j. */
  smoothed?: string;
}

/** A matrix as a model's files hold it, `[rows, dIn]`: row o makes output o. */
export interface ProjectionPart {
  weight: string;
  bias?: string;
  rows: number;
  /** The smoothing point that its outputs go to: int8 divides row o by divisor o. */
  feeds?: string;
}

/** Weights of a norm, which int8 divides by the divisors of the smoothing point of the same name. */
export interface NormWeights {
  name: string;
  weight: string;
  bias?: string;
  width: number;
}

/**
 * Activations that int8 divides channel by channel before they are quantised (see smoothing.ts). What comes before is
 * divided instead where that is linear; else the graph multiplies by the weight `reciprocal`.
 */
export interface SmoothingPoint {
  name: string;
  /** The hook point where the activations are seen. */
  hook: string;
  /** Their number a position. */
  columns: number;
  /** Query heads that share one divisor a channel, since they share a key/value head; 1: none do. */
  shared: number;
  /** Channels of a head, where heads share. */
  dHead: number;
  /** Hook points that come out divided. */
  divided: string[];
  reciprocal?: string;
}

/** Divisors a smoothing point has. */
export const divisorCount = ({ columns, shared }: SmoothingPoint): number => columns / shared;
