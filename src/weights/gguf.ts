import { ModelError } from '../errors.ts';
import { isStoredType, storedBytes, typeNames } from './dequantise.ts';
import { HeaderReader } from './headerReader.ts';
import type { TensorFile, TensorInfo } from './tensorFile.ts';

/** Numeric arrays are typed arrays, 64-bit integers bigints. */
export type GgufValue = number | bigint | boolean | string | GgufArray;
export type GgufArray =
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array
  | Float32Array
  | Float64Array
  | boolean[]
  | string[];

export interface GgufFile {
  version: number;
  metadata: ReadonlyMap<string, GgufValue>;
  tensors: ReadonlyMap<string, TensorInfo>;
}

/** Value types of the metadata, by their number in the file. */
const NUMBERS = [
  { array: Uint8Array, bytes: 1, read: (v: DataView, at: number) => v.getUint8(at) },
  { array: Int8Array, bytes: 1, read: (v: DataView, at: number) => v.getInt8(at) },
  { array: Uint16Array, bytes: 2, read: (v: DataView, at: number) => v.getUint16(at, true) },
  { array: Int16Array, bytes: 2, read: (v: DataView, at: number) => v.getInt16(at, true) },
  { array: Uint32Array, bytes: 4, read: (v: DataView, at: number) => v.getUint32(at, true) },
  { array: Int32Array, bytes: 4, read: (v: DataView, at: number) => v.getInt32(at, true) },
  { array: Float32Array, bytes: 4, read: (v: DataView, at: number) => v.getFloat32(at, true) },
  { array: undefined, bytes: 1, read: (v: DataView, at: number) => v.getUint8(at) !== 0 },
  undefined, // 8: string
  undefined, // 9: array
  { array: BigUint64Array, bytes: 8, read: (v: DataView, at: number) => v.getBigUint64(at, true) },
  { array: BigInt64Array, bytes: 8, read: (v: DataView, at: number) => v.getBigInt64(at, true) },
  { array: Float64Array, bytes: 8, read: (v: DataView, at: number) => v.getFloat64(at, true) },
] as const;
const STRING = 8;
const ARRAY = 9;
const MAX_DIMENSIONS = 4;
/** A key and its value take at least this many bytes, so do a tensor's name, dimensions, type and offset. */
const SMALLEST_ENTRY = 8 + 4 + 1;
const SMALLEST_TENSOR = 8 + 4 + 8 + 4 + 8;
/** Names longer than this are no names. */
const LONGEST_NAME = 1 << 16;

/**
 * Reads the header of a GGUF file (ggml-org/ggml, docs/gguf.md), versions 2 and 3, little-endian. Every count, length
 * and offset is held against the file's size before memory is taken for it.
 * @throws ModelError naming the file, and the tensor or key where it is one
 */
export async function readGguf(file: TensorFile): Promise<GgufFile> {
  const header = new HeaderReader(file);
  if ((await header.bytes(4)).join() !== '71,71,85,70') {
    throw new ModelError('It is not a GGUF file.', file.path, 'Choose a .gguf file.');
  }
  const version = await header.uint32();
  if (version !== 2 && version !== 3) {
    const swapped = version >>> 24 > 0;
    const kind = swapped ? 'big-endian' : `version ${version}`;
    throw new ModelError(
      `It is ${kind} GGUF, which is not supported.`,
      file.path,
      'Convert it to version 3, little-endian.',
    );
  }
  const tensorCount = await header.count(SMALLEST_TENSOR, 'tensors');
  const keyCount = await header.count(SMALLEST_ENTRY, 'metadata entries');
  const metadata = new Map<string, GgufValue>();
  for (let i = 0; i < keyCount; i++) {
    const key = await header.string(LONGEST_NAME, 'the name of a metadata entry');
    if (metadata.has(key)) throw header.damaged(`the key "${key}" is there twice`);
    metadata.set(key, await readValue(header, await header.uint32(), key));
  }
  const found: Omit<TensorInfo, 'byteLength'>[] = [];
  for (let i = 0; i < tensorCount; i++) found.push(await readTensorInfo(header, file));
  const alignment = Number(metadata.get('general.alignment') ?? 32);
  if (!(Number.isInteger(alignment) && alignment >= 8 && alignment <= 1 << 20) || (alignment & (alignment - 1)) !== 0)
    throw header.damaged(`its alignment is ${alignment}`);
  const dataStart = Math.ceil(header.position / alignment) * alignment;
  return { version, metadata, tensors: placed(found, dataStart, alignment, file) };
}

async function readValue(header: HeaderReader, type: number, key: string): Promise<GgufValue> {
  if (type === STRING) return header.string(Number.MAX_SAFE_INTEGER, key);
  if (type !== ARRAY) {
    const number = NUMBERS[type];
    if (!number) throw header.damaged(`"${key}" has the unknown value type ${type}`);
    return number.read(await header.view(number.bytes), 0);
  }
  const itemType = await header.uint32();
  if (itemType === STRING) {
    const count = await header.count(8, key);
    return header.strings(count, key);
  }
  const number = NUMBERS[itemType];
  if (!number) throw header.damaged(`"${key}" is an array of the unsupported value type ${itemType}`);
  const count = await header.count(number.bytes, key);
  const bytes = await header.bytes(count * number.bytes);
  if (!number.array) return Array.from(bytes, (b) => b !== 0);
  return new number.array(bytes.buffer, bytes.byteOffset, count);
}

async function readTensorInfo(header: HeaderReader, file: TensorFile): Promise<Omit<TensorInfo, 'byteLength'>> {
  const name = await header.string(LONGEST_NAME, 'the name of a tensor');
  const dimensions = await header.uint32();
  if (dimensions < 1 || dimensions > MAX_DIMENSIONS) throw header.damaged(`"${name}" has ${dimensions} dimensions`);
  const shape: number[] = [];
  for (let i = 0; i < dimensions; i++) {
    const size = await header.uint64();
    // No stored weight takes less than a quarter of a byte.
    if (size < 1 || size > file.size * 4) throw header.damaged(`"${name}" has a dimension of ${size}`);
    shape.unshift(size);
  }
  const typeNumber = await header.uint32();
  const type = typeNames[typeNumber];
  if (!type || !isStoredType(type))
    throw new ModelError(
      `The tensor "${name}" is stored as ${type ?? `type ${typeNumber}`}, which is not supported.`,
      file.path,
      'Use a file in F32, F16, BF16, Q8_0, Q4_0, Q4_1, Q5_0 or Q5_1.',
    );
  return { name, shape, type, offset: await header.uint64() };
}

/** Absolute places of the tensors' data, inside the file and apart from each other. */
function placed(
  found: Omit<TensorInfo, 'byteLength'>[],
  dataStart: number,
  alignment: number,
  file: TensorFile,
): Map<string, TensorInfo> {
  const tensors = new Map<string, TensorInfo>();
  for (const info of found) {
    const wrong = (what: string) =>
      new ModelError(`The tensor "${info.name}" ${what}.`, file.path, 'The file is damaged: get it again.');
    if (tensors.has(info.name)) throw wrong('is there twice');
    const byteLength = storedBytes(info.type, info.shape);
    if (byteLength === undefined)
      throw wrong(`has rows of ${info.shape.at(-1)} weights, which ${info.type} cannot hold`);
    const offset = dataStart + info.offset;
    if (info.offset % alignment !== 0) throw wrong('is not aligned');
    if (!Number.isSafeInteger(offset + byteLength) || offset + byteLength > file.size)
      throw wrong(
        `should lie at bytes ${offset} to ${offset + byteLength}, beyond the end of the file at ${file.size}`,
      );
    tensors.set(info.name, { ...info, offset, byteLength });
  }
  const inOrder = [...tensors.values()].sort((a, b) => a.offset - b.offset);
  inOrder.forEach((info, i) => {
    const before = inOrder[i - 1];
    if (before && before.offset + before.byteLength > info.offset)
      throw new ModelError(
        `The tensors "${before.name}" and "${info.name}" overlap.`,
        file.path,
        'The file is damaged: get it again.',
      );
  });
  return tensors;
}
