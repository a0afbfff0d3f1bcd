import assert from 'node:assert/strict';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ModelError } from '../../src/errors.ts';
import { graphWeights } from '../../src/runtime/loading/graphWeights.ts';
import { loadModel } from '../../src/runtime/loading/model.ts';
import { PackingThread } from '../../src/runtime/loading/packingThread.ts';
import type { Smoothing } from '../../src/runtime/loading/smoothing.ts';
import { configureRuntime } from '../../src/runtime/sessions.ts';
import { modelGraphs } from '../../src/transformer/model.ts';
import { openModel } from '../../src/weights/open.ts';
import type { ModelSource } from '../../src/weights/source.ts';
import { fixture, repositoryRoot } from '../fixtures.ts';

const SCRIPT = pathToFileURL(join(repositoryRoot, 'dist/packing.js'));
const DAMAGED = 'model.layers.1.mlp.down_proj.weight';

describe('packing in a thread of its own', () => {
  before(() => configureRuntime(2));

  /** Loads to the end, in int8. */
  async function load(source: ModelSource, options: Parameters<typeof loadModel>[3], onStep = () => {}) {
    const loading = loadModel(source, modelGraphs(source.config, 'int8'), 'int8', options);
    for (;;) {
      const step = await loading.next();
      if (step.done) return step.value;
      onStep();
    }
  }

  /** The model's divisors; its sessions are released. */
  async function smoothingOf(source: ModelSource): Promise<Smoothing> {
    const { blocks, unembed, smoothing } = await load(source, {});
    for (const session of [...blocks, unembed]) await session.release();
    return smoothing!;
  }

  for (const name of ['llama_gqa_tied', 'gpt2'])
    it(`gives the same bytes: ${name}`, async () => {
      const source = await openModel(fixture('models', name));
      const smoothing = await smoothingOf(source);
      const thread = new PackingThread(source, smoothing, SCRIPT);
      const { blocks, unembed } = modelGraphs(source.config, 'int8');
      const graphs = [...blocks.map((graph, l) => ({ graph, prefix: `blocks.${l}.` })), { graph: unembed, prefix: '' }];
      for (const { graph, prefix } of graphs) {
        const expected = await graphWeights(
          graph,
          (weight, from, to) => source.read(prefix + weight, from === undefined ? undefined : [from, to!]),
          'int8',
          (point) => smoothing.get(prefix + point),
        );
        const packed = await thread.next();
        assert.deepEqual([...packed!.keys()], [...expected.keys()]);
        for (const [key, array] of packed!) assert.deepEqual([...array], [...expected.get(key)!], prefix + key);
      }
      await thread.close();
      assert.equal(await thread.next(), undefined);
      await source.close();
    });

  it('a damaged weight is the same error, and the thread ends', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tokenscope-packing-'));
    try {
      await cp(fixture('models/llama_gqa_tied'), folder, { recursive: true });
      const whole = await openModel(folder);
      const smoothing = await smoothingOf(whole);
      await whole.close();
      const file = join(folder, 'model.safetensors');
      const bytes = await readFile(file);
      const start = 8 + Number(bytes.readBigUInt64LE(0));
      const header = JSON.parse(bytes.toString('utf8', 8, start)) as Record<string, { data_offsets: number[] }>;
      bytes.writeFloatLE(Number.NaN, start + header[DAMAGED].data_offsets[0]);
      await writeFile(file, bytes);
      const source = await openModel(folder);
      const packer = new PackingThread(source, smoothing, SCRIPT);
      await assert.rejects(load(source, { smoothing, packer }), (error) => {
        assert.ok(error instanceof ModelError);
        assert.equal(error.where, file);
        assert.equal(error.what, `The tensor "${DAMAGED}" holds numbers that are not finite.`);
        return true;
      });
      await packer.ended;
      await source.close();
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('a load that is given up leaves no thread', async () => {
    const source = await openModel(fixture('models/gpt2'));
    const smoothing = await smoothingOf(source);
    const packer = new PackingThread(source, smoothing, SCRIPT);
    const abort = new AbortController();
    let steps = 0;
    const loading = load(source, { smoothing, packer, signal: abort.signal }, () => {
      if (++steps === 3) abort.abort();
    });
    await assert.rejects(loading, { name: 'AbortError' });
    await packer.ended;
    await source.close();
  });
});
