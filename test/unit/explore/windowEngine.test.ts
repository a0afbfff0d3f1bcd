import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { EngineEnded } from '../../../src/errors.ts';
import { type EngineState, WindowEngine } from '../../../src/explore/windowEngine.ts';
import type { LoadOptions } from '../../../src/runtime/api.ts';
import { silent } from './fakes.ts';

describe('the engine of a window', () => {
  let scratch: string;
  let workerUrl: URL;
  let wanted: LoadOptions;
  let engine: WindowEngine;
  let states: EngineState['state'][];
  let crashes: EngineEnded[];

  // A worker does not inherit the loader of TypeScript.
  before(async () => {
    scratch = mkdtempSync(join(tmpdir(), 'tokenscope-window-engine-'));
    const outfile = join(scratch, 'worker.cjs');
    const entry = fileURLToPath(new URL('../fakeWorker.ts', import.meta.url));
    await build({ entryPoints: [entry], outfile, bundle: true, platform: 'node', target: 'node20', format: 'cjs' });
    workerUrl = pathToFileURL(outfile);
  });
  after(() => rmSync(scratch, { recursive: true, force: true }));

  beforeEach(() => {
    wanted = { path: 'fake.gguf', precision: 'int8' };
    engine = new WindowEngine(workerUrl, () => wanted, silent);
    states = [];
    crashes = [];
    engine.onDidChangeState(({ state }) => {
      if (state !== states.at(-1)) states.push(state);
    });
    engine.onDidCrash((error) => crashes.push(error));
  });
  afterEach(() => engine.dispose());

  const ready = (signal = new AbortController().signal, onProgress = () => {}) => engine.ready(signal, onProgress);

  it('loads nothing until it is asked, then what is wanted, and is there at once afterwards', async () => {
    assert.equal(engine.loaded, undefined);
    const first = await ready();
    assert.equal(first.model.path, 'fake.gguf');
    assert.deepEqual(states, ['loading', 'ready']);
    assert.equal(await ready(), first);
    assert.equal(engine.loaded, first);
    assert.deepEqual(states, ['loading', 'ready']);
  });

  it('one load for all who wait; one of them may leave', async () => {
    const leaving = new AbortController();
    const left = ready(leaving.signal, () => leaving.abort());
    const told: number[] = [];
    const [, stayed] = await Promise.all([
      assert.rejects(left, { name: 'AbortError' }),
      engine.ready(new AbortController().signal, ({ done }) => told.push(done)),
    ]);
    assert.equal(stayed.model.name, 'fake 1');
    assert.deepEqual(told, [0, 1, 2]);
    assert.deepEqual(states, ['loading', 'ready']);
  });

  it('when nobody waits any more the engine is off, and the next one begins anew', async () => {
    const leaving = new AbortController();
    await assert.rejects(
      ready(leaving.signal, () => leaving.abort()),
      { name: 'AbortError' },
    );
    assert.deepEqual([states, engine.state.state], [['loading', 'off'], 'off']);
    assert.equal((await ready()).model.path, 'fake.gguf');
  });

  it('another model takes the place of the one before; one that cannot be loaded leaves it', async () => {
    const first = await ready();
    wanted = { ...wanted, precision: 'fp32' };
    const second = await ready();
    assert.notEqual(second.pieces, first.pieces);
    wanted = { ...wanted, path: 'missing' };
    await assert.rejects(ready(), { name: 'ModelError' });
    assert.equal(engine.loaded, second);
    assert.deepEqual(states, ['loading', 'ready', 'loading', 'ready', 'loading', 'ready']);
  });

  it('another number of threads needs another worker', async () => {
    await ready();
    wanted = { ...wanted, threads: 2 };
    await ready();
    assert.deepEqual(states, ['loading', 'ready', 'off', 'loading', 'ready']);
    assert.deepEqual(crashes, []);
  });

  it('a crash is told once, whatever is lost by it, and the next use loads again', async () => {
    const { engine: loaded } = await ready();
    const ended = new Promise<void>((resolve) => engine.onDidCrash(() => resolve()));
    const generations = [1, 2].map(async (id) => {
      const sampling = { temperature: 1, topK: 0, topP: 1 };
      for await (const _ of loaded.generate({ ids: [id], maxTokens: 1e9, sampling, seed: 1 }));
    });
    const lost = generations.map((generation) => assert.rejects(generation, EngineEnded));
    engine.kill();
    await Promise.all([ended, ...lost]);
    assert.equal(crashes.length, 1);
    assert.deepEqual([engine.loaded, engine.state], [undefined, { state: 'off' }]);
    assert.equal((await ready()).model.name, 'fake 1');
    assert.deepEqual(states, ['loading', 'ready', 'off', 'loading', 'ready']);
  });

  it('stopped: what is under way ends, and nothing is told of a crash', async () => {
    const { engine: loaded } = await ready();
    const sampling = { temperature: 1, topK: 0, topP: 1 };
    const generation = loaded.generate({ ids: [1], maxTokens: 1e9, sampling, seed: 1 });
    await generation.next();
    engine.stop();
    await assert.rejects(
      (async () => {
        for await (const _ of generation);
      })(),
      { name: 'AbortError' },
    );
    assert.deepEqual(crashes, []);
  });
});
