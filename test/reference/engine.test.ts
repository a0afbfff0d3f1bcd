import assert from 'node:assert/strict';
import type { Intervention, RunChunk } from '../../src/runtime/api.ts';
import type { Engine } from '../../src/runtime/engine.ts';
import { collectHooks } from '../../src/runtime/running/collectHooks.ts';
import { fixture } from '../fixtures.ts';
import { all, close, loadedEngine, losses } from './compare.ts';

// How the engine behaves around the numbers: its cache, cancellation, interventions and refusals.
describe('engine', () => {
  let engine: Engine;
  const ids = Array.from({ length: 70 }, (_, i) => (i * 37 + 11) % 300);
  const plain = (input: number[], topK = 3) => all(engine.run({ ids: input, topK }));
  /** The same numbers with nothing cached: a run of its own. */
  const fresh = (input: number[], topK = 3) => all(engine.run({ ids: input, topK, hooks: ['hook_embed'] }));
  const joined = (chunks: RunChunk[], key: 'logprob' | 'rank' | 'entropy' | 'lse' | 'topIds' | 'topLogprobs') =>
    chunks.flatMap((chunk) => [...chunk[key]]);

  before(async () => {
    ({ engine } = await loadedEngine(fixture('models', 'llama_gqa_tied')));
  });
  after(() => engine.unload());

  const sameAsFresh = async (chunks: RunChunk[], input: number[]) => {
    const wanted = await fresh(input);
    assert.deepEqual(joined(chunks, 'rank'), joined(wanted, 'rank'));
    assert.deepEqual(joined(chunks, 'topIds'), joined(wanted, 'topIds'));
    close(joined(chunks, 'logprob').slice(1), joined(wanted, 'logprob').slice(1), 1e-4, 'log-probs');
    close(joined(chunks, 'entropy'), joined(wanted, 'entropy'), 1e-4, 'entropies');
  };

  it('streams in chunks of 64, in order', async () => {
    const chunks = await plain(ids);
    assert.deepEqual(
      chunks.map(({ from, count }) => [from, count]),
      [
        [0, 64],
        [64, 6],
      ],
    );
    assert.ok(Number.isNaN(chunks[0].logprob[0]) && chunks[0].rank[0] === 0, 'nothing precedes the first token');
    await sameAsFresh(chunks, ids);
  });

  it('runs only from the first changed token on', async () => {
    await plain(ids);
    const edited = ids.with(50, 7);
    const chunks = await plain(edited);
    assert.deepEqual(
      chunks.map(({ from, count, cached }) => [from, count, cached]),
      [
        [0, 50, true],
        [50, 20, false],
      ],
    );
    await sameAsFresh(chunks, edited);
  });

  it('needs no run for a shorter text, nor for the longer one again', async () => {
    await plain(ids);
    for (const length of [30, 70, 1]) {
      const chunks = await plain(ids.slice(0, length));
      assert.deepEqual(
        chunks.map(({ from, count, cached }) => [from, count, cached]),
        [[0, length, true]],
      );
      await sameAsFresh(chunks, ids.slice(0, length));
    }
  });

  it('gives more candidates for cached positions when asked', async () => {
    await plain(ids, 2);
    const chunks = await plain(ids, 20);
    assert.deepEqual(joined(chunks, 'topIds'), joined(await fresh(ids, 20), 'topIds'));
  });

  it('reports from scoreFrom on', async () => {
    const [chunk] = await all(engine.run({ ids: ids.with(0, 5), topK: 1, scoreFrom: 66 }));
    assert.deepEqual([chunk.from, chunk.count], [66, 4]);
    close(chunk.logprob, joined(await fresh(ids.with(0, 5)), 'logprob').slice(66), 1e-4, 'log-probs');
  });

  it('a cancelled run ends with AbortError and leaves the cache sound', async () => {
    const input = ids.with(0, 9);
    const controller = new AbortController();
    const run = engine.run({ ids: input, topK: 3 }, controller.signal);
    assert.equal((await run.next()).value!.count, 64);
    controller.abort();
    await assert.rejects(run.next(), { name: 'AbortError' });
    const chunks = await plain(input);
    assert.deepEqual(
      chunks.map(({ from, cached }) => [from, cached]),
      [
        [0, true],
        [64, false],
      ],
    );
    await sameAsFresh(chunks, input);
  });

  it('a newer run finds the cache of the one it aborted', async () => {
    const input = ids.with(0, 13);
    const controller = new AbortController();
    const older = engine.run({ ids: [...input.slice(0, 64), ...input.slice(0, 40)], topK: 3 }, controller.signal);
    await older.next();
    const ended = assert.rejects(older.next(), { name: 'AbortError' });
    controller.abort();
    const chunks = await plain(input);
    await ended;
    assert.deepEqual([chunks[0].from, chunks[0].count, chunks[0].cached], [0, 64, true]);
  });

  it('two runs at once do not disturb each other', async () => {
    const [a, b] = [ids.with(0, 21), ids.with(0, 22)];
    const [first, second] = await Promise.all([plain(a), plain(b)]);
    await sameAsFresh(first, a);
    await sameAsFresh(second, b);
  });

  it('one layer alone gives the same pattern as a run that fetches it', async () => {
    const { hooks } = await collectHooks(engine.run({ ids, topK: 0, hooks: ['blocks.1.attn.hook_pattern'] }), 70);
    const pattern = await engine.pattern(ids, 1);
    assert.deepEqual(pattern.shape, [4, 70, 70]);
    close(pattern.data, hooks.get('blocks.1.attn.hook_pattern')!.data, 1e-5, 'pattern');
  });

  it('the last layer of the lens is the prediction itself', async () => {
    const layers = await all(engine.lens({ ids, topK: 3 }));
    const chunks = await plain(ids);
    assert.deepEqual([...layers.at(-1)!.topIds], joined(chunks, 'topIds'));
    assert.deepEqual([...layers.at(-1)!.targetRank].slice(0, -1), joined(chunks, 'rank').slice(1));
  });

  it('the divergence of a layer is KL(final || its own), 0 at the last', async () => {
    const positions = [3, 40];
    const layers = await all(engine.lens({ ids, topK: 1, positions, kl: true }));
    assert.ok(layers.at(-1)!.kl!.every((x) => x < 1e-5));
    // The first residual's distribution by hand: all that follows adds nothing.
    const { nLayers } = engine.model!;
    const off = Array.from({ length: nLayers }, (_, l) => [
      { hook: `blocks.${l}.hook_attn_out`, set: 'zero' } as const,
      { hook: `blocks.${l}.hook_mlp_out`, set: 'zero' } as const,
    ]).flat();
    for (const [i, p] of positions.entries()) {
      const [final, first] = [await engine.logits(ids, p), await engine.logits(ids, p, off)];
      const lse = (x: Float32Array) => Math.log(x.reduce((sum, value) => sum + Math.exp(value), 0));
      const [a, b] = [lse(final), lse(first)];
      const wanted = final.reduce((sum, x, id) => sum + Math.exp(x - a) * (x - a - (first[id] - b)), 0);
      close([layers[0].kl![i]], [wanted], 1e-3, 'divergence');
    }
  });

  describe('interventions', () => {
    const z = { hook: 'blocks.1.attn.hook_z', head: 2 } as const;
    const changed = async (...interventions: Intervention[]) =>
      losses(await all(engine.run({ ids, topK: 0, interventions })));

    it('scale 1 changes nothing, scale 0 is zero', async () => {
      close(await changed({ ...z, set: 'scale', factor: 1 }), losses(await plain(ids)), 1e-4, 'scale 1');
      close(await changed({ ...z, set: 'scale', factor: 0 }), await changed({ ...z, set: 'zero' }), 1e-6, 'scale 0');
    });

    it('mean is the mean over the positions of the plain run', async () => {
      const { hooks } = await collectHooks(engine.run({ ids, topK: 0, hooks: [z.hook] }), 70);
      const { data } = hooks.get(z.hook)!;
      const dHead = data.length / 70 / 4;
      const mean = Float32Array.from({ length: dHead }, (_, i) => {
        let sum = 0;
        for (let p = 0; p < 70; p++) sum += data[(p * 4 + z.head) * dHead + i];
        return sum / 70;
      });
      const byHand = await changed({ ...z, set: { shape: [dHead], data: mean } });
      close(await changed({ ...z, set: 'mean' }), byHand, 1e-4, 'mean ablation');
      assert.notDeepEqual(byHand, await changed({ ...z, set: 'zero' }));
    });

    it('the residual stream put back as it was changes nothing; another token’s changes what follows', async () => {
      const hook = 'blocks.1.hook_resid_pre';
      const { hooks } = await collectHooks(engine.run({ ids, topK: 0, hooks: [hook] }), 70);
      const resid = hooks.get(hook)!;
      const usual = losses(await plain(ids));
      close(await changed({ hook, set: resid }), usual, 1e-4, 'put back');
      const d = resid.shape[1];
      const other = { shape: [d], data: resid.data.slice(3 * d, 4 * d) };
      const patched = await changed({ hook, set: other, position: 40 });
      close(patched.slice(0, 40), usual.slice(0, 40), 1e-4, 'before the change');
      assert.ok(Math.abs(patched[40] - usual[40]) > 1e-3, 'at the change');
    });

    it('refuses layers, heads, positions and shapes that do not exist', async () => {
      await assert.rejects(changed({ hook: 'blocks.9.attn.hook_z', head: 0, set: 'zero' }), /layers 0 to 1/);
      await assert.rejects(changed({ hook: 'blocks.0.attn.hook_z', head: 4, set: 'zero' }), /heads 0 to 3/);
      const set = { shape: [3], data: new Float32Array(3) };
      await assert.rejects(changed({ ...z, set }), /shape \[3\] does not fit/);
      await assert.rejects(changed({ hook: 'blocks.0.hook_resid_pre', set, position: 70 }), /position 70/);
    });
  });

  it('refuses empty, too long and unknown ids, and hooks that do not exist', async () => {
    await assert.rejects(plain([]), { name: 'TokenscopeError', what: 'There are no tokens.' });
    await assert.rejects(plain(new Array(10_000).fill(1)), /more than the model's context/);
    await assert.rejects(plain([1, 320]), /Token 320 does not exist/);
    await assert.rejects(all(engine.run({ ids, topK: 0, hooks: ['blocks.0.nothing'] })), /no hook point/);
    await assert.rejects(engine.pattern(ids, 7), /layers 0 to 1/);
  });

  it('the same seed gives the same text, another one another', async () => {
    const sampling = { temperature: 1.5, topK: 0, topP: 1 };
    const make = async (seed: number) =>
      (await all(engine.generate({ ids: ids.slice(0, 5), maxTokens: 10, sampling, seed, ignoreEos: true }))).map(
        (t) => t.id,
      );
    assert.deepEqual(await make(1), await make(1));
    assert.notDeepEqual(await make(1), await make(2));
  });

  it('keeps the old model when a load is aborted or fails', async () => {
    const before = losses(await plain(ids));
    const controller = new AbortController();
    const loading = engine.load({ path: fixture('models', 'gpt2'), precision: 'fp32' }, controller.signal);
    await loading.next();
    await loading.next();
    controller.abort();
    await assert.rejects(all(loading), { name: 'AbortError' });
    await assert.rejects(all(engine.load({ path: fixture('models', 'none'), precision: 'fp32' })), {
      name: 'ModelError',
    });
    assert.equal(engine.model?.path, fixture('models', 'llama_gqa_tied'));
    close(losses(await plain(ids)), before, 0, 'the same numbers');
  });
});
