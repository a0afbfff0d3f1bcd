import assert from 'node:assert/strict';
import { collectHooks } from '../../src/runtime/running/collectHooks.ts';
import { fixture, readArrays, readJson } from '../fixtures.ts';
import { all, close, loadedEngine, losses, sameGreedy } from './compare.ts';

type Which = 'short' | 'long';
interface Reference {
  prompts: Record<Which, number[]>;
  files: Record<string, { file: string } & Record<Which, { greedy_12: number[]; greedy_margins: number[] }>>;
  tolerances_max_abs: Record<'logits' | 'attn' | 'nll', number>;
}

// HF transformers in float32 on the weights as they are in each file.
for (const name of ['llama_gqa_tied', 'llama3_rope_sharded', 'gpt2', 'qwen2']) {
  const reference = readJson<Reference>(fixture('gguf', name, 'reference.json'));
  for (const [type, { file, ...greedy }] of Object.entries(reference.files)) {
    it(`fp32 ${file} against HF transformers`, async () => {
      const arrays = await readArrays(fixture('gguf', name, 'reference.safetensors'));
      const expected = (key: string) => arrays.get(`${type}.${key}`)!.data as Float32Array;
      const tolerance = reference.tolerances_max_abs;
      const { engine } = await loadedEngine(fixture('gguf', name, file));
      for (const which of ['short', 'long'] as const) {
        const ids = reference.prompts[which];
        const wanted = ['logits', 'blocks.0.attn.hook_pattern'];
        const { hooks, chunks } = await collectHooks(engine.run({ ids, topK: 0, hooks: wanted }), ids.length);
        const logits = expected(`${which}.logits`);
        close(hooks.get('logits')!.data.subarray(-logits.length), logits, tolerance.logits, `${which} logits`);
        close(losses(chunks), expected(`${which}.nll`), tolerance.nll, `${which} losses`);
        if (which === 'short') {
          close(hooks.get('blocks.0.attn.hook_pattern')!.data, expected('short.attn.0'), tolerance.attn, 'pattern');
        }
        const sampling = { temperature: 0, topK: 0, topP: 1 };
        const made = await all(engine.generate({ ids, maxTokens: 12, sampling, seed: 0, ignoreEos: true }));
        const { greedy_12, greedy_margins } = greedy[which];
        sameGreedy(
          made.map((token) => token.id),
          greedy_12,
          greedy_margins,
          5e-3,
          `${which} greedy`,
        );
      }
      await engine.unload();
      assert.equal(engine.model, undefined);
    });
  }
}
