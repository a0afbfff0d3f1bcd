import type { WeightPrecision } from '../transformer/linear.ts';
import type { TypedArray } from './ort.ts';

/** One matrix of a fused projection, output-major `[rows, dIn]` as the model's files hold it. */
export interface Part {
  data: Float32Array;
  rows: number;
  /** SmoothQuant: outputs are divided by these, since the next matrix's inputs are multiplied by them. [rows] */
  divideRows?: Float32Array;
}

export interface Packed {
  /** Input-major `[dIn, rows of all parts]`, float32 or int8. */
  weight: TypedArray;
  /** int8: the step of every output channel, [rows of all parts]. */
  scale?: Float32Array;
}

/** Rows handled together while transposing: their writes share cache lines. */
const TILE = 32;

/**
 * Brings matrices into the layout of the graphs, side by side: transposed, smoothed and, for int8, rounded to
 * 1/127 of each output channel's largest weight.
 * @param multiplyColumns SmoothQuant: weights of input i are multiplied by this, since the input is divided by it
 */
export function pack(parts: Part[], dIn: number, precision: WeightPrecision, multiplyColumns?: Float32Array): Packed {
  const dOut = parts.reduce((sum, part) => sum + part.rows, 0);
  const scale = new Float32Array(dOut);
  const weight = precision === 'int8' ? new Int8Array(dIn * dOut) : new Float32Array(dIn * dOut);
  let offset = 0;
  for (const { data, rows, divideRows } of parts) {
    if (multiplyColumns || divideRows) smooth(data, rows, dIn, multiplyColumns, divideRows);
    if (weight instanceof Int8Array) packInt8(data, rows, dIn, weight, dOut, offset, scale);
    else packFloat(data, rows, dIn, weight, dOut, offset);
    offset += rows;
  }
  return precision === 'int8' ? { weight, scale } : { weight };
}

function smooth(data: Float32Array, rows: number, dIn: number, columns?: Float32Array, divide?: Float32Array): void {
  for (let o = 0; o < rows; o++) {
    const start = o * dIn;
    const factor = divide ? 1 / divide[o] : 1;
    if (columns) for (let i = 0; i < dIn; i++) data[start + i] *= columns[i] * factor;
    else for (let i = 0; i < dIn; i++) data[start + i] *= factor;
  }
}

function packFloat(w: Float32Array, rows: number, dIn: number, out: Float32Array, dOut: number, offset: number): void {
  for (let tile = 0; tile < rows; tile += TILE) {
    const end = Math.min(tile + TILE, rows);
    for (let i = 0; i < dIn; i++) {
      const to = i * dOut + offset;
      for (let o = tile, from = tile * dIn + i; o < end; o++, from += dIn) out[to + o] = w[from];
    }
  }
}

function packInt8(
  w: Float32Array,
  rows: number,
  dIn: number,
  out: Int8Array,
  dOut: number,
  offset: number,
  scale: Float32Array,
): void {
  const inverse = new Float32Array(TILE);
  for (let tile = 0; tile < rows; tile += TILE) {
    const end = Math.min(tile + TILE, rows);
    for (let o = tile; o < end; o++) {
      let largest = 0;
      for (let i = o * dIn, stop = i + dIn; i < stop; i++) {
        const magnitude = Math.abs(w[i]);
        if (magnitude > largest) largest = magnitude;
      }
      scale[offset + o] = largest / 127 || 1;
      inverse[o - tile] = largest === 0 ? 0 : 127 / largest;
    }
    for (let i = 0; i < dIn; i++) {
      const to = i * dOut + offset;
      for (let o = tile, from = tile * dIn + i; o < end; o++, from += dIn) {
        const q = w[from] * inverse[o - tile];
        out[to + o] = q < 0 ? q - 0.5 : q + 0.5; // storing cuts towards zero: together, rounding to nearest
      }
    }
  }
}
