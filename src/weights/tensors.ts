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

/** Bytes and numbers on their way, kept from one read to the next. */
export class Scratch {
  private byteBuffer = new Uint8Array(0);
  private readonly floatBuffers: Record<'whole' | 'result', Float32Array> = {
    whole: new Float32Array(0),
    result: new Float32Array(0),
  };
  /** What `whole` holds: a tensor that is read in parts is decoded once. */
  decoded: StoredTensor | undefined;

  bytes(length: number): Uint8Array<ArrayBuffer> {
    if (this.byteBuffer.length < length) this.byteBuffer = new Uint8Array(length);
    return this.byteBuffer;
  }

  floats(name: 'whole' | 'result', length: number): Float32Array {
    if (this.floatBuffers[name].length < length) this.floatBuffers[name] = new Float32Array(length);
    return this.floatBuffers[name].subarray(0, length);
  }
}

/**
 * Reads rows [from, to) of a weight: decoded, output-major, rotary halves put back.
 * @returns a view into the scratch, good until the next read
 * @throws ModelError if a number is NaN or infinite
 */
export async function readWeight(
  tensor: StoredTensor,
  location: Location,
  [from, to]: readonly [number, number],
  scratch: Scratch,
): Promise<Float32Array> {
  const { transposed, rows, interleavedHeads } = location;
  const width = transposed ? tensor.shape[0] : tensor.shape.slice(1).reduce((a, b) => a * b, 1);
  const first = (rows?.[0] ?? 0) + from;
  const out = scratch.floats('result', (to - from) * width);
  if (transposed) {
    const dOut = tensor.shape[1];
    const whole = await decodedWhole(tensor, scratch);
    for (let o = 0; o < to - from; o++)
      for (let i = 0; i < width; i++) out[o * width + i] = whole[i * dOut + first + o];
  } else if (interleavedHeads) {
    separateHalves(await decodedWhole(tensor, scratch), out, interleavedHeads, width, first);
  } else await readRange(tensor, first * width, out.length, out, scratch);
  if (!allFinite(out))
    throw new ModelError(
      `The tensor "${tensor.name}" holds numbers that are not finite.`,
      tensor.file.path,
      'The weights are damaged: get the file again.',
    );
  return out;
}

async function decodedWhole(tensor: StoredTensor, scratch: Scratch): Promise<Float32Array> {
  const total = tensor.shape.reduce((a, b) => a * b, 1);
  const whole = scratch.floats('whole', total);
  if (scratch.decoded !== tensor) {
    scratch.decoded = undefined;
    await readRange(tensor, 0, total, whole, scratch);
    scratch.decoded = tensor;
  }
  return whole;
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

/** Rows from `first` on, where (head, half, i) is stored as (head, i, half): from pairs of neighbours to two halves. */
function separateHalves(whole: Float32Array, out: Float32Array, heads: number, width: number, first: number): void {
  const size = whole.length / width / heads; // rows of a head
  const half = size / 2;
  for (let row = 0; row < out.length / width; row++) {
    const inHead = (first + row) % size;
    const head = first + row - inHead;
    const source = (head + 2 * (inHead % half) + Math.floor(inHead / half)) * width;
    out.set(whole.subarray(source, source + width), row * width);
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
