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

/** Arrays of a safetensors file, read with none of the product's own code. */
export async function readArrays(path: string): Promise<Map<string, SavedArray>> {
  const bytes = await readFile(path);
  const start = 8 + Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString('utf8', 8, start)) as Record<
    string,
    { dtype: 'F32' | 'I32' | 'I64'; shape: number[]; data_offsets: [number, number] }
  >;
  const arrays = new Map<string, SavedArray>();
  for (const [name, entry] of Object.entries(header)) {
    if (name === '__metadata__') continue;
    const [from, to] = entry.data_offsets;
    const { buffer } = new Uint8Array(bytes.subarray(start + from, start + to)); // a copy, so aligned
    const kinds = { F32: Float32Array, I32: Int32Array, I64: BigInt64Array };
    arrays.set(name, { shape: entry.shape, data: new kinds[entry.dtype](buffer) });
  }
  return arrays;
}
