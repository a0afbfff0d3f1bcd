import { createHash } from 'node:crypto';
import { ModelError } from '../errors.ts';
import { dequantise, storedBytes } from './dequantise.ts';
import type { Location } from './families/family.ts';
import type { EmbeddingRows } from './source.ts';
import type { TensorFile, TensorInfo } from './tensorFile.ts';

/** A tensor and the file it is in. */
export interface StoredTensor extends TensorInfo {
  file: TensorFile;
}

/** Shape of a weight once it is output-major and cut to its rows. */
export function locatedShape({ shape }: TensorInfo, { transposed, rows }: Location): number[] {
  const outputMajor = transposed ? [...shape].reverse() : [...shape];
  if (rows) outputMajor[0] = rows[1] - rows[0];
  return outputMajor;
}

/** Bytes and half-decoded numbers on their way, kept from one read to the next. */
export class Scratch {
  private byteBuffer = new Uint8Array(0);
  private floatBuffer = new Float32Array(0);

  bytes(length: number): Uint8Array<ArrayBuffer> {
    if (this.byteBuffer.length < length) this.byteBuffer = new Uint8Array(length);
    return this.byteBuffer;
  }

  floats(length: number): Float32Array {
    if (this.floatBuffer.length < length) this.floatBuffer = new Float32Array(length);
    return this.floatBuffer.subarray(0, length);
  }
}

/**
 * Reads a weight into `out`: decoded, output-major, cut to its rows, rotary halves put back.
 * @throws ModelError if a number is NaN or infinite
 */
export async function readWeight(
  tensor: StoredTensor,
  location: Location,
  out: Float32Array,
  scratch: Scratch,
): Promise<void> {
  const { transposed, rows, interleavedHeads } = location;
  const total = tensor.shape.reduce((a, b) => a * b, 1);
  if (transposed) {
    const [dIn, dOut] = tensor.shape;
    const whole = scratch.floats(total);
    await readRange(tensor, 0, total, whole, scratch);
    const [from, to] = rows ?? [0, dOut];
    for (let o = from; o < to; o++) for (let i = 0; i < dIn; i++) out[(o - from) * dIn + i] = whole[i * dOut + o];
  } else {
    const width = tensor.shape.slice(1).reduce((a, b) => a * b, 1);
    const start = (rows?.[0] ?? 0) * width;
    if (!interleavedHeads) await readRange(tensor, start, out.length, out, scratch);
    else {
      const whole = scratch.floats(total);
      await readRange(tensor, 0, total, whole, scratch);
      separateHalves(whole, out, interleavedHeads, width);
    }
  }
  if (!allFinite(out))
    throw new ModelError(
      `The tensor "${tensor.name}" holds numbers that are not finite.`,
      tensor.file.path,
      'The weights are damaged: get the file again.',
    );
}

/** x * 0 is NaN for NaN and infinity; four sums, since one would wait for itself. */
function allFinite(values: Float32Array): boolean {
  let [a, b, c, d] = [0, 0, 0, 0];
  const end = values.length - (values.length % 4);
  for (let i = 0; i < end; i += 4) {
    a += values[i] * 0;
    b += values[i + 1] * 0;
    c += values[i + 2] * 0;
    d += values[i + 3] * 0;
  }
  for (let i = end; i < values.length; i++) a += values[i] * 0;
  return a + b + c + d === 0;
}

/** Decodes `count` weights from `start` on; both lie at the border of rows. */
async function readRange(tensor: StoredTensor, start: number, count: number, out: Float32Array, scratch: Scratch) {
  const perWeight = tensor.byteLength / tensor.shape.reduce((a, b) => a * b, 1);
  const length = count * perWeight;
  const bytes = await tensor.file.read(tensor.offset + start * perWeight, length, scratch.bytes(length));
  dequantise(tensor.type, bytes, count, out);
}

/** Rows (head, i, half) -> (head, half, i): from pairs of neighbours to two halves. */
function separateHalves(from: Float32Array, to: Float32Array, heads: number, width: number): void {
  const rows = from.length / width;
  const half = rows / heads / 2;
  for (let h = 0; h < heads; h++)
    for (let i = 0; i < half; i++)
      for (let part = 0; part < 2; part++) {
        const source = (h * 2 * half + 2 * i + part) * width;
        to.set(from.subarray(source, source + width), (h * 2 * half + part * half + i) * width);
      }
}

/** Keeps the rows of E as they are stored and decodes one when it is looked up. */
export async function embeddingRows(tensor: StoredTensor): Promise<EmbeddingRows> {
  const width = tensor.shape[1];
  const rowBytes = storedBytes(tensor.type, [1, width])!;
  const stored = await tensor.file.read(tensor.offset, tensor.byteLength);
  return {
    byteLength: stored.byteLength,
    read(id, out, offset) {
      dequantise(tensor.type, stored.subarray(id * rowBytes, (id + 1) * rowBytes), width, out, offset);
    },
  };
}

const SAMPLE = 4096;

/** A hash of the files' sizes, tensor tables and a few slices of data: cheap, and another one for other weights. */
export async function fingerprint(files: readonly TensorFile[], tensors: Iterable<TensorInfo>): Promise<string> {
  const hash = createHash('sha256');
  for (const { name, type, shape } of tensors) hash.update(`${name} ${type} ${shape};`);
  for (const file of files) {
    hash.update(`${file.size};`);
    for (let i = 0; i < 16; i++) {
      const at = Math.floor((file.size * i) / 16);
      hash.update(await file.read(at, Math.min(SAMPLE, file.size - at)));
    }
    const end = Math.max(0, file.size - SAMPLE);
    hash.update(await file.read(end, file.size - end));
  }
  return hash.digest('hex');
}
