import { divergence, type Reference, referenceOf } from '../../analysis/divergence.ts';
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
  const divergences = request.kl ? await Divergences.of(network, cache, positions, turn) : undefined;
  for (let l = 0; l <= nLayers; l++) {
    const hook = l < nLayers ? `blocks.${l}.hook_resid_pre` : `blocks.${nLayers - 1}.hook_resid_post`;
    yield await lensLayer(network, hook, request, positions, turn, divergences, async (chunk) =>
      rowsOf(network, chunk, (p) => cache.residual(l, p, p + 1)),
    );
    if (!mid || l === nLayers || layers[l].residual === 'parallel') continue;
    yield await lensLayer(
      network,
      `blocks.${l}.hook_resid_mid`,
      request,
      positions,
      turn,
      divergences,
      async (chunk) => {
        const [from, to] = [Math.min(...chunk), Math.max(...chunk) + 1];
        const { data } = (await network.layerHooks(cache, l, from, to, [MID])).get(MID)!;
        return rowsOf(network, chunk, (p) => data.subarray((p - from) * d, (p - from + 1) * d));
      },
    );
  }
}

/** Positions whose final distributions are held at a time: 49,152 tokens of 256 are 50 MB. */
const MOST_DIVERGENCES = 256;

/** How far distributions are from the final ones. */
class Divergences {
  private constructor(
    private readonly network: Network,
    private readonly finals: readonly Reference[],
  ) {}

  /** @throws RangeError for more positions than are held */
  static async of(network: Network, cache: RunCache, positions: readonly number[], turn: Turn): Promise<Divergences> {
    if (positions.length > MOST_DIVERGENCES)
      throw new RangeError(`the divergence is worked out for at most ${MOST_DIVERGENCES} positions at a time`);
    const { nLayers } = network.config;
    const finals: Reference[] = [];
    for (let at = 0; at < positions.length; at += CHUNK) {
      await turn.breathe();
      const resid = rowsOf(network, positions.slice(at, at + CHUNK), (p) => cache.residual(nLayers, p, p + 1));
      for (const logits of await logitsOf(network, resid)) finals.push(referenceOf(logits));
    }
    return new Divergences(network, finals);
  }

  /** @param first of the positions that the rows of a residual stream are of */
  async at(first: number, resid: Float32Array): Promise<number[]> {
    const rows = await logitsOf(this.network, resid);
    return rows.map((logits, i) => divergence(this.finals[first + i], logits));
  }
}

/** Rows of a residual stream at some positions, [positions, d]. */
function rowsOf(network: Network, positions: readonly number[], row: (p: number) => Float32Array): Float32Array {
  const d = network.config.dModel;
  const resid = new Float32Array(positions.length * d);
  positions.forEach((p, i) => {
    resid.set(row(p), i * d);
  });
  return resid;
}

/** Logits of rows of a residual stream, a view each. */
async function logitsOf(network: Network, resid: Float32Array): Promise<Float32Array[]> {
  const { dModel: d, vocabSize } = network.config;
  const all = (await network.finalHooks(resid, ['logits'])).get('logits')!.data;
  return Array.from({ length: resid.length / d }, (_, i) => all.subarray(i * vocabSize, (i + 1) * vocabSize));
}

const MID = 'hook_resid_mid';

/** @param residual of a chunk of positions, [chunk, d] */
async function lensLayer(
  network: Network,
  hook: string,
  { ids, topK, target }: LensRequest,
  positions: readonly number[],
  turn: Turn,
  divergences: Divergences | undefined,
  residual: (chunk: readonly number[]) => Promise<Float32Array>,
): Promise<LensLayer> {
  const parts: Distributions[] = [];
  const kl: number[] = [];
  for (let at = 0; at < positions.length; at += CHUNK) {
    await turn.breathe();
    const chunk = positions.slice(at, at + CHUNK);
    const targets = Int32Array.from(chunk, (p) => target ?? (p + 1 < ids.length ? ids[p + 1] : NO_TARGET));
    const resid = await residual(chunk);
    parts.push(await network.distributions(resid, targets, topK));
    if (divergences) kl.push(...(await divergences.at(at, resid)));
  }
  return {
    hook,
    topK: Math.min(topK, network.config.vocabSize),
    entropy: joinFloats(parts.map((part) => part.entropy)),
    targetLogprob: joinFloats(parts.map((part) => part.targetLogprob)),
    targetRank: joinInts(parts.map((part) => part.targetRank)),
    topIds: joinInts(parts.map((part) => part.topIds)),
    topLogprobs: joinFloats(parts.map((part) => part.topLogprobs)),
    ...(divergences && { kl: Float32Array.from(kl) }),
  };
}

function joinFloats(parts: Float32Array[]): Float32Array {
  return Float32Array.from(parts.flatMap((part) => [...part]));
}

function joinInts(parts: Int32Array[]): Int32Array {
  return Int32Array.from(parts.flatMap((part) => [...part]));
}
