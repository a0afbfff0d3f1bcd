import type { RunChunk, RunRequest } from '../api.ts';
import type { CachePool } from './cachePool.ts';
import { append, type Network, type Watch } from './network.ts';
import type { RunCache } from './runCache.ts';
import { summarise } from './summaries.ts';
import type { Turn } from './turn.ts';

/** Positions run through the model together: larger is faster, smaller shows first results sooner. */
export const CHUNK = 64;

/** Appends what a cache lacks of `ids`, chunk by chunk. @throws as append does */
export async function fill(
  network: Network,
  cache: RunCache,
  ids: readonly number[],
  turn: Turn,
  watch?: Watch,
): Promise<void> {
  while (cache.length < ids.length)
    await append(network, cache, ids, Math.min(cache.length + CHUNK, ids.length), turn, watch);
}

/**
 * Scores a sequence, chunk by chunk. What the cache has of it comes first, at once; only positions from the first
 * changed token on are run.
 */
export async function* runCached(
  network: Network,
  pool: CachePool,
  { ids, topK, scoreFrom = 0 }: RunRequest,
  turn: Turn,
): AsyncGenerator<RunChunk> {
  const cache = pool.write(ids);
  try {
    const shared = cache.commonPrefix(ids);
    // What follows the last shared token is another one now, but that is looked up together with the new positions.
    if (scoreFrom < shared) yield await summarise(network, cache, ids.slice(0, shared), scoreFrom, shared, topK, true);
    for (let from = shared; from < ids.length; from += CHUNK) {
      turn.signal.throwIfAborted();
      const to = Math.min(from + CHUNK, ids.length);
      await append(network, cache, ids, to, turn);
      if (to > scoreFrom) yield await summarise(network, cache, ids, Math.max(from, scoreFrom), to, topK, false);
    }
  } finally {
    pool.doneWriting(cache);
  }
}
