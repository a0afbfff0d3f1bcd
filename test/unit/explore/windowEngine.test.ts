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

  describe('that is not used', () => {
    let minutes: number;
    /** Alarms that were set and neither went off nor were called off. */
    let alarms: { ms: number; call: () => void }[];

    beforeEach(() => {
      minutes = 20;
      alarms = [];
      engine.dispose();
      const after = (ms: number, call: () => void) => {
        const alarm = { ms, call };
        alarms.push(alarm);
        return () => {
          alarms = alarms.filter((other) => other !== alarm);
        };
      };
      engine = new WindowEngine(workerUrl, () => wanted, silent, { minutes: () => minutes, after });
      engine.onDidChangeState(({ state }) => {
        if (state !== states.at(-1)) states.push(state);
      });
      engine.onDidCrash((error) => crashes.push(error));
    });

    const ring = () => {
      assert.equal(alarms.length, 1);
      alarms.pop()!.call();
    };

    it('unloads the model after the time of the settings, counted from the last use', async () => {
      await ready();
      assert.deepEqual(
        alarms.map(({ ms }) => ms),
        [20 * 60_000],
      );
      const [first] = alarms;
      await engine.channel('a view').encode('a');
      assert.ok(alarms.length === 1 && alarms[0] !== first, 'a call sets a new alarm');
      const [second] = alarms;
      await ready();
      assert.ok(alarms.length === 1 && alarms[0] !== second, 'so does one who asks for the engine');
      ring();
      assert.deepEqual([engine.loaded, engine.state.state, crashes], [undefined, 'off', []]);
    });

    it('not while a call is under way', async () => {
      const { engine: loaded } = await ready();
      const sampling = { temperature: 1, topK: 0, topP: 1 };
      const generation = loaded.generate({ ids: [1], maxTokens: 1e9, sampling, seed: 1 });
      await generation.next();
      assert.deepEqual(alarms, []);
      await loaded.encode('a');
      assert.deepEqual(alarms, [], 'another call that ends leaves the first one under way');
      await generation.return(undefined);
      assert.equal(alarms.length, 1);
    });

    it('who has the engine finds the model again in another worker, and the window is told', async () => {
      const { engine: loaded, model } = await ready();
      ring();
      assert.equal((await loaded.encode('a')).length, 1);
      assert.equal(engine.loaded?.model.path, model.path);
      assert.equal(engine.loaded?.model.name, 'fake 1', 'the first load of a worker');
      assert.deepEqual(states, ['loading', 'ready', 'off', 'loading', 'ready']);
      ring();
      assert.equal((await ready()).model.path, model.path);
      assert.deepEqual(states.slice(5), ['off', 'loading', 'ready']);
    });

    it('never with 0 minutes', async () => {
      minutes = 0;
      await ready();
      assert.deepEqual(alarms, []);
    });
  });
});
