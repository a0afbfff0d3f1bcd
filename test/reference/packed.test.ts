import assert from 'node:assert/strict';
import { cp, mkdtemp, readdir, readFile, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tidyPackedFolder } from '../../src/runtime/loading/packedFolder.ts';
import { fixture } from '../fixtures.ts';
import { all, loadedEngine } from './compare.ts';

const ids = Array.from({ length: 40 }, (_, i) => (i * 37 + 11) % 300);

describe('packed weights kept on disk', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tokenscope-packed-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const kept = async (cacheDir = folder) => (await readdir(cacheDir)).filter((name) => name.includes('.packed.'));
  /** Scores and a hook that int8 smooths, after a load of its own. */
  async function numbers(model: string, cacheDir?: string): Promise<number[]> {
    const { engine } = await loadedEngine(model, { precision: 'int8', cacheDir });
    const chunks = await all(engine.run({ ids, topK: 3, hooks: ['blocks.1.attn.hook_z', 'ln_final.hook_normalized'] }));
    await engine.unload();
    return chunks.flatMap(({ logprob, hooks }) => [
      ...logprob.slice(1),
      ...Object.values(hooks!).flatMap(({ data }) => [...data]),
    ]);
  }

  for (const name of ['llama_gqa_tied', 'gpt2'])
    it(`give the same numbers to the last bit: ${name}`, async () => {
      const model = fixture('models', name);
      const first = await numbers(model, folder);
      assert.equal((await kept()).length, 1);
      const bytes = await readFile(join(folder, (await kept())[0]));
      assert.deepEqual(await numbers(model, folder), first);
      assert.deepEqual(await numbers(model), first, 'and as without them');
      assert.deepEqual(await readFile(join(folder, (await kept())[0])), bytes, 'they are not written again');
    });

  it('are made by several windows at once: each has the right numbers, and one whole file is left', async () => {
    const model = fixture('models/llama_gqa_tied');
    const right = await numbers(model);
    for (const found of await Promise.all([1, 2, 3].map(() => numbers(model, folder)))) assert.deepEqual(found, right);
    assert.equal((await kept()).length, 1);
    // And while some read it, another makes it anew.
    const path = join(folder, (await kept())[0]);
    const whole = await readFile(path);
    await truncate(path, whole.length - 4);
    for (const found of await Promise.all([1, 2, 3].map(() => numbers(model, folder)))) assert.deepEqual(found, right);
    await numbers(model, folder);
    assert.deepEqual(await readFile(path), whole);
  });

  it('that are damaged are not used, and made again', async () => {
    const model = fixture('models/llama_gqa_tied');
    const first = await numbers(model, folder);
    const path = join(folder, (await kept())[0]);
    const whole = await readFile(path);
    for (const damage of [
      () => writeFile(path, whole.with(whole.length - 100, whole[whole.length - 100] ^ 1)), // the unembedding
      () => writeFile(path, whole.with(whole.length >> 1, whole[whole.length >> 1] ^ 1)), // a block
      () => writeFile(path, whole.with(20, 0)), // its header
      () => truncate(path, whole.length - 4),
    ]) {
      await damage();
      assert.deepEqual(await numbers(model, folder), first);
      await numbers(model, folder);
      assert.deepEqual(await readFile(path), whole);
    }
  });

  it('of other weights under the same path are not used', async () => {
    const model = join(folder, 'model');
    await cp(fixture('models/llama_gqa_tied'), model, { recursive: true });
    await numbers(model, folder);
    const file = join(model, 'model.safetensors');
    const bytes = await readFile(file);
    bytes.writeFloatLE(3, bytes.length - 400);
    await writeFile(file, bytes);
    const changed = await numbers(model, folder);
    assert.deepEqual(changed, await numbers(model));
    assert.equal((await kept()).length, 2);
  });

  it('a load that is given up leaves nothing', async () => {
    const abort = new AbortController();
    const loading = loadedEngine(fixture('models/gpt2'), { precision: 'int8', cacheDir: folder }, abort.signal, () =>
      abort.abort(),
    );
    await assert.rejects(loading, { name: 'AbortError' });
    assert.deepEqual(await kept(), []);
  });

  it('a folder that cannot be written is no reason to fail', async () => {
    const file = join(folder, 'file');
    await writeFile(file, '');
    await numbers(fixture('models/gpt2'), join(file, 'inside'));
  });

  it('go when their model is gone, and the least used beyond the limit', async () => {
    const models = await Promise.all(
      ['llama_gqa_tied', 'gpt2', 'llama_mha'].map(async (name) => {
        const path = join(folder, name);
        await cp(fixture('models', name), path, { recursive: true });
        return path;
      }),
    );
    const files: string[] = [];
    for (const [i, model] of models.entries()) {
      await numbers(model, folder);
      const file = (await kept()).find((name) => !files.includes(name))!;
      files.push(file);
      await utimes(join(folder, file), 1000 + i, 1000 + i);
    }
    await rm(models[1], { recursive: true });
    await tidyPackedFolder(folder);
    assert.deepEqual((await kept()).sort(), [files[0], files[2]].sort());
    await tidyPackedFolder(folder, (await readFile(join(folder, files[2]))).length);
    assert.deepEqual(await kept(), [files[2]]);
  });
});
