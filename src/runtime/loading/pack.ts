import type { WeightPrecision } from '../../transformer/linear.ts';
import { quantiseGraph } from '../../transformer/quantise.ts';
import { createSession, ort, type TypedArray } from '../ort.ts';

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

/** Rows handled together: a cache line's worth of writes when transposing, a few megabytes when quantising. */
const TRANSPOSED = 64;
const QUANTISED = 4096;

/**
 * Brings matrices into the layout of the graphs, side by side: transposed and, for int8, smoothed and rounded to 1/127
 * of each output channel's largest weight.
 * @param multiplyColumns int8: SmoothQuant; weights of input i are multiplied by this, since the input is divided by it
 */
export async function pack(
  parts: Part[],
  dIn: number,
  precision: WeightPrecision,
  multiplyColumns?: Float32Array,
): Promise<Packed> {
  const dOut = parts.reduce((sum, part) => sum + part.rows, 0);
  let offset = 0;
  if (precision === 'fp32') {
    const weight = new Float32Array(dIn * dOut);
    for (const { data, rows } of parts) {
      transpose(data, rows, dIn, weight, dOut, offset);
      offset += rows;
    }
    return { weight };
  }
  const weight = new Int8Array(dIn * dOut);
  const scale = new Float32Array(dOut);
  const columns = multiplyColumns ?? new Float32Array(dIn).fill(1);
  for (const { data, rows, divideRows } of parts) {
    for (let first = 0; first < rows; first += QUANTISED) {
      const end = Math.min(first + QUANTISED, rows);
      const divide = divideRows?.subarray(first, end) ?? new Float32Array(end - first).fill(1);
      const made = await quantise(data.subarray(first * dIn, end * dIn), dIn, columns, divide);
      scale.set(made.scale, offset + first);
      for (let i = 0; i < dIn; i++) {
        weight.set(made.q.subarray(i * (end - first), (i + 1) * (end - first)), i * dOut + offset + first);
      }
    }
    offset += rows;
  }
  return { weight, scale };
}

/** [rows, dIn] into columns [offset, offset + rows) of [dIn, dOut]. */
function transpose(w: Float32Array, rows: number, dIn: number, out: Float32Array, dOut: number, offset: number): void {
  for (let tile = 0; tile < rows; tile += TRANSPOSED) {
    const end = Math.min(tile + TRANSPOSED, rows);
    for (let i = 0; i < dIn; i++) {
      const to = i * dOut + offset;
      for (let o = tile, from = tile * dIn + i; o < end; o++, from += dIn) out[to + o] = w[from];
    }
  }
}

let quantiser: Promise<ort.InferenceSession> | undefined;

async function quantise(w: Float32Array, dIn: number, columns: Float32Array, divide: Float32Array) {
  quantiser ??= createSession(quantiseGraph().encode(), new Map());
  const rows = divide.length;
  const outputs = await (await quantiser).run({
    w: new ort.Tensor('float32', w, [rows, dIn]),
    columns: new ort.Tensor('float32', columns, [dIn]),
    factor: new ort.Tensor(
      'float32',
      divide.map((s) => 1 / s),
      [rows, 1],
    ),
  });
  return { q: outputs.q.data as Int8Array, scale: outputs.scale.data as Float32Array };
}
