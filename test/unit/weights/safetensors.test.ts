import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readFloatArrays, readSafetensors } from '../../../src/weights/safetensors.ts';
import { TensorFile } from '../../../src/weights/tensorFile.ts';
import { safetensorsParts } from '../../../src/weights/writeSafetensors.ts';
import { fixture, readArrays } from '../../fixtures.ts';
import { rejects, safetensorsBytes, temporaryFolder } from './files.ts';

describe('safetensors', () => {
  const folder = temporaryFolder();

  async function headerOf(bytes: Uint8Array) {
    const path = join(folder(), 'made.safetensors');
    await writeFile(path, bytes);
    const file = await TensorFile.open(path);
    try {
      return await readSafetensors(file);
    } finally {
      await file.close();
    }
  }
  const refused = (bytes: Uint8Array, what: RegExp) => rejects(headerOf(bytes), what, join(folder(), 'made'));
  const entry = (from: number, to: number, shape = [(to - from) / 4], dtype = 'F32') => ({
    dtype,
    shape,
    data_offsets: [from, to],
  });

  for (const [model, file, dtype] of [
    ['gpt2', 'model.safetensors', 'F32'],
    ['llama_mha', 'model.safetensors', 'F16'],
    ['llama3_rope_sharded', 'model-00001-of-00006.safetensors', 'BF16'],
  ])
    it(`reads ${dtype} bit for bit: ${model}`, async () => {
      const path = fixture('models', model, file);
      const [read, expected] = [await readFloatArrays(path), await readArrays(path)];
      assert.ok(expected.size > 0);
      assert.deepEqual([...read.keys()].sort(), [...expected.keys()].sort());
      for (const [name, { shape, data }] of expected) assert.deepEqual(read.get(name), { shape, data }, name);
    });

  it('decodes BF16 and F16 by their bits', async () => {
    const bits = Uint16Array.of(0x3f80, 0xc000, 0x0000, 0x3dcc, 0x3c00, 0xc000, 0x0001, 0x7bff);
    const path = join(folder(), 'halves.safetensors');
    const header = { bf: entry(0, 8, [2, 2], 'BF16'), half: entry(8, 16, [4], 'F16') };
    await writeFile(path, safetensorsBytes(header, new Uint8Array(bits.buffer)));
    const arrays = await readFloatArrays(path);
    assert.deepEqual(arrays.get('bf'), { shape: [2, 2], data: Float32Array.of(1, -2, 0, 0.099609375) });
    assert.deepEqual(arrays.get('half'), { shape: [4], data: Float32Array.of(1, -2, 2 ** -24, 65504) });
  });

  it('reads what the writer writes', async () => {
    const data = Float32Array.of(1.5, -0, 3e38, Number.MIN_VALUE);
    const path = join(folder(), 'written.safetensors');
    await writeFile(path, Buffer.concat(safetensorsParts(new Map([['x', { shape: [2, 2], data }]]), { a: 'b' })));
    assert.deepEqual([...(await readFloatArrays(path))], [['x', { shape: [2, 2], data }]]);
  });

  it('lists tensors it does not read, known types or not', async () => {
    const header = {
      __metadata__: { format: 'pt' },
      mask: entry(0, 4, [4], 'BOOL'),
      ids: entry(4, 12, [1], 'I64'),
      later: entry(12, 14, [4], 'F4'),
      x: entry(14, 18),
    };
    const { tensors, unreadable } = await headerOf(safetensorsBytes(header, new Uint8Array(18)));
    assert.deepEqual([...tensors.keys()], ['x']);
    assert.deepEqual(
      [...unreadable.values()].map(({ name, dtype }) => `${name} ${dtype}`),
      ['mask BOOL', 'ids I64', 'later F4'],
    );
  });

  it('refuses lengths of the header that cannot be', async () => {
    await refused(new Uint8Array(5), /shorter than its header/);
    for (const length of [3n, 1n << 20n, 1n << 40n, (1n << 64n) - 1n])
      await refused(safetensorsBytes('{}', new Uint8Array(0), length), length === 3n ? /claims 3 bytes/ : /claims/);
  });

  it('refuses a header that is no JSON object', async () => {
    const invalidUtf8 = safetensorsBytes('{"a":1}', new Uint8Array(0));
    invalidUtf8[10] = 0xff;
    for (const header of ['{"a":', '[]', '7', 'null', ''])
      await refused(safetensorsBytes(header, new Uint8Array(0)), /header is no JSON object/);
    await refused(invalidUtf8, /header is no JSON object/);
  });

  it('refuses malformed entries, by name', async () => {
    const entries = [
      null,
      {},
      { ...entry(0, 4), dtype: 1 },
      { ...entry(0, 4), shape: [-1] },
      { ...entry(0, 4), shape: [1.5] },
      { ...entry(0, 4), shape: '1' },
      { ...entry(0, 4), data_offsets: [0] },
      { ...entry(0, 4), data_offsets: [-4, 0] },
      { ...entry(0, 4), data_offsets: [0, 1e300] },
    ];
    for (const x of entries) await refused(safetensorsBytes({ x }, new Uint8Array(8)), /entry of "x" is malformed/);
  });

  it('refuses tensors beyond the file, of the wrong length, or over one another', async () => {
    const bytes = new Uint8Array(16);
    await refused(safetensorsBytes({ x: entry(0, 20) }, bytes), /"x" lies beyond the end/);
    await refused(safetensorsBytes({ x: entry(8, 4, [1]) }, bytes), /"x" lies beyond the end/);
    await refused(safetensorsBytes({ x: entry(0, 8, [3]) }, bytes), /"x" of shape \[3\] in F32 cannot take 8 bytes/);
    const absurd = [2 ** 40, 2 ** 40, 2 ** 40];
    await refused(safetensorsBytes({ x: entry(0, 8, absurd) }, bytes), /cannot take 8 bytes/);
    await refused(safetensorsBytes({ x: entry(0, 8), y: entry(4, 12) }, bytes), /"x" and "y" overlap/);
    await refused(safetensorsBytes({ y: entry(4, 8), x: entry(0, 16) }, bytes), /"x" and "y" overlap/);
  });

  it('takes names that JavaScript objects use themselves', async () => {
    const header = { toString: entry(0, 4), x: entry(4, 8, [1], 'constructor') };
    const { tensors, unreadable } = await headerOf(safetensorsBytes(header, new Uint8Array(8)));
    assert.deepEqual([...tensors.keys()], ['toString']);
    assert.equal(unreadable.get('x')?.dtype, 'constructor');
  });
});
