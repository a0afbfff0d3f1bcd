import type { RunChunk, RunRequest } from '../api.ts';
import type { LoadedModel } from '../loading/model.ts';
import type { CachePool, RunCache } from './cache.ts';
import { appendChunk } from './prefill.ts';
import { refreshResults } from './unembedding.ts';

/** Positions run through the model together: larger is faster, smaller shows first results sooner. */
export const CHUNK = 64;

/**
 * Scores a sequence, chunk by chunk. What the cache has of it comes first, at once; only positions from the first
 * changed token on are run.
 */
export async function* runCached(
  model: LoadedModel,
  pool: CachePool,
  { ids, topK, scoreFrom = 0 }: RunRequest,
  signal?: AbortSignal,
): AsyncGenerator<RunChunk> {
  const cache = pool.acquire(ids);
  try {
    const shared = cache.commonPrefix(ids);
    if (scoreFrom < shared) {
      // One more than is reported: a token's score comes from the position before it. What follows the last one is
      // another token now, but that is looked up together with the new positions.
      await refreshResults(model, cache, ids.slice(0, shared), Math.max(0, scoreFrom - 1), shared, topK);
      yield resultChunk(cache, scoreFrom, shared, topK, true);
    }
    if (shared === ids.length) return;
    cache.truncate(shared);
    for (let from = shared; from < ids.length; from += CHUNK) {
      signal?.throwIfAborted();
      const to = Math.min(from + CHUNK, ids.length);
      await appendChunk(model, cache, ids, to, signal);
      if (to <= scoreFrom) continue;
      const first = Math.max(from, scoreFrom);
      await refreshResults(model, cache, ids, Math.max(0, first - 1), to, topK);
      yield resultChunk(cache, first, to, topK, false);
    }
  } finally {
    pool.release(cache);
  }
}

/** The reported form of positions [from, to): a token's score is kept with the position before it. */
export function resultChunk(cache: RunCache, from: number, to: number, topK: number, cached: boolean): RunChunk {
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
