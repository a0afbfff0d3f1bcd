import assert from 'node:assert/strict';
import { totals } from '../../src/analysis/surprisal.ts';
import { scoringWindows } from '../../src/analysis/windows.ts';
import type { Engine } from '../../src/runtime/engine.ts';
import { collectHooks } from '../../src/runtime/running/collectHooks.ts';
import { bundledModelPath } from '../../src/weights/bundled.ts';
import { fixture, readJson, repositoryRoot } from '../fixtures.ts';
import { all, close, loadedEngine, losses, sameGreedy } from './compare.ts';

interface Prompt {
  name: string;
  text?: string;
  ids: number[];
  nll?: number[];
  rank?: number[];
  top10: [id: number, token: string, prob: number, logit: number][];
  entropy: number;
  lens_top1: [id: number, token: string, prob: number][];
  greedy_16: number[];
  greedy_text: string;
  greedy_margins: number[];
}
interface Perplexity {
  ids: number[];
  window512_stride512: { perplexity: number; scored: number };
  window512_stride256: { perplexity: number; scored: number };
}
interface Induction {
  sequences: { ids: number[]; second_half_loss: number }[];
  induction_per_seed: number[][][];
  ablation: { top5_induction: { heads: [number, number][]; second_half_loss_per_seed: number[] } };
}

// The bundled model against HF transformers with the same weights dequantised.
describe('fp32 bundled model against HF transformers', () => {
  const prompts = readJson<{ prompts: Prompt[] }>(fixture('smollm2', 'prompts.json')).prompts;
  let engine: Engine;
  before(async () => {
    ({ engine } = await loadedEngine(bundledModelPath(repositoryRoot)));
  });
  after(() => engine.unload());

  for (const prompt of prompts) {
    it(`prompt ${prompt.name}`, async () => {
      const { ids } = prompt;
      if (prompt.text !== undefined)
        assert.deepEqual(
          (await engine.encode(prompt.text)).map((t) => t.id),
          ids,
        );
      const chunks = await all(engine.run({ ids, topK: 10 }));
      if (prompt.nll) close(losses(chunks), prompt.nll, 1e-3, 'losses');
      const ranks = chunks.flatMap((chunk) => [...chunk.rank]).slice(1);
      if (prompt.rank) sameRanks(ranks, prompt.rank);
      const last = chunks[chunks.length - 1];
      const row = last.count - 1;
      close([last.entropy[row]], [prompt.entropy], 1e-3, 'entropy');
      assert.deepEqual(
        [...last.topIds.subarray(row * 10)],
        prompt.top10.map(([id]) => id),
      );
      close(
        last.topLogprobs.subarray(row * 10).map(Math.exp),
        prompt.top10.map(([, , p]) => p),
        1e-4,
        'probabilities',
      );
      const logits = await engine.logits(ids, ids.length - 1);
      close(
        prompt.top10.map(([id]) => logits[id]),
        prompt.top10.map(([, , , logit]) => logit),
        1e-3,
        'logits',
      );

      const layers = await all(engine.lens({ ids, topK: 2, positions: [ids.length - 1] }));
      layers.forEach((layer, l) => {
        const [id, , p] = prompt.lens_top1[l];
        if (layer.topLogprobs[0] - layer.topLogprobs[1] > 2e-3) assert.equal(layer.topIds[0], id, layer.hook);
        assert.ok(Math.abs(Math.exp(layer.topLogprobs[0]) - p) < 1e-3, layer.hook);
      });
      const sampling = { temperature: 0, topK: 0, topP: 1 };
      const made = await all(engine.generate({ ids, maxTokens: 16, sampling, seed: 0, ignoreEos: true }));
      sameGreedy(
        made.map((t) => t.id),
        prompt.greedy_16,
        prompt.greedy_margins,
        2e-3,
        'greedy ids',
      );
    });
  }

  it('attention patterns', async () => {
    const { patterns } = readJson<{
      patterns: { prompt: string; layer: number; head: number; n: number; pattern: number[][] }[];
    }>(fixture('smollm2', 'attention.json'));
    for (const { prompt, layer, head, n, pattern } of patterns) {
      const { ids } = prompts.find((p) => p.name === prompt)!;
      const { data } = await engine.pattern(ids, layer);
      close(data.subarray(head * n * n, (head + 1) * n * n), pattern.flat(), 1e-4, `${prompt} ${layer}.${head}`);
    }
  });

  it('induction heads, and what is lost without them', async () => {
    const reference = readJson<Induction>(fixture('smollm2', 'induction.json'));
    const { ids, second_half_loss } = reference.sequences[0];
    const { hooks, chunks } = await collectHooks(engine.run({ ids, topK: 0, hooks: ['*.hook_pattern'] }), ids.length);
    const secondHalf = (nll: number[]) => nll.slice(50).reduce((a, b) => a + b) / 49; // the losses of tokens 51 to 99
    close([secondHalf(losses(chunks))], [second_half_loss], 1e-3, 'loss of the second half');
    const n = ids.length;
    const scores = reference.induction_per_seed[0].map((heads, l) =>
      heads.map((_, h) => {
        const { data } = hooks.get(`blocks.${l}.attn.hook_pattern`)!;
        let sum = 0;
        for (let p = 50; p < 100; p++) sum += data[(h * n + p) * n + p - 49];
        return sum / 50;
      }),
    );
    close(scores.flat(), reference.induction_per_seed[0].flat(), 1e-4, 'induction scores');
    const { heads, second_half_loss_per_seed } = reference.ablation.top5_induction;
    const interventions = heads.map(([l, head]) => ({ hook: `blocks.${l}.attn.hook_z`, head, set: 'zero' }) as const);
    const ablated = await all(engine.run({ ids, topK: 0, interventions }));
    close([secondHalf(losses(ablated))], [second_half_loss_per_seed[0]], 2e-3, 'loss without them');
  });

  it('perplexity of a long text in windows', async function () {
    this.timeout(300_000);
    const reference = readJson<Perplexity>(fixture('smollm2', 'perplexity.json'));
    for (const stride of [512, 256] as const) {
      const { perplexity, scored } = reference[`window512_stride${stride}`];
      const found = await windowPerplexity(engine, reference.ids, 512, stride);
      assert.equal(found.scored, scored);
      assert.ok(Math.abs(found.perplexity / perplexity - 1) < 1e-4, `${found.perplexity} against ${perplexity}`);
    }
  });
});

describe('int8 bundled model', () => {
  let engine: Engine;
  before(async () => {
    ({ engine } = await loadedEngine(bundledModelPath(repositoryRoot), { precision: 'int8' }));
  });
  after(() => engine.unload());

  it('perplexity within 1 % of the float32 reference', async function () {
    this.timeout(300_000);
    const { ids, window512_stride512 } = readJson<Perplexity>(fixture('smollm2', 'perplexity.json'));
    const { perplexity } = await windowPerplexity(engine, ids, 512, 512);
    assert.ok(perplexity / window512_stride512.perplexity < 1.01, `${perplexity}`);
  });

  it('gives the same numbers in one piece and token by token', async () => {
    const ids = (await engine.encode('The old lighthouse keeper climbed the stairs every evening.')).map((t) => t.id);
    const whole = losses(await all(engine.run({ ids, topK: 0 })));
    const another = [0, ...ids.slice(1)]; // shares nothing with what the cache holds
    for (let n = 1; n < ids.length; n++) await all(engine.run({ ids: another.slice(0, n), topK: 0 }));
    const stepwise = losses(await all(engine.run({ ids: another, topK: 0 })));
    const atOnce = losses(await all(engine.run({ ids: another, topK: 0, hooks: ['hook_embed'] })));
    close(stepwise, atOnce, 0.02, 'token by token against one piece');
    assert.notDeepEqual(stepwise, whole);
  });
});

/**
 * Ranks agree up to 1000. Far down the vocabulary lies so close together that float32's own noise (1e-4 in a logit)
 * moves a rank by a place or two.
 */
function sameRanks(actual: number[], zeroBased: number[]): void {
  assert.equal(actual.length, zeroBased.length);
  actual.forEach((rank, i) => {
    const expected = zeroBased[i] + 1;
    const allowed = expected <= 1000 ? 0 : Math.ceil(expected / 2000);
    assert.ok(Math.abs(rank - expected) <= allowed, `rank ${rank} against ${expected} at ${i + 1}`);
  });
}

/** Perplexity over windows, each run alone. */
async function windowPerplexity(engine: Engine, ids: number[], window: number, stride: number) {
  const logprobs: (number | null)[] = ids.map(() => null);
  for (const { start, end, from } of scoringWindows(ids.length, window, stride)) {
    for (const chunk of await all(engine.run({ ids: ids.slice(start, end), topK: 0 }))) {
      chunk.logprob.forEach((logprob, i) => {
        if (start + chunk.from + i >= from) logprobs[start + chunk.from + i] = logprob;
      });
    }
  }
  return totals(logprobs);
}
