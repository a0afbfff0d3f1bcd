import assert from 'node:assert/strict';
import type { Intervention } from '../../src/runtime/api.ts';
import type { Engine } from '../../src/runtime/engine.ts';
import { collectHooks } from '../../src/runtime/running/collectHooks.ts';
import { sessionClock } from '../../src/runtime/sessions.ts';
import { fixture } from '../fixtures.ts';
import { all, close, loadedEngine, losses } from './compare.ts';

// A model in which something is changed is the same model for every call, and shares what the change does not reach.
for (const family of ['gpt2', 'llama_gqa_tied']) {
  describe(`changes in the model: ${family}`, () => {
    let engine: Engine;
    const ids = Array.from({ length: 40 }, (_, i) => (i * 37 + 11) % 300);
    const head = { hook: 'blocks.1.attn.hook_z', head: 0, set: 'zero' } as const;

    before(async () => {
      ({ engine } = await loadedEngine(fixture('models', family)));
    });
    after(() => engine.unload());

    const hooksOf = async (hooks: string[], interventions: Intervention[] = []) =>
      (await collectHooks(engine.run({ ids, topK: 0, hooks, interventions }), ids.length)).hooks;

    it('without its feed-forward network a block ends where attention ended; without attention that reads the beginning', async () => {
      const plain = await hooksOf(['blocks.0.*']);
      const noMlp = await hooksOf(['blocks.0.*'], [{ hook: 'blocks.0.hook_mlp_out', set: 'zero' }]);
      close(noMlp.get('blocks.0.hook_resid_post')!.data, plain.get('blocks.0.hook_resid_mid')!.data, 1e-6, 'mlp');
      assert.ok(noMlp.get('blocks.0.hook_mlp_out')!.data.every((x) => x === 0));
      const noAttn = await hooksOf(['blocks.0.*'], [{ hook: 'blocks.0.hook_attn_out', set: 'zero' }]);
      close(noAttn.get('blocks.0.hook_resid_mid')!.data, plain.get('blocks.0.hook_resid_pre')!.data, 1e-6, 'attn');
    });

    it('the mean of what a half adds is that of the unchanged run, or of the text that is named', async () => {
      const hook = 'blocks.0.hook_mlp_out';
      const meanOf = async (text: number[]) => {
        const { hooks } = await collectHooks(engine.run({ ids: text, topK: 0, hooks: [hook] }), text.length);
        const { data, shape } = hooks.get(hook)!;
        return Float32Array.from({ length: shape[1] }, (_, j) => {
          let sum = 0;
          for (let p = 0; p < shape[0]; p++) sum += data[p * shape[1] + j];
          return sum / shape[0];
        });
      };
      const rows = async (intervention: Intervention) => (await hooksOf([hook], [intervention])).get(hook)!.data;
      const own = await meanOf(ids);
      close((await rows({ hook, set: 'mean' })).subarray(0, own.length), own, 1e-5, 'own');
      const text = [5, 4, 3, 2, 1];
      const other = await meanOf(text);
      close((await rows({ hook, set: 'mean', over: text })).slice(-other.length), other, 1e-5, 'named');
      await assert.rejects(rows({ hook, set: 'mean', over: [999_999] }), /does not exist/);
    });

    for (const interventions of [
      [head],
      [{ hook: 'blocks.0.hook_mlp_out', set: 'zero' }],
      [{ hook: 'blocks.1.attn.hook_z', head: 2, set: 'mean' }],
    ] as Intervention[][]) {
      it(`every call speaks of the same changed model: ${JSON.stringify(interventions)}`, async () => {
        const run = await all(engine.run({ ids, topK: 2, interventions }));
        const plain = await all(engine.run({ ids, topK: 2 }));
        assert.notDeepEqual(losses(run), losses(plain));
        const last = ids.length - 1;
        const chunk = run.at(-1)!;
        const top = chunk.topIds[(chunk.count - 1) * chunk.topK];
        const topLogprob = chunk.topLogprobs[(chunk.count - 1) * chunk.topK];

        const logits = await engine.logits(ids, last, interventions);
        assert.equal(logits.indexOf(Math.max(...logits)), top);
        const { hooks } = await collectHooks(
          engine.run({ ids, topK: 0, hooks: ['blocks.1.attn.hook_pattern'], interventions }),
          ids.length,
        );
        const pattern = await engine.pattern(ids, 1, interventions);
        close(pattern.data, hooks.get('blocks.1.attn.hook_pattern')!.data, 1e-5, 'pattern');
        const lens = await all(engine.lens({ ids, topK: 1, interventions }));
        assert.equal(lens.at(-1)!.topIds[last], top);
        const sampling = { temperature: 0, topK: 0, topP: 1 };
        const request = { ids, interventions, sampling, seed: 0, maxTokens: 1, ignoreEos: true };
        const [made] = await all(engine.generate(request));
        assert.equal(made.id, top);
        close([made.logprob], [topLogprob], 1e-4, 'generated');
        const [[branch]] = await all(engine.branches({ ids, count: 1, maxTokens: 1, interventions }));
        assert.equal(branch.id, top);
        const expansion = await engine.expand({ ids, paths: [[]], topK: 1, interventions });
        assert.equal(expansion.topIds[0], top);
        close(expansion.topLogprobs, [topLogprob], 1e-4, 'expanded');
      });
    }

    it('a change runs the layers from the first changed one on, and the old numbers come back without a run', async () => {
      const fresh = ids.map((id) => id + 1);
      const plain = losses(await all(engine.run({ ids: fresh, topK: 0 })));
      const last = engine.model!.nLayers - 1;
      const interventions = [{ hook: `blocks.${last}.attn.hook_z`, head: 1, set: 'zero' }] as const;
      const before = sessionClock.runs;
      const changed = losses(await all(engine.run({ ids: fresh, topK: 0, interventions })));
      // One block, and the unembedding.
      assert.equal(sessionClock.runs - before, 2);
      const whole = await all(engine.run({ ids: fresh, topK: 0, interventions, hooks: ['hook_embed'] }));
      close(changed, losses(whole), 1e-4, 'from the changed layer on');
      const again = sessionClock.runs;
      assert.deepEqual(losses(await all(engine.run({ ids: fresh, topK: 0 }))), plain);
      assert.equal(sessionClock.runs, again);
    });
  });
}
