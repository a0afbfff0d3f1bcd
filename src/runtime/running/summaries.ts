import { ModelError } from '../../errors.ts';
import type { RunChunk } from '../api.ts';
import type { Network } from './network.ts';
import { NO_TARGET, PositionResults } from './positionResults.ts';
import type { RunCache } from './runCache.ts';

/**
 * Results of positions [from, to), brought up to date: those that are missing, have fewer candidates than `topK` or speak
 * of another next token are worked out again from the cached residual stream, no block is run.
 * @param ids the whole input; the target of position p is ids[p + 1]
 * @param cached what is reported of where they came from
 */
export async function summarise(
  network: Network,
  cache: RunCache,
  ids: readonly number[],
  from: number,
  to: number,
  topK: number,
  cached: boolean,
): Promise<RunChunk> {
  // A token's score comes from the position before it.
  await refresh(network, cache, ids, Math.max(0, from - 1), to, topK);
  return reported(cache, from, to, topK, cached);
}

async function refresh(
  network: Network,
  cache: RunCache,
  ids: readonly number[],
  from: number,
  to: number,
  topK: number,
): Promise<void> {
  const k = Math.min(topK, network.config.vocabSize);
  if (cache.results.topK < k) cache.results = new PositionResults(cache.results.capacity, k);
  const { results } = cache;
  const target = (p: number) => (p + 1 < ids.length ? ids[p + 1] : NO_TARGET);
  const stale = (p: number) => !results.known[p] || (target(p) !== NO_TARGET && results.target[p] !== target(p));
  let start = from;
  while (start < to && !stale(start)) start++;
  let end = to;
  while (end > start && !stale(end - 1)) end--;
  if (start === end) return;

  const targets = Int32Array.from({ length: end - start }, (_, i) => target(start + i));
  const resid = cache.residual(network.config.nLayers, start, end);
  const found = await network.distributions(resid, targets, results.topK);
  checkFinite(network, cache, found.lse, start);
  results.lse.set(found.lse, start);
  results.entropy.set(found.entropy, start);
  results.topIds.set(found.topIds, start * results.topK);
  results.topLogprobs.set(found.topLogprobs, start * results.topK);
  results.target.set(targets, start);
  results.targetLogprob.set(found.targetLogprob, start);
  results.targetRank.set(found.targetRank, start);
  results.known.fill(1, start, end);
}

/**
 * Broken weights show as numbers that are not finite.
 * @param lse of positions from `from` on
 * @throws ModelError naming the first layer where one comes up
 */
export function checkFinite(network: Network, cache: RunCache, lse: Float32Array, from: number): void {
  const bad = lse.findIndex((x) => !Number.isFinite(x));
  if (bad < 0) return;
  const { nLayers } = network.config;
  const finite = (l: number) => cache.residual(l, from, from + lse.length).every(Number.isFinite);
  let l = 0;
  while (l <= nLayers && finite(l)) l++;
  const where = l === 0 ? 'the embedding' : l <= nLayers ? `layer ${l - 1}` : 'the unembedding';
  throw new ModelError(
    `Its numbers stop being finite at token ${from + bad}: first in ${where}.`,
    `The model (${network.config.family})`,
    'Its weights are broken, or need more than the range of float32: choose another file.',
  );
}

/** The reported form of positions [from, to): a token's score is kept with the position before it. */
function reported(cache: RunCache, from: number, to: number, topK: number, cached: boolean): RunChunk {
  const { results } = cache;
  const count = to - from;
  const k = Math.min(topK, results.topK);
  const chunk: RunChunk = {
    from,
    count,
    logprob: new Float32Array(count).fill(Number.NaN),
    rank: new Int32Array(count),
    entropy: results.entropy.slice(from, to),
    lse: results.lse.slice(from, to),
    topK: k,
    topIds: new Int32Array(count * k),
    topLogprobs: new Float32Array(count * k),
    cached,
  };
  for (let i = 0; i < count; i++) {
    const p = from + i;
    const row = p * results.topK;
    chunk.topIds.set(results.topIds.subarray(row, row + k), i * k);
    chunk.topLogprobs.set(results.topLogprobs.subarray(row, row + k), i * k);
    if (p === 0) continue;
    chunk.logprob[i] = results.targetLogprob[p - 1];
    chunk.rank[i] = results.targetRank[p - 1];
  }
  return chunk;
}
