import type { LensLayer, LensRequest } from '../api.ts';
import { CHUNK } from './cachedRun.ts';
import type { Distributions, Network } from './network.ts';
import { NO_TARGET } from './positionResults.ts';
import type { RunCache } from './runCache.ts';
import type { Turn } from './turn.ts';

/**
 * The logit lens (nostalgebraist 2020): the model's own final norm and unembedding applied to the residual stream of
 * every earlier layer, statistics of the norm recomputed there. The last layer's is the model's prediction itself.
 * @param cache holds all positions of the request
 */
export async function* logitLens(
  network: Network,
  cache: RunCache,
  { ids, topK, positions = ids.map((_, p) => p) }: LensRequest,
  turn: Turn,
): AsyncGenerator<LensLayer> {
  const { nLayers, dModel: d, vocabSize } = network.config;
  const targets = Int32Array.from(positions, (p) => (p + 1 < ids.length ? ids[p + 1] : NO_TARGET));
  for (let l = 0; l <= nLayers; l++) {
    const hook = l < nLayers ? `blocks.${l}.hook_resid_pre` : `blocks.${nLayers - 1}.hook_resid_post`;
    const parts: Distributions[] = [];
    for (let at = 0; at < positions.length; at += CHUNK) {
      await turn.breathe();
      const chunk = positions.slice(at, at + CHUNK);
      const resid = new Float32Array(chunk.length * d);
      chunk.forEach((p, i) => {
        resid.set(cache.residual(l, p, p + 1), i * d);
      });
      parts.push(await network.distributions(resid, targets.subarray(at, at + chunk.length), topK));
    }
    yield {
      hook,
      topK: Math.min(topK, vocabSize),
      entropy: joinFloats(parts.map((part) => part.entropy)),
      targetLogprob: joinFloats(parts.map((part) => part.targetLogprob)),
      targetRank: joinInts(parts.map((part) => part.targetRank)),
      topIds: joinInts(parts.map((part) => part.topIds)),
      topLogprobs: joinFloats(parts.map((part) => part.topLogprobs)),
    };
  }
}

function joinFloats(parts: Float32Array[]): Float32Array {
  return Float32Array.from(parts.flatMap((part) => [...part]));
}

function joinInts(parts: Int32Array[]): Int32Array {
  return Int32Array.from(parts.flatMap((part) => [...part]));
}
