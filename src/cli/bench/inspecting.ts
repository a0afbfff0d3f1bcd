import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ablationOf } from '../../analysis/ablation.ts';
import type { Engine } from '../../runtime/engine.ts';
import { KeptScores } from '../../runtime/inspecting/keptScores.ts';
import type { Figures } from './figures.ts';
import { beside, drain, median, medianOf, salt, time } from './timing.ts';

/** Tokens of r in a sequence r + r. */
const HALF = 50;

/** Heads, lens, attribution, hooks from the cache and ablation, each beside the runs that it needs at least. @param ids 256 tokens */
export async function benchInspecting(figures: Figures, engine: Engine, ids: number[], repeat: number): Promise<void> {
  const { nLayers } = engine.model!;
  const salted = salt(ids);

  let seed = 0;
  const scores = await median(repeat, () => time(() => engine.headScores({ seed: seed++, length: HALF })));
  const again = salt(ids.slice(0, 2 * HALF));
  const forward = await median(repeat, () => time(() => drain(engine.run({ ids: again(), topK: 0 }))));
  figures.add('scores of all heads on 100 tokens', scores, 'ms', 'the forward pass', forward);
  figures.add(
    'copying scores of all heads, the first time',
    await time(() => engine.copyingScores()),
    'ms',
    'the forward pass',
    forward,
  );
  const folder = mkdtempSync(join(tmpdir(), 'tokenscope-bench-'));
  try {
    const kept = new KeptScores('bench', folder);
    const found = await engine.headScores({ seed: 0, length: HALF });
    await kept.scores('0', async () => found);
    const read = await median(repeat, () => time(() => kept.scores('0', async () => found)));
    figures.add('scores of all heads, from disk', read, 'ms', 'the forward pass', forward);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }

  await drain(engine.run({ ids, topK: 0 }));
  const lens = await beside(1, () => drain(engine.lens({ ids, topK: 1 })));
  figures.add(
    `lens of ${ids.length} tokens, ${nLayers + 1} residuals`,
    lens.ms,
    'ms',
    'the session runs alone',
    lens.bare,
  );
  const positions = ids.slice(0, 32).map((_, p) => p);
  const window = await beside(repeat, () => drain(engine.lens({ ids, topK: 1, positions })));
  figures.add('lens of a window of 32 tokens', window.ms, 'ms', 'the session runs alone', window.bare);

  const attribution = await median(repeat, () => time(() => engine.attribute({ ids, position: ids.length - 1 })));
  figures.add('attribution of a logit after 256 tokens', attribution, 'ms', 'the forward pass of 100 tokens', forward);

  await benchHooks(figures, engine, ids, repeat);

  for (const layer of [0, Math.floor(nLayers / 2), nLayers - 1]) {
    const interventions = [ablationOf({ layer, part: 0 }, { set: 'zero' })];
    const times: number[] = [];
    const plain: number[] = [];
    for (let i = 0; i < repeat; i++) {
      const text = salted();
      plain.push(await time(() => drain(engine.run({ ids: text, topK: 64 }))));
      times.push(await time(() => drain(engine.run({ ids: text, topK: 64, interventions }))));
    }
    figures.add(
      `a head of layer ${layer} switched off: totals of ${ids.length} tokens`,
      medianOf(times),
      'ms',
      'a prefill',
      medianOf(plain),
    );
  }
}

/** What is read inside blocks at the last token of a text whose run is cached. */
async function benchHooks(figures: Figures, engine: Engine, ids: number[], repeat: number): Promise<void> {
  const salted = salt(ids);
  const whole = await median(repeat, () => time(() => drain(engine.run({ ids: salted(), topK: 0 }))));
  await drain(engine.run({ ids, topK: 0 }));
  const last = { ids, from: ids.length - 1 };
  const middle = `blocks.${Math.floor(engine.model!.nLayers / 2)}`;
  const held = ['hook_resid_pre', 'attn.hook_*k', 'attn.hook_v'].map((name) => `${middle}.${name}`);
  const steps = await median(repeat, () =>
    time(async () => {
      await drain(engine.hooks({ ...last, hooks: [`${middle}.*`] }));
      await drain(engine.hooks({ ids, hooks: held }));
    }),
  );
  const forwardPass = `the forward pass of ${ids.length} tokens`;
  figures.add(`a head's steps after ${ids.length} tokens, cached`, steps, 'ms', forwardPass, whole);
  const added = ['hook_resid_pre', 'hook_attn_out', 'hook_mlp_out', 'mlp.hook_post'].map((name) => `blocks.*.${name}`);
  const norms = await median(repeat, () => time(() => drain(engine.hooks({ ...last, hooks: added }))));
  figures.add(`norms of the residual stream after ${ids.length} tokens, cached`, norms, 'ms', forwardPass, whole);
}
