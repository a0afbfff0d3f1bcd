import assert from 'node:assert/strict';
import type { ModelInfo } from '../../src/runtime/api.ts';
import type { Engine } from '../../src/runtime/engine.ts';
import { collectHooks } from '../../src/runtime/running/collectHooks.ts';
import { fixture, readArrays, readJson } from '../fixtures.ts';
import { all, close, loadedEngine, losses, sameGreedy } from './compare.ts';

interface Prompt {
  text: string;
  input_ids: number[];
  mean_nll: number;
  greedy_12: number[];
  greedy_margins: number[];
}
interface Reference {
  prompts: Record<'short' | 'long', Prompt>;
  tolerances_max_abs: Record<'attn' | 'hidden' | 'logits' | 'lens' | 'nll' | 'mean_nll', number>;
}

// Everything against HF transformers (eager attention, float32), with the tolerances of its own measured noise.
for (const name of ['gpt2', 'llama_mha', 'llama_gqa_tied', 'llama3_rope_sharded', 'qwen2', 'mistral', 'smollm3']) {
  describe(`fp32 ${name} against HF transformers`, () => {
    const reference = readJson<Reference>(fixture('models', name, 'reference.json'));
    const tolerance = reference.tolerances_max_abs;
    let arrays: Awaited<ReturnType<typeof readArrays>>;
    let engine: Engine;
    let info: ModelInfo;
    const expected = (key: string) => arrays.get(key)!.data as Float32Array;

    before(async () => {
      arrays = await readArrays(fixture('models', name, 'reference.safetensors'));
      ({ engine, info } = await loadedEngine(fixture('models', name)));
    });
    after(() => engine.unload());

    for (const which of ['short', 'long'] as const) {
      const { input_ids: ids, text, ...prompt } = reference.prompts[which];
      const n = ids.length;

      it(`${which}: token ids, offsets inside the text`, async () => {
        const tokens = await engine.encode(text);
        assert.deepEqual(
          tokens.map((token) => token.id),
          ids,
        );
        assert.ok(tokens.every(({ start, end }) => 0 <= start && start <= end && end <= text.length));
      });

      it(`${which}: patterns, residual stream, logits and losses`, async () => {
        const { hooks, chunks } = await collectHooks(engine.run({ ids, topK: 3, hooks: ['*'] }), n);
        for (let l = 0; l < info.nLayers; l++) {
          const pattern = hooks.get(`blocks.${l}.attn.hook_pattern`)!.data;
          const wanted =
            which === 'short' ? expected(`short.attn.${l}`) : unpacked(expected(`long.attn.${l}`), info.nHeads, n);
          close(pattern, wanted, tolerance.attn, `pattern ${l}`);
          close(
            hooks.get(`blocks.${l}.hook_resid_pre`)!.data,
            expected(`${which}.hidden.${l}`),
            tolerance.hidden,
            `resid ${l}`,
          );
        }
        const normalized = hooks.get('ln_final.hook_normalized')!.data;
        close(normalized, expected(`${which}.hidden.${info.nLayers}`), tolerance.hidden, 'final norm');
        close(hooks.get('logits')!.data, expected(`${which}.logits`), tolerance.logits, 'logits');
        close(losses(chunks), expected(`${which}.nll`), tolerance.nll, 'losses');
        const mean = losses(chunks).reduce((a, b) => a + b) / (n - 1);
        assert.ok(Math.abs(mean - prompt.mean_nll) <= tolerance.mean_nll);
        if (which === 'short') {
          const last = hooks.get(`blocks.${info.nLayers - 1}.hook_resid_post`)!.data;
          close(last, expected('short.resid_final'), tolerance.hidden, 'last residual');
        }
      });

      it(`${which}: the parts of a block add up`, async () => {
        const { hooks } = await collectHooks(engine.run({ ids, topK: 0, hooks: ['blocks.1.*'] }), n);
        const at = (hook: string) => hooks.get(`blocks.1.${hook}`)!.data;
        const mid = at('hook_resid_pre').map((x, i) => x + at('hook_attn_out')[i]);
        close(at('hook_resid_mid'), mid, 1e-5, 'resid_mid');
        const post = at('hook_resid_mid').map((x, i) => x + at('hook_mlp_out')[i]);
        close(at('hook_resid_post'), post, 1e-4, 'resid_post');
        const scores = at('attn.hook_attn_scores');
        const pattern = at('attn.hook_pattern');
        for (let row = 0; row < info.nHeads * n; row++) {
          const q = row % n;
          const exps = Array.from(scores.subarray(row * n, (row + 1) * n), (s) => Math.exp(s));
          const sum = exps.reduce((a, b) => a + b);
          close(
            pattern.subarray(row * n, (row + 1) * n),
            exps.map((e) => e / sum),
            1e-5,
            'softmax of the scores',
          );
          assert.ok(
            pattern.subarray(row * n + q + 1, (row + 1) * n).every((p) => p === 0),
            'no token looks ahead',
          );
        }
      });

      it(`${which}: a head's z set to zero`, async () => {
        const interventions = [{ hook: 'blocks.1.attn.hook_z', head: 0, set: 'zero' }] as const;
        const { hooks, chunks } = await collectHooks(engine.run({ ids, topK: 0, hooks: ['logits'], interventions }), n);
        const wanted = expected(`${which}.ablate_L1H0.logits`);
        close(hooks.get('logits')!.data.subarray(-wanted.length), wanted, tolerance.logits, 'logits');
        close(losses(chunks), expected(`${which}.ablate_L1H0.nll`), tolerance.nll, 'losses');
      });

      it(`${which}: logit lens`, async () => {
        const wanted = expected(`${which}.lens`);
        const best = arrays.get(`${which}.lens_top1`)!.data as Int32Array;
        const layers = await all(engine.lens({ ids, topK: info.vocabSize }));
        assert.equal(layers.length, info.nLayers + 1);
        layers.forEach((layer, l) => {
          // Log-probs of the last two positions, put back in the order of the ids; the reference has logits.
          for (const back of [2, 1]) {
            const row = n - back;
            const start = row * layer.topK;
            const logits = wanted.subarray((l * 2 + 2 - back) * info.vocabSize, (l * 2 + 3 - back) * info.vocabSize);
            const lse = Math.log(logits.reduce((sum, x) => sum + Math.exp(x), 0));
            for (let k = 0; k < layer.topK; k++) {
              const difference = Math.abs(layer.topLogprobs[start + k] - (logits[layer.topIds[start + k]] - lse));
              assert.ok(difference <= tolerance.lens, `layer ${l}: ${difference}`);
            }
          }
          const tops = Array.from({ length: n }, (_, p) => layer.topIds[p * layer.topK]);
          const clear = (p: number) => layer.topLogprobs[p * layer.topK] - layer.topLogprobs[p * layer.topK + 1] > 1e-3;
          tops.forEach((id, p) => {
            if (clear(p)) assert.equal(id, best[l * n + p], `layer ${l}, position ${p}`);
          });
        });
      });

      it(`${which}: greedy continuation`, async () => {
        const sampling = { temperature: 0, topK: 0, topP: 1 };
        const made = await all(engine.generate({ ids, maxTokens: 12, sampling, seed: 0, ignoreEos: true }));
        sameGreedy(
          made.map((token) => token.id),
          prompt.greedy_12,
          prompt.greedy_margins,
          2e-3,
          'greedy ids',
        );
      });
    }
  });
}

/** [heads, n (n + 1) / 2], lower triangles row by row -> [heads, n, n]. */
function unpacked(packed: Float32Array, heads: number, n: number): Float32Array {
  const whole = new Float32Array(heads * n * n);
  let from = 0;
  for (let h = 0; h < heads; h++)
    for (let q = 0; q < n; q++) for (let k = 0; k <= q; k++) whole[(h * n + q) * n + k] = packed[from++];
  return whole;
}
