import type { CacheTimes } from '../api.ts';
import { fill } from './cachedRun.ts';
import { append, type Network } from './network.ts';
import { RunCache } from './runCache.ts';
import type { Turn } from './turn.ts';

/** How often the new token is timed; the median counts. */
const TIMES = 3;

/**
 * Times the last token of a text twice: after the others, whose keys and values are kept, and together with them, as if
 * nothing was. On a cache of its own, so that no other is touched. Through all layers, without the unembedding.
 */
export async function timeCache(network: Network, ids: readonly number[], turn: Turn): Promise<CacheTimes> {
  const { nLayers, nKvHeads, dHead } = network.config;
  const cache = new RunCache(network.config);
  const others = ids.slice(0, -1);
  const filling = await took(() => fill(network, cache, others, turn));
  const times: number[] = [];
  for (let i = 0; i < TIMES; i++) {
    cache.truncate(others.length);
    times.push(await took(() => append(network, cache, ids, ids.length, turn)));
  }
  const cached = times.sort((a, b) => a - b)[Math.floor(TIMES / 2)];
  const bytesPerToken = 2 * nLayers * nKvHeads * dHead * Float32Array.BYTES_PER_ELEMENT;
  return { cached, whole: filling + cached, bytesPerToken };
}

async function took(work: () => Promise<void>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}
