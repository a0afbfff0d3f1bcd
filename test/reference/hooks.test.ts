import assert from 'node:assert/strict';
import { Answers } from '../../src/panel/answers.ts';
import type { Question } from '../../src/panel/questions/index.ts';
import type { Subject } from '../../src/panel/questions/subject.ts';
import type { HookTensor, Intervention } from '../../src/runtime/api.ts';
import type { Engine } from '../../src/runtime/engine.ts';
import { collectHooks } from '../../src/runtime/running/collectHooks.ts';
import { sessionClock } from '../../src/runtime/sessions.ts';
import { bundledModelPath } from '../../src/weights/bundled.ts';
import { fixture, repositoryRoot } from '../fixtures.ts';
import { all, close, loadedEngine } from './compare.ts';

const MODELS = {
  gpt2: { path: fixture('models', 'gpt2'), tolerance: 1e-5 },
  llama_gqa_tied: { path: fixture('models', 'llama_gqa_tied'), tolerance: 1e-5 },
  smollm3: { path: fixture('models', 'smollm3'), tolerance: 1e-5 },
  'the bundled model': { path: bundledModelPath(repositoryRoot), tolerance: 1e-4 },
  'the bundled model, int8': { path: bundledModelPath(repositoryRoot), precision: 'int8', tolerance: 1e-4 },
} as const;

// What blocks hold, read from what a run left in its cache, is what a run that watches them sees.
for (const [name, { path, tolerance, ...options }] of Object.entries(MODELS)) {
  describe(`hooks from the cache: ${name}`, () => {
    let engine: Engine;
    const ids = Array.from({ length: 70 }, (_, i) => (i * 37 + 11) % 300);
    before(async () => {
      ({ engine } = await loadedEngine(path, options));
    });
    after(() => engine.unload());

    /** Session runs of some work. */
    const runs = async (work: () => Promise<unknown>) => {
      const before = sessionClock.runs;
      await work();
      return sessionClock.runs - before;
    };
    const ask = (question: Question, text = ids) => {
      const subject: Subject = {
        engine,
        unchanged: engine,
        model: engine.model!,
        ids: text,
        before: () => undefined,
        pattern: () => Promise.reject(new Error('not asked for')),
        texts: async () => ({}),
      };
      return new Answers(subject).to(question);
    };

    const CHANGES: Intervention[][] = [
      [],
      [
        { hook: 'blocks.0.attn.hook_z', head: 1, set: 'zero' },
        { hook: 'blocks.1.hook_mlp_out', set: 'mean', over: [5, 4, 3, 2, 1] },
      ],
    ];
    for (const interventions of CHANGES)
      it(`equal a whole run's, ${interventions.length > 0 ? 'changed' : 'unchanged'}`, async () => {
        const hooks = ['blocks.0.*', `blocks.${engine.model!.nLayers - 1}.*`];
        const whole = await collectHooks(engine.run({ ids, topK: 0, hooks, interventions }), ids.length);
        const [rows] = await all(engine.hooks({ ids, hooks, interventions }));
        assert.deepEqual(Object.keys(rows.hooks).sort(), [...whole.hooks.keys()].sort());
        // Of the last two positions alone too: rows of [n, …], or of each head of [heads, n, n].
        const [last] = await all(engine.hooks({ ids, hooks, interventions, from: 68 }));
        assert.deepEqual([last.from, last.count], [68, 2]);
        for (const [hook, wanted] of whole.hooks) {
          assert.deepEqual(rows.hooks[hook].shape, wanted.shape, hook);
          close(finite(rows.hooks[hook].data), finite(wanted.data), tolerance * scaleOf(wanted), hook);
          close(finite(last.hooks[hook].data), finite(lastRows(wanted, 2)), tolerance * scaleOf(wanted), hook);
        }
      });

    it('a head’s steps run one block of a scored text; of another head or token, that block again', async () => {
      await all(engine.run({ ids, topK: 0 }));
      const layer = engine.model!.nLayers - 1;
      assert.equal(await runs(() => ask({ kind: 'headSteps', position: 69, layer, head: 0 })), 1);
      assert.equal(await runs(() => ask({ kind: 'headSteps', position: 69, layer, head: 1 })), 1);
      assert.equal(await runs(() => ask({ kind: 'headSteps', position: 20, layer, head: 1 })), 1);
    });

    it('the stream at a token of a scored text runs each block once', async () => {
      await all(engine.run({ ids, topK: 0 }));
      assert.equal(await runs(() => ask({ kind: 'stream', position: 50 })), engine.model!.nLayers);
    });

    it('a text that is not scored yet is run once, for all that is asked then', async () => {
      const text = ids.map((id) => id + 1);
      const { nLayers } = engine.model!;
      // Two chunks through all layers, and the block.
      assert.equal(
        await runs(() => ask({ kind: 'headSteps', position: 69, layer: 0, head: 0 }, text)),
        2 * nLayers + 1,
      );
      assert.equal(await runs(() => ask({ kind: 'stream', position: 69 }, text)), nLayers);
    });

    it('keys, values and the residual stream are read without a run', async () => {
      await all(engine.run({ ids, topK: 0 }));
      const hooks = ['blocks.*.hook_resid_pre', 'blocks.*.attn.hook_*k', 'blocks.*.attn.hook_v'];
      assert.equal(await runs(() => all(engine.hooks({ ids, hooks }))), 0);
    });

    it('refuses what is in no block, and positions that are not there', async () => {
      await assert.rejects(all(engine.hooks({ ids, hooks: ['hook_embed'] })), /no hook point/);
      await assert.rejects(all(engine.hooks({ ids, hooks: ['*'], from: 70 })), /position 70 is not in the input/);
    });

    it('a reading that is cancelled ends with AbortError', async () => {
      await all(engine.run({ ids, topK: 0 }));
      const controller = new AbortController();
      const reading = all(engine.hooks({ ids, hooks: ['*'] }, controller.signal));
      controller.abort();
      await assert.rejects(reading, { name: 'AbortError' });
    });
  });
}

/** What may not be looked at has a score of -infinity. */
const finite = (values: Float32Array) => values.map((x) => (x === Number.NEGATIVE_INFINITY ? -1e3 : x));

/** Activations of real models reach into the thousands: differences are relative to them. */
const scaleOf = ({ data }: HookTensor) =>
  data.reduce((most, x) => (Number.isFinite(x) ? Math.max(most, Math.abs(x)) : most), 1);

/** The last rows of [n, …], or of each head of [heads, n, n]. */
function lastRows({ shape, data }: HookTensor, count: number): Float32Array {
  const square = shape.length === 3 && shape[1] === shape[2];
  if (!square) return data.slice(data.length * (1 - count / shape[0]));
  const [heads, n] = shape;
  const rows = Array.from({ length: heads }, (_, h) => [...data.subarray((h * n + n - count) * n, (h + 1) * n * n)]);
  return Float32Array.from(rows.flat());
}
