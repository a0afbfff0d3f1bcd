import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { EngineEnded, ModelError, TokenscopeError } from '../../src/errors.ts';
import type { LoadProgress, RunChunk } from '../../src/runtime/api.ts';
import { EngineClient } from '../../src/runtime/worker/client.ts';
import { BUSY, FAIL, HANGS, logitsAfter, VOCAB } from './fakeEngine.ts';

const LOAD = { path: 'fake.gguf', precision: 'int8' } as const;
const GENERATE = { ids: [1], maxTokens: 1e9, sampling: { temperature: 1, topK: 0, topP: 1 }, seed: 1 };
const isAbort = (error: unknown) => error instanceof DOMException && error.name === 'AbortError';

async function all<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const values: T[] = [];
  for await (const value of stream) values.push(value);
  return values;
}

describe('client of an engine in a worker', () => {
  let client: EngineClient;
  const deaths: TokenscopeError[] = [];

  let scratch: string;
  let workerUrl: URL;

  // A worker does not inherit the loader of TypeScript.
  before(async () => {
    scratch = mkdtempSync(join(tmpdir(), 'tokenscope-worker-'));
    const outfile = join(scratch, 'worker.cjs');
    const entry = fileURLToPath(new URL('./fakeWorker.ts', import.meta.url));
    await build({ entryPoints: [entry], outfile, bundle: true, platform: 'node', target: 'node20', format: 'cjs' });
    workerUrl = pathToFileURL(outfile);
  });
  after(() => rmSync(scratch, { recursive: true, force: true }));

  beforeEach(async () => {
    deaths.length = 0;
    client = new EngineClient({ workerUrl });
    client.onDidCrash((error) => deaths.push(error));
    await all(client.load(LOAD));
  });
  afterEach(() => client.dispose());

  const model = () => client.model;
  const runIds = (...ids: number[]) => all(client.run({ ids, topK: 0 }));

  /** A generation under way: it has given its first token. */
  async function generating(signal?: AbortSignal) {
    const stream = client.generate(GENERATE, signal);
    assert.equal((await stream.next()).done, false);
    return stream;
  }

  /** Waits until the worker says that so many generations were stopped. */
  async function stoppedInWorker(count: number): Promise<void> {
    while (!(await client.describe([])).text.startsWith(`stopped ${count},`));
  }

  it('is there without a worker until the first call, and tells the model after the load', async () => {
    const lazy = new EngineClient({ workerUrl: new URL('file:///nowhere/worker.js') });
    assert.equal(lazy.model, undefined);
    lazy.dispose();
    assert.equal(model()?.path, 'fake.gguf');
  });

  it('streams the progress of a load and returns the model', async () => {
    const progress: LoadProgress[] = [];
    const load = client.load({ path: 'other.gguf', precision: 'fp32' });
    let step = await load.next();
    for (; !step.done; step = await load.next()) progress.push(step.value);
    assert.deepEqual(
      progress.map(({ done }) => done),
      [0, 1, 2],
    );
    assert.equal(step.value.path, 'other.gguf');
    assert.deepEqual(client.model, step.value);
  });

  it('streams chunks in order, none lost, with their arrays and NaN', async () => {
    const ids = Array.from({ length: 201 }, (_, i) => i % VOCAB);
    const chunks = await all(client.run({ ids, topK: 3 }));
    assert.deepEqual(
      chunks.map(({ from }) => from),
      Array.from({ length: 101 }, (_, i) => 2 * i),
    );
    assert.ok(chunks[0].logprob instanceof Float32Array);
    assert.deepEqual([...chunks[0].logprob], [Number.NaN, -1]);
    assert.deepEqual([...chunks[100].rank], [200]);
    assert.equal(chunks[7].topIds.length, 6);
  });

  it('doubles arrive as doubles', async () => {
    const cosines = await client.positionCosines(2);
    assert.ok(cosines instanceof Float64Array);
    assert.deepEqual([...cosines], [1, 1 / 2, 1 / 3]);
  });

  it('a slow reader loses nothing either', async () => {
    const chunks: RunChunk[] = [];
    for await (const chunk of client.run({ ids: [1, 2, 3, 4, 5, 6, 7], topK: 0 })) {
      // A whole round trip between two chunks.
      await client.pieces([1]);
      chunks.push(chunk);
    }
    assert.deepEqual(
      chunks.map(({ from, count }) => [from, count]),
      [
        [0, 2],
        [2, 2],
        [4, 2],
        [6, 1],
      ],
    );
  });

  it('answers the single questions; of a view only what it shows crosses', async () => {
    assert.deepEqual(await client.logits([5, 2], 1), logitsAfter(2));
    const { shape, data } = await client.pattern([1, 2], 0);
    assert.deepEqual(shape, [2, 2, 2]);
    assert.deepEqual([...data], [1, 0, 0.5, 0.5, 1, 0, 0.5, 0.5]);
    assert.equal(data.buffer.byteLength, 32);
    assert.deepEqual(
      (await client.encode('ab')).map(({ id }) => id),
      [97 % VOCAB, 98 % VOCAB],
    );
    assert.deepEqual(
      (await all(client.lens({ ids: [1], topK: 0 }))).map(({ hook, entropy }) => [hook, entropy[0]]),
      [
        ['blocks.0.hook_resid_pre', 0],
        ['blocks.1.hook_resid_pre', 1],
      ],
    );
  });

  it('bytes are copied: the engine keeps its own, and nothing of a shared pool crosses', async () => {
    for (let again = 0; again < 3; again++) {
      const pieces = await client.pieces([7, 6]);
      assert.deepEqual(
        pieces.map(({ bytes }) => [...bytes!]),
        [
          [7, 255],
          [6, 254],
        ],
      );
      assert.equal(pieces[1].bytes!.buffer.byteLength, 2);
    }
  });

  it('the asked-for arrays stay whole on the side that sends them', async () => {
    const ids = [1, 2, 3];
    await runIds(...ids);
    assert.deepEqual(ids, [1, 2, 3]);
  });

  it('an aborted stream ends in the same turn, and the worker stops', async () => {
    const abort = new AbortController();
    const stream = await generating(abort.signal);
    let ended: unknown;
    const drained = all(stream).catch((error) => {
      ended = error;
    });
    abort.abort();
    // No message of the worker can come in between microtasks.
    for (let i = 0; i < 20; i++) await Promise.resolve();
    assert.ok(isAbort(ended), String(ended));
    await drained;
    await stoppedInWorker(1);
  });

  it('a stream that is left stops in the worker', async () => {
    for await (const _ of client.generate(GENERATE)) break;
    await stoppedInWorker(1);
  });

  it('refuses a signal that is aborted already', async () => {
    await assert.rejects(all(client.run({ ids: [1], topK: 0 }, AbortSignal.abort())), isAbort);
    await assert.rejects(client.logits([1], 0, undefined, AbortSignal.abort()), isAbort);
  });

  it('an aborted load keeps the model', async () => {
    const abort = new AbortController();
    const load = client.load({ path: 'other.gguf', precision: 'int8' }, abort.signal);
    await load.next();
    abort.abort();
    await assert.rejects(load.next(), isAbort);
    assert.equal(model()?.path, 'fake.gguf');
    assert.equal((await runIds(1, 2)).length, 1);
  });

  describe('channels', () => {
    it('a newer call of the same kind ends the older one at once', async () => {
      const channel = client.channel('panel');
      assert.equal(client.channel('panel'), channel);
      const older = channel.generate(GENERATE);
      await older.next();
      const waiting = assert.rejects(all(older), isAbort);
      const newer = channel.generate({ ...GENERATE, ids: [100] });
      await waiting;
      assert.equal((await newer.next()).value.id, 100);
      await stoppedInWorker(1);
      await newer.return(undefined);
    });

    it('a call that was not begun yet is ended too', async () => {
      const channel = client.channel('panel');
      const older = channel.run({ ids: [1], topK: 0 });
      const newer = channel.run({ ids: [2], topK: 0 });
      await assert.rejects(all(older), isAbort);
      assert.equal((await all(newer)).length, 1);
    });

    it('other kinds, other channels and the client itself go on', async () => {
      const stream = client.channel('ghost').generate(GENERATE);
      await stream.next();
      await all(client.channel('ghost').run({ ids: [1], topK: 0 }));
      const other = client.channel('panel').generate(GENERATE);
      await other.next();
      assert.equal((await stream.next()).done, false);
      await Promise.all([stream.return(undefined), other.return(undefined)]);
    });

    it("the caller's own signal still counts, and an ended call aborts nobody", async () => {
      const channel = client.channel('panel');
      assert.deepEqual(await channel.logits([3], 0), logitsAfter(3));
      assert.deepEqual(await channel.logits([4], 0), logitsAfter(4));
      const abort = new AbortController();
      const stream = channel.generate(GENERATE, abort.signal);
      await stream.next();
      abort.abort();
      await assert.rejects(all(stream), isAbort);
    });
  });

  describe('errors', () => {
    it('keep their class and fields', async () => {
      await assert.rejects(runIds(FAIL.person), (error: unknown) => {
        assert.ok(error instanceof TokenscopeError);
        assert.deepEqual([error.what, error.where, error.todo], ['The id is wrong.', 'Token 902', 'Give another.']);
        assert.match(error.stack ?? '', /FakeEngine/);
        return true;
      });
      await assert.rejects(all(client.load({ path: 'missing', precision: 'int8' })), (error: unknown) => {
        assert.ok(error instanceof ModelError);
        assert.equal(error.name, 'ModelError');
        assert.equal(error.where, 'missing');
        return true;
      });
    });

    it('that are none of ours keep their name and message, and the worker goes on', async () => {
      await assert.rejects(runIds(FAIL.plain), { name: 'TypeError', message: 'not a function' });
      assert.equal((await runIds(1)).length, 1);
      assert.deepEqual(deaths, []);
    });

    it('of what cannot cross between threads end the call as well', async () => {
      await assert.rejects(client.pieces([FAIL.uncloneable]), { name: 'DataCloneError' });
      await assert.rejects(runIds(1, FAIL.uncloneable), { name: 'DataCloneError' });
      assert.deepEqual(deaths, []);
    });

    it('come after the values that came before them', async () => {
      const seen: number[] = [];
      await assert.rejects(async () => {
        for await (const { from } of client.run({ ids: [1, 2, 3, 4, FAIL.person], topK: 0 })) seen.push(from);
      }, TokenscopeError);
      assert.deepEqual(seen, [0, 2]);
    });
  });

  describe('death of the worker', () => {
    /** Kills it while three calls are under way. */
    async function killed(kill: () => void): Promise<void> {
      const stream = await generating();
      const calls = [all(stream), client.logits([1], 0), client.encode('x')];
      const ends = calls.map((call) => assert.rejects(call, TokenscopeError));
      kill();
      await Promise.all(ends);
    }

    it('rejects all that is under way, says so once, and the next call has the model again', async () => {
      await killed(() => client.kill());
      assert.equal(deaths.length, 1);
      assert.equal(model(), undefined);
      assert.equal((await runIds(1, 2, 3)).length, 2);
      assert.equal(model()?.path, 'fake.gguf');
      assert.equal(deaths.length, 1);
    });

    it('many calls after a death load the model once', async () => {
      await killed(() => client.kill());
      await Promise.all([runIds(1), client.encode('a'), client.logits([1], 0), all(client.load(LOAD))]);
      assert.match((await client.describe([])).text, /loads 1,/);
    });

    it('a call that is given up while the model is loaded again leaves the others theirs', async () => {
      await killed(() => client.kill());
      const abort = new AbortController();
      const given = client.logits([1], 0, undefined, abort.signal);
      const kept = client.encode('a');
      abort.abort();
      await assert.rejects(given, isAbort);
      assert.equal((await kept).length, 1);
    });

    for (const [how, id] of [
      ['exits', FAIL.exit],
      ['throws outside of any call', FAIL.throwLater],
    ] as const) {
      it(`is noticed when it ${how}`, async () => {
        await assert.rejects(runIds(1, 2, id, 3, 4, 5), (error: unknown) => error instanceof TokenscopeError);
        assert.equal(deaths.length, 1);
        assert.equal((await runIds(1)).length, 1);
      });
    }

    for (const [what, id, says] of [
      ['a full memory', FAIL.memory, /not enough memory/],
      ['a trap', FAIL.trap, /broke off/],
    ] as const) {
      it(`${what} is told in words, and another worker takes over`, async () => {
        const died = new Promise<void>((resolve) => {
          client.onDidCrash(() => resolve());
        });
        await assert.rejects(runIds(id), (error: unknown) => {
          assert.ok(error instanceof TokenscopeError);
          assert.match(error.what, says);
          return true;
        });
        await died;
        assert.match(deaths[0].what, says);
        assert.equal((await runIds(1)).length, 1);
      });
    }

    it('work that reacts to nothing is ended, said once, and the next call has the model again', async () => {
      const impatient = new EngineClient({ workerUrl, unresponsiveAfter: 1000 });
      const told: string[] = [];
      impatient.onDidCrash(({ what }) => told.push(what));
      await all(impatient.load(LOAD));
      const other = impatient.logits([1], 0);
      await other;
      await assert.rejects(impatient.encode(HANGS), EngineEnded);
      assert.equal((await all(impatient.run({ ids: [1], topK: 0 }))).length, 1);
      assert.equal(told.length, 1);
      assert.match(told[0], /no sign of life for 1 seconds/);
      impatient.dispose();
    });

    it('work that only takes long is left alone', async () => {
      const impatient = new EngineClient({ workerUrl, unresponsiveAfter: 1000 });
      await all(impatient.load(LOAD));
      assert.equal((await impatient.encode(BUSY)).length, BUSY.length);
      impatient.dispose();
    });

    it('a script that is not there is a death as well', async () => {
      const lost = new EngineClient({ workerUrl: pathToFileURL(join(scratch, 'nowhere.cjs')) });
      let crashes = 0;
      lost.onDidCrash(() => crashes++);
      await assert.rejects(lost.encode('x'), (error: unknown) => {
        assert.ok(error instanceof TokenscopeError);
        assert.match(error.what, /nowhere/);
        return true;
      });
      assert.equal(crashes, 1);
      lost.dispose();
    });
  });

  it('ends with dispose: calls under way are aborted, later ones refused, and nobody is told of a crash', async () => {
    const stream = await generating();
    const ended = assert.rejects(all(stream), isAbort);
    client.dispose();
    await ended;
    await assert.rejects(client.encode('x'), TokenscopeError);
    assert.deepEqual(deaths, []);
  });
});
