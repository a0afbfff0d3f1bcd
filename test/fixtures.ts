import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const repositoryRoot = fileURLToPath(new URL('..', import.meta.url));

/** Path of a file under test/fixtures. */
export function fixture(...parts: string[]): string {
  return join(repositoryRoot, 'test/fixtures', ...parts);
}

export function readJson<T>(path: string): T {
  return JSON.parse(readFileSync(path, 'utf8')) as T;
}

export interface SavedArray {
  shape: number[];
  data: Float32Array | Int32Array | BigInt64Array;
}

const DTYPES = {
  F32: (buffer: ArrayBuffer) => new Float32Array(buffer),
  I32: (buffer: ArrayBuffer) => new Int32Array(buffer),
  I64: (buffer: ArrayBuffer) => new BigInt64Array(buffer),
  F16: (buffer: ArrayBuffer) => Float32Array.from(new Uint16Array(buffer), half),
  BF16: (buffer: ArrayBuffer) => new Float32Array(Uint32Array.from(new Uint16Array(buffer), (h) => h << 16).buffer),
};

/** IEEE 754 binary16 by its bits. */
function half(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return exponent ? sign * (1024 + fraction) * 2 ** (exponent - 25) : sign * fraction * 2 ** -24;
}

/** Arrays of a safetensors file, read with none of the product's own code. */
export async function readArrays(path: string): Promise<Map<string, SavedArray>> {
  const bytes = await readFile(path);
  const start = 8 + Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString('utf8', 8, start)) as Record<
    string,
    { dtype: keyof typeof DTYPES; shape: number[]; data_offsets: [number, number] }
  >;
  const arrays = new Map<string, SavedArray>();
  for (const [name, entry] of Object.entries(header)) {
    if (name === '__metadata__') continue;
    const [from, to] = entry.data_offsets;
    const { buffer } = new Uint8Array(bytes.subarray(start + from, start + to)); // a copy, so aligned
    arrays.set(name, { shape: entry.shape, data: DTYPES[entry.dtype](buffer) });
  }
  return arrays;
}
