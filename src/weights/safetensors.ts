import * as z from 'zod';
import { ModelError } from '../errors.ts';
import { dequantise } from './dequantise.ts';
import { type StoredType, TensorFile, type TensorInfo } from './tensorFile.ts';

const LARGEST_HEADER = 100 << 20; // as in the reference implementation
const BYTES: Record<string, number> = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U64: 8,
  U32: 4,
  U16: 2,
  U8: 1,
  BOOL: 1,
  F8_E4M3: 1,
  F8_E5M2: 1,
};
const READABLE: readonly string[] = ['F32', 'F16', 'BF16'] satisfies StoredType[];

const whole = z.number().int().nonnegative();
const headerEntry = z.object({
  dtype: z.string(),
  shape: z.array(whole).max(8),
  data_offsets: z.tuple([whole, whole]),
});

/** A tensor of a kind that is not read as weights, such as a buffer of booleans, or of a kind not known. */
export interface UnreadableTensor {
  name: string;
  dtype: string;
}

/**
 * Reads the header of a safetensors file (huggingface/safetensors, "Format"): JSON after 8 bytes of length. Offsets are
 * held against the file's size, shapes against the bytes they claim, tensors against each other.
 * @throws ModelError naming the file, and the tensor where it is one
 */
export async function readSafetensors(
  file: TensorFile,
): Promise<{ tensors: Map<string, TensorInfo>; unreadable: Map<string, UnreadableTensor> }> {
  const damaged = (why: string, cause?: unknown) =>
    new ModelError(`It is no valid safetensors file: ${why}.`, file.path, 'Get the file again.', { cause });
  if (file.size < 8) throw damaged('it is shorter than its header');
  const first = await file.read(0, 8);
  const length = new DataView(first.buffer, first.byteOffset, 8).getBigUint64(0, true);
  if (length > BigInt(Math.min(LARGEST_HEADER, file.size - 8))) throw damaged(`its header claims ${length} bytes`);
  const dataStart = 8 + Number(length);
  let header: Record<string, unknown>;
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(await file.read(8, Number(length)));
    header = z.record(z.string(), z.unknown()).parse(JSON.parse(text));
  } catch (error) {
    throw damaged('its header is no JSON object', error);
  }
  const tensors = new Map<string, TensorInfo>();
  const unreadable = new Map<string, UnreadableTensor>();
  const ranges: { name: string; from: number; to: number }[] = [];
  for (const [name, value] of Object.entries(header)) {
    if (name === '__metadata__') continue;
    const entry = headerEntry.safeParse(value);
    if (!entry.success) throw damaged(`the entry of "${name}" is malformed`);
    const { dtype, shape, data_offsets } = entry.data;
    const [from, to] = data_offsets;
    if (from > to || dataStart + to > file.size) throw damaged(`"${name}" lies beyond the end of the file`);
    const weights = shape.reduce((a, b) => a * b, 1);
    if (Object.hasOwn(BYTES, dtype) && weights * BYTES[dtype] !== to - from)
      throw damaged(`"${name}" of shape [${shape}] in ${dtype} cannot take ${to - from} bytes`);
    if (to > from) ranges.push({ name, from, to });
    const place = { name, shape, offset: dataStart + from, byteLength: to - from };
    if (READABLE.includes(dtype)) tensors.set(name, { ...place, type: dtype as StoredType });
    else unreadable.set(name, { name, dtype });
  }
  ranges.sort((a, b) => a.from - b.from);
  for (let i = 1; i < ranges.length; i++)
    if (ranges[i - 1].to > ranges[i].from) throw damaged(`"${ranges[i - 1].name}" and "${ranges[i].name}" overlap`);
  return { tensors, unreadable };
}

/** All float arrays of a small file. @throws ModelError as readSafetensors */
export async function readFloatArrays(path: string): Promise<Map<string, { shape: number[]; data: Float32Array }>> {
  const file = await TensorFile.open(path);
  try {
    const arrays = new Map<string, { shape: number[]; data: Float32Array }>();
    for (const [name, { shape, type, offset, byteLength }] of (await readSafetensors(file)).tensors) {
      const count = shape.reduce((a, b) => a * b, 1);
      const data = new Float32Array(count);
      dequantise(type, await file.read(offset, byteLength), count, data);
      arrays.set(name, { shape, data });
    }
    return arrays;
  } finally {
    await file.close();
  }
}
