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

/**
 * Arrays that are used again for the next layer: fresh memory costs more than filling it. What is taken is good until
 * the same name is taken again.
 */
export class Buffers {
  /** @param memory what they lie in */
  constructor(private readonly memory: new (bytes: number) => ArrayBufferLike = ArrayBuffer) {}

  private readonly floats = new Map<string, Float32Array>();
  private readonly bytes = new Map<string, Int8Array>();

  float32(name: string, length: number): Float32Array {
    return taken(this.floats, name, length, (n) => new Float32Array(new this.memory(4 * n)));
  }

  int8(name: string, length: number): Int8Array {
    return taken(this.bytes, name, length, (n) => new Int8Array(new this.memory(n)));
  }
}

function taken<A extends Float32Array | Int8Array>(
  arrays: Map<string, A>,
  name: string,
  length: number,
  make: (length: number) => A,
): A {
  const array = arrays.get(name);
  if (array && array.length >= length) return array.subarray(0, length) as A;
  const made = make(length);
  arrays.set(name, made);
  return made;
}

/** Weights read at a time: a few megabytes of scratch, however large the matrix. */
const AT_A_TIME = 1 << 20;
/** Rows transposed together: a cache line of int8. */
const TILE = 64;

/**
 * Brings matrices into the layout of the graphs, side by side: transposed and, for int8, smoothed and rounded to 1/127
 * of each output channel's largest weight.
 * @param multiplyColumns int8: SmoothQuant; weights of input i are multiplied by this, since the input is divided by it
 * @param into where the arrays are taken from
 */
export async function pack(
  parts: readonly Part[],
  dIn: number,
  precision: WeightPrecision,
  multiplyColumns?: Float32Array,
  into = { name: '', buffers: new Buffers() },
): Promise<Packed> {
  const dOut = parts.reduce((sum, part) => sum + part.rows, 0);
  const scale = precision === 'int8' ? into.buffers.float32(`${into.name}.scale`, dOut) : undefined;
  const weight = scale ? into.buffers.int8(into.name, dIn * dOut) : into.buffers.float32(into.name, dIn * dOut);
  const columns = multiplyColumns ?? new Float32Array(dIn).fill(1);
  const step = Math.max(1, Math.floor(AT_A_TIME / dIn / TILE)) * TILE;
  const tile = into.buffers.int8('tile', scale ? TILE * dIn : 0);
  let offset = 0;
  for (const { rows, read, divideRows } of parts) {
    for (let from = 0; from < rows; from += step) {
      const to = Math.min(from + step, rows);
      const w = await read(from, to);
      pulse();
      if (scale) {
        const steps = scale.subarray(offset + from, offset + to);
        quantiseRows(w, columns, steps, tile, weight as Int8Array, dOut, offset + from);
        if (divideRows) for (let o = from; o < to; o++) steps[o - from] /= divideRows[o];
      } else transposeRows(w, to - from, dIn, weight as Float32Array, dOut, offset + from);
    }
    offset += rows;
  }
  return { weight, scale };
}

/** Rows of w become columns of [dIn, dOut] from `column` on, rounded; their steps are noted, one a row. */
function quantiseRows(
  w: Float32Array,
  columns: Float32Array,
  steps: Float32Array,
  tile: Int8Array,
  out: Int8Array,
  dOut: number,
  column: number,
): void {
  const dIn = columns.length;
  for (let first = 0; first < steps.length; first += TILE) {
    const count = Math.min(TILE, steps.length - first);
    quantise(w, first * dIn, columns, tile, steps, first, count);
    transposeBytes(tile, count, dIn, out, dOut, column + first);
  }
}

/** Adding and taking away 1.5 * 2^52 rounds a double to a whole number, ties to even. */
const ROUND = 1.5 * 2 ** 52;

/** Rows from `start` on, smoothed and rounded to steps of 1/127 of each one's largest weight. */
function quantise(
  w: Float32Array,
  start: number,
  columns: Float32Array,
  out: Int8Array,
  steps: Float32Array,
  first: number,
  count: number,
): void {
  const n = columns.length;
  for (let o = 0, to = 0; o < count; o++, to += n) {
    const from = start + to;
    let largest = 1e-30; // a row of zeros stays zeros
    for (let i = 0; i < n; i++) largest = Math.max(largest, Math.abs(w[from + i] * columns[i]));
    const perStep = 127 / largest;
    for (let i = 0; i < n; i++) out[to + i] = w[from + i] * columns[i] * perStep + ROUND - ROUND;
    steps[first + o] = largest / 127;
  }
}

/** `count` rows of w become columns of [dIn, dOut] from `column` on. */
function transposeRows(
  w: Float32Array,
  count: number,
  dIn: number,
  out: Float32Array,
  dOut: number,
  column: number,
): void {
  for (let first = 0; first < count; first += TILE) {
    const end = Math.min(first + TILE, count);
    for (let i = 0; i < dIn; i++) {
      const to = i * dOut + column;
      for (let o = first, from = first * dIn + i; o < end; o++, from += dIn) out[to + o] = w[from];
    }
  }
}

/** Rows of the tile become columns, four at a time as one word where the places allow it: a third of the time. */
function transposeBytes(
  tile: Int8Array,
  count: number,
  dIn: number,
  out: Int8Array,
  dOut: number,
  column: number,
): void {
  const inWords = dOut % 4 === 0 && column % 4 === 0 ? count - (count % 4) : 0;
  const bytes = new Uint8Array(tile.buffer, tile.byteOffset);
  const words = new Uint32Array(out.buffer, out.byteOffset, inWords > 0 ? out.length >> 2 : 0);
  for (let o = 0; o < inWords; o += 4) {
    const [a, b, c, d] = [o * dIn, (o + 1) * dIn, (o + 2) * dIn, (o + 3) * dIn];
    for (let i = 0, to = (column + o) >> 2; i < dIn; i++, to += dOut >> 2)
      words[to] = bytes[a + i] | (bytes[b + i] << 8) | (bytes[c + i] << 16) | (bytes[d + i] << 24);
  }
  for (let o = inWords; o < count; o++)
    for (let i = 0, to = column + o; i < dIn; i++, to += dOut) out[to] = tile[o * dIn + i];
}
