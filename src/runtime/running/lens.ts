import type { LensLayer, LensRequest } from '../api.ts';
import { CHUNK } from './cachedRun.ts';
import type { Distributions, Network } from './network.ts';
import { NO_TARGET } from './positionResults.ts';
import type { RunCache } from './runCache.ts';
import type { Turn } from './turn.ts';

/**
 * The logit lens (nostalgebraist 2020): the model's own final norm and unembedding applied to the residual stream of
 * every earlier layer, statistics of the norm recomputed there. The last layer's is the model's prediction itself. On
 * demand between attention and feed-forward network too, where a block has such a place.
 * @param cache holds all positions of the request
 */
export async function* logitLens(
  network: Network,
  cache: RunCache,
  request: LensRequest,
  turn: Turn,
): AsyncGenerator<LensLayer> {
  const { ids, mid = false, positions = ids.map((_, p) => p) } = request;
  const { nLayers, dModel: d, layers } = network.config;
  const gathered = (rows: (p: number) => Float32Array, chunk: readonly number[]) => {
    const resid = new Float32Array(chunk.length * d);
    chunk.forEach((p, i) => {
      resid.set(rows(p), i * d);
    });
    return resid;
  };
  for (let l = 0; l <= nLayers; l++) {
    const hook = l < nLayers ? `blocks.${l}.hook_resid_pre` : `blocks.${nLayers - 1}.hook_resid_post`;
    yield await lensLayer(network, hook, request, positions, turn, async (chunk) =>
      gathered((p) => cache.residual(l, p, p + 1), chunk),
    );
    if (!mid || l === nLayers || layers[l].residual === 'parallel') continue;
    yield await lensLayer(network, `blocks.${l}.hook_resid_mid`, request, positions, turn, async (chunk) => {
      const [from, to] = [Math.min(...chunk), Math.max(...chunk) + 1];
      const { data } = (await network.layerHooks(cache, l, from, to, [MID])).get(MID)!;
      return gathered((p) => data.subarray((p - from) * d, (p - from + 1) * d), chunk);
    });
  }
}

const MID = 'hook_resid_mid';

/** @param residual of a chunk of positions, [chunk, d] */
async function lensLayer(
  network: Network,
  hook: string,
  { ids, topK }: LensRequest,
  positions: readonly number[],
  turn: Turn,
  residual: (chunk: readonly number[]) => Promise<Float32Array>,
): Promise<LensLayer> {
  const parts: Distributions[] = [];
  for (let at = 0; at < positions.length; at += CHUNK) {
    await turn.breathe();
    const chunk = positions.slice(at, at + CHUNK);
    const targets = Int32Array.from(chunk, (p) => (p + 1 < ids.length ? ids[p + 1] : NO_TARGET));
    parts.push(await network.distributions(await residual(chunk), targets, topK));
  }
  return {
    hook,
    topK: Math.min(topK, network.config.vocabSize),
    entropy: joinFloats(parts.map((part) => part.entropy)),
    targetLogprob: joinFloats(parts.map((part) => part.targetLogprob)),
    targetRank: joinInts(parts.map((part) => part.targetRank)),
    topIds: joinInts(parts.map((part) => part.topIds)),
    topLogprobs: joinFloats(parts.map((part) => part.topLogprobs)),
  };
}

function joinFloats(parts: Float32Array[]): Float32Array {
  return Float32Array.from(parts.flatMap((part) => [...part]));
}

function joinInts(parts: Int32Array[]): Int32Array {
  return Int32Array.from(parts.flatMap((part) => [...part]));
}
