import { TokenscopeError } from '../../errors.ts';
import type { Intervention, PatchRequest, PatchRow } from '../api.ts';
import { fill } from '../running/cachedRun.ts';
import { Interventions } from '../running/interventions.ts';
import type { Network } from '../running/network.ts';
import { RunCache } from '../running/runCache.ts';
import type { Turn } from '../running/turn.ts';
import { checkId } from './checkId.ts';

/** What is changed in the model besides, with each prompt's own means. */
export interface PatchChanges {
  clean: readonly Intervention[];
  corrupt: readonly Intervention[];
}

/**
 * Activation patching (Meng et al. 2022, arXiv 2202.05262; Wang et al. 2022, arXiv 2211.00593): the corrupt prompt run
 * again with one activation of the clean one put in, and how much of the difference of two logits comes back: 0 is the
 * corrupt prompt's, 1 the clean one's. A row a layer: of positions, whose residual stream at the block's entry is put
 * in, or of heads, whose z is, at all positions.
 * @throws TokenscopeError for prompts of unequal length, or between which the difference does not change; RangeError
 * for tokens and layers that are not there
 */
export async function* patchMap(
  network: Network,
  { ids: corrupt, clean, answer, against, at, layers }: PatchRequest,
  changes: PatchChanges,
  turn: Turn,
): AsyncGenerator<PatchRow> {
  const n = corrupt.length;
  if (clean.length !== n)
    throw new TokenscopeError(
      `The clean prompt has ${clean.length} tokens, the corrupt one ${n}.`,
      'Patching',
      'Give prompts of equally many tokens.',
    );
  const { nLayers, nHeads, dModel: d, dHead, vocabSize } = network.config;
  for (const id of [answer, against]) checkId(id, vocabSize);
  const [first, end] = layers ?? [0, nLayers];
  if (!Number.isInteger(first) || !Number.isInteger(end) || first < 0 || first >= end || end > nLayers)
    throw new RangeError(`there are no layers from ${first} to before ${end}: the model has ${nLayers}`);

  const run = async (ids: readonly number[], list: readonly Intervention[]) => {
    const cache = new RunCache(network.config);
    const interventions = new Interventions(network, list);
    await fill(network, cache, ids, turn, { hooks: [], see: () => {}, interventions });
    return cache;
  };
  /** Log-probs differ as logits do. @param finals residual streams after the last block, [rows, d] */
  const differences = async (finals: Float32Array): Promise<Float32Array> => {
    const of = async (id: number) => {
      const targets = new Int32Array(finals.length / d).fill(id);
      return (await network.distributions(finals, targets, 0)).targetLogprob;
    };
    const [one, other] = [await of(answer), await of(against)];
    return one.map((x, i) => x - other[i]);
  };

  const [cleanCache, corruptCache] = [await run(clean, changes.clean), await run(corrupt, changes.corrupt)];
  const last = (cache: RunCache) => cache.residual(nLayers, n - 1, n);
  const [cleanDifference] = await differences(last(cleanCache));
  const [corruptDifference] = await differences(last(corruptCache));
  if (Math.abs(cleanDifference - corruptDifference) < 1e-6)
    throw new TokenscopeError(
      `Both prompts have the same difference of logits, ${cleanDifference}.`,
      'Patching',
      'Choose prompts, or tokens, between which it changes.',
    );

  /** The last residual of the corrupt prompt from `from` on, with one thing put in at a layer. */
  const patched = async (cache: RunCache, layer: number, from: number, put: Intervention) => {
    cache.truncate(from);
    const interventions = new Interventions(network, [...changes.corrupt, put]);
    const known = { cache: corruptCache, before: layer };
    await fill(network, cache, corrupt, turn, { hooks: [], see: () => {}, interventions, known });
    return last(cache);
  };
  const columns = at === 'resid' ? n : nHeads;
  for (let layer = first; layer < end; layer++) {
    const cache = corruptCache.fork(n);
    const finals = new Float32Array(columns * d);
    if (at === 'resid') {
      const hook = `blocks.${layer}.hook_resid_pre` as const;
      // Later positions first: those before are still the corrupt prompt's.
      for (let position = n - 1; position >= 0; position--) {
        const data = cleanCache.residual(layer, position, position + 1);
        finals.set(await patched(cache, layer, position, { hook, position, set: { shape: [d], data } }), position * d);
      }
    } else {
      const hook = `blocks.${layer}.attn.hook_z` as const;
      const interventions = new Interventions(network, changes.clean);
      const z = (await network.layerHooks(cleanCache, layer, 0, n, ['attn.hook_z'], interventions)).get('attn.hook_z')!;
      for (let head = 0; head < nHeads; head++) {
        const data = new Float32Array(n * dHead);
        for (let p = 0; p < n; p++)
          data.set(z.data.subarray((p * nHeads + head) * dHead, (p * nHeads + head + 1) * dHead), p * dHead);
        finals.set(await patched(cache, layer, 0, { hook, head, set: { shape: [n, dHead], data } }), head * d);
      }
    }
    const found = await differences(finals);
    const restored = found.map((x) => (x - corruptDifference) / (cleanDifference - corruptDifference));
    yield { layer, clean: cleanDifference, corrupt: corruptDifference, restored };
  }
}
