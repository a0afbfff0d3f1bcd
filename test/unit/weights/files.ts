import assert from 'node:assert/strict';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ModelError } from '../../../src/errors.ts';
import { fixture } from '../../fixtures.ts';

type Json = Record<string, unknown>;

export interface HeaderEntry {
  dtype: string;
  shape: number[];
  data_offsets: [number, number];
}

/** A folder for the files of one test suite, gone after it. */
export function temporaryFolder(): () => string {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'weights-'));
  });
  after(() => rm(folder, { recursive: true }));
  return () => folder;
}

/** A safetensors file with any header, sound or not. */
export function safetensorsBytes(header: Json | string, data: Uint8Array, claimedLength?: bigint): Buffer {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(claimedLength ?? BigInt(json.length));
  return Buffer.concat([length, json, data]);
}

/** Copies a fixture's folder of a model to where it can be damaged. */
export async function copyOfModel(name: string, folder: string): Promise<string> {
  const copy = await mkdtemp(join(folder, `${name}-`));
  await cp(fixture('models', name), copy, { recursive: true });
  return copy;
}

export async function editJson(path: string, edit: (json: Json) => void): Promise<void> {
  const json = JSON.parse(await readFile(path, 'utf8')) as Json;
  edit(json);
  await writeFile(path, JSON.stringify(json));
}

/** Rewrites a safetensors file; data stay where they are, unless the bytes are changed in place. */
export async function editSafetensors(
  path: string,
  edit: (header: Record<string, HeaderEntry>, data: Buffer) => void,
): Promise<void> {
  const bytes = await readFile(path);
  const start = 8 + Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString('utf8', 8, start)) as Record<string, HeaderEntry>;
  const data = bytes.subarray(start);
  edit(header, data);
  await writeFile(path, safetensorsBytes(header as unknown as Json, data));
}

/** Asserts a ModelError that says what is wrong and where, and has a way out. */
export async function rejects(promise: Promise<unknown>, what: RegExp, where: string): Promise<void> {
  await assert.rejects(promise, (error) => {
    assert.ok(error instanceof ModelError, String(error));
    assert.match(error.what, what);
    assert.ok(error.where.startsWith(where), `${error.where} is not ${where}`);
    assert.notEqual(error.todo, '');
    return true;
  });
}
