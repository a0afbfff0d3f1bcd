import { cacheKeyOutput } from '../../transformer/block.ts';
import type { LoadedModel } from '../loading/model.ts';
import type { ort } from '../ort.ts';
import { breathe } from './breathe.ts';
import type { RunCache } from './cache.ts';
import { addPositions, chunkInputs, embed, floatData, runBlock, type ZIntervention } from './forward.ts';

/** What a run may do between and inside blocks. */
export interface BlockHooks {
  /** Outputs of block `l` to fetch besides what the cache needs. */
  fetch(layer: number): readonly string[];
  /** Sees the outputs of a block, raw. */
  onBlock(layer: number, outputs: ort.InferenceSession.OnnxValueMapType): void;
  /** Changes z in block `l`. */
  z?(layer: number, from: number, count: number): ZIntervention | undefined;
  /** May overwrite the residual stream at the entry of block `l`, [count, d], in place. */
  resid?(layer: number, resid: Float32Array, from: number, count: number): void;
}

/**
 * Appends positions [cache.length, to) of `ids` to the cache: embeds them and runs every block. Nothing is kept of a
 * chunk that was cancelled on the way.
 * @throws the signal's reason, at most one block after it was aborted
 */
export async function appendChunk(
  model: LoadedModel,
  cache: RunCache,
  ids: readonly number[],
  to: number,
  signal?: AbortSignal,
  hooks?: BlockHooks,
): Promise<void> {
  const { config } = model;
  const { dModel: d, nLayers } = config;
  const from = cache.length;
  const count = to - from;
  const width = config.nKvHeads * config.dHead;
  const keys = cacheKeyOutput(config);
  const chunk = chunkInputs(config, from, count);

  cache.reserve(to);
  cache.results.forget(from);
  let x = embed(model.embedding, ids.slice(from, to), d);
  if (model.positions) addPositions(x, model.positions, from, d);
  for (let l = 0; l < nLayers; l++) {
    await breathe(signal);
    hooks?.resid?.(l, x, from, count);
    cache.resid[l].set(x, from * d);
    const fetch = ['hook_resid_post', keys, 'attn.hook_v', ...(hooks?.fetch(l) ?? [])];
    const z = hooks?.z?.(l, from, count);
    const outputs = await runBlock(model.blocks[l], config, chunk, x, cache.past(l, from), [...new Set(fetch)], z);
    cache.k[l].set(floatData(outputs, keys), from * width);
    cache.v[l].set(floatData(outputs, 'attn.hook_v'), from * width);
    hooks?.onBlock(l, outputs);
    x = floatData(outputs, 'hook_resid_post');
  }
  cache.resid[nLayers].set(x, from * d);
  for (let p = from; p < to; p++) cache.ids.push(ids[p]);
}
