import type { WeightPrecision } from '../../transformer/linear.ts';
import { pulse } from '../pulse.ts';
import type { TypedArray } from '../sessions.ts';

/** One matrix of a fused projection, output-major `[rows, dIn]` as the model's files hold it. */
export interface Part {
  rows: number;
  /** Rows [from, to); what it returns need only hold until the next call. */
  read(from: number, to: number): Promise<Float32Array>;
  /** SmoothQuant: outputs are divided by these, since the next matrix's inputs are multiplied by them. [rows] */
  divideRows?: Float32Array;
}

export interface Packed {
  /** Input-major `[dIn, rows of all parts]`, float32 or int8. */
  weight: TypedArray;
  /** int8: the step of every output channel, [rows of all parts]. */
  scale?: Float32Array;
}

/** Weights read at a time: a few megabytes of scratch, however large the matrix. */
const AT_A_TIME = 1 << 20;
/** Rows transposed together: a cache line of int8. */
const TILE = 64;

/**
 * Brings matrices into the layout of the graphs, side by side: transposed and, for int8, smoothed and rounded to 1/127
 * of each output channel's largest weight.
 * @param multiplyColumns int8: SmoothQuant; weights of input i are multiplied by this, since the input is divided by it
 */
export async function pack(
  parts: readonly Part[],
  dIn: number,
  precision: WeightPrecision,
  multiplyColumns?: Float32Array,
): Promise<Packed> {
  const dOut = parts.reduce((sum, part) => sum + part.rows, 0);
  const weight = new (precision === 'fp32' ? Float32Array : Int8Array)(dIn * dOut);
  const scale = precision === 'int8' ? new Float32Array(dOut) : undefined;
  const columns = multiplyColumns ?? new Float32Array(dIn).fill(1);
  const step = Math.max(1, Math.floor(AT_A_TIME / dIn / TILE)) * TILE;
  const tile = new Int8Array(scale ? TILE * dIn : 0);
  const row = new Float32Array(dIn);
  let offset = 0;
  for (const { rows, read, divideRows } of parts) {
    for (let from = 0; from < rows; from += step) {
      const to = Math.min(from + step, rows);
      const w = await read(from, to);
      pulse();
      for (let first = from; first < to; first += TILE) {
        const count = Math.min(TILE, to - first);
        const start = (first - from) * dIn;
        if (scale) {
          for (let o = 0; o < count; o++) {
            const divide = divideRows ? divideRows[first + o] : 1;
            scale[offset + first + o] = quantise(w, start + o * dIn, columns, divide, row, tile, o * dIn);
          }
          transpose(tile, 0, count, dIn, weight, dOut, offset + first);
        } else transpose(w, start, count, dIn, weight, dOut, offset + first);
      }
    }
    offset += rows;
  }
  return { weight, scale };
}

/** Adding and taking away 1.5 * 2^52 rounds a double to a whole number, ties to even. */
const ROUND = 1.5 * 2 ** 52;

/** One row, smoothed and rounded to steps of 1/127 of its largest weight. @returns the step */
function quantise(
  w: Float32Array,
  from: number,
  columns: Float32Array,
  divide: number,
  row: Float32Array,
  out: Int8Array,
  to: number,
): number {
  const n = columns.length;
  let largest = 1e-30; // a row of zeros stays zeros
  for (let i = 0; i < n; i++) {
    const value = w[from + i] * columns[i];
    row[i] = value;
    const magnitude = Math.abs(value);
    if (magnitude > largest) largest = magnitude;
  }
  const perStep = 127 / largest;
  for (let i = 0; i < n; i++) out[to + i] = row[i] * perStep + ROUND - ROUND;
  return largest / 127 / divide;
}

/** Rows [0, count) of `w` from `start` on become columns [column, column + count) of [dIn, dOut]. */
function transpose(
  w: Float32Array | Int8Array,
  start: number,
  count: number,
  dIn: number,
  out: Float32Array | Int8Array,
  dOut: number,
  column: number,
): void {
  for (let i = 0; i < dIn; i++) {
    const to = i * dOut + column;
    for (let o = 0, from = start + i; o < count; o++, from += dIn) out[to + o] = w[from];
  }
}
