import { hooksByLayer, matchHooks, parseBlockHook } from '../../transformer/hooks.ts';
import type { HookRows, HooksRequest, HookTensor, RunChunk, RunRequest } from '../api.ts';
import { CHUNK } from './cachedRun.ts';
import { append, type Network } from './network.ts';
import { ROWS } from './pattern.ts';
import { RunCache } from './runCache.ts';
import { summarise } from './summaries.ts';
import type { Turn } from './turn.ts';

/**
 * A run that reads what happens inside, on a cache of its own. Chunks carry the hooks asked for.
 * @throws RangeError for a hook that the model does not have
 */
export async function* runHooked(network: Network, request: RunRequest, turn: Turn): AsyncGenerator<RunChunk> {
  const { ids, topK, scoreFrom = 0 } = request;
  const wanted = request.hooks ? matchHooks(network.hooks.keys(), request.hooks) : [];
  const cache = new RunCache(network.config);
  for (let from = 0; from < ids.length; from += CHUNK) {
    const to = Math.min(from + CHUNK, ids.length);
    const hooks: Record<string, HookTensor> = {};
    const see = (name: string, tensor: HookTensor) => {
      hooks[name] = tensor;
    };
    await append(network, cache, ids, to, turn, { hooks: wanted, see });
    if (to <= scoreFrom) continue;
    yield { ...(await summarise(network, cache, ids, Math.max(from, scoreFrom), to, topK, false)), hooks };
  }
}

/**
 * Hooks inside blocks, read on a cache: each layer that is asked about is run again alone, on its cached residual stream
 * and keys, or not at all where the cache holds what is asked.
 * @param cache holds all positions of the request
 * @throws RangeError for a hook that no block of the model has, and for a position that is not there
 */
export async function* readHooks(
  network: Network,
  cache: RunCache,
  { ids, hooks, from = 0 }: HooksRequest,
  turn: Turn,
): AsyncGenerator<HookRows> {
  if (!Number.isInteger(from) || from < 0 || from >= ids.length)
    throw new RangeError(`position ${from} is not in the input of ${ids.length} tokens`);
  const inBlocks = [...network.hooks.keys()].filter(parseBlockHook);
  const wanted = hooksByLayer(matchHooks(inBlocks, hooks));
  for (let start = from; start < ids.length; start += ROWS) {
    const end = Math.min(start + ROWS, ids.length);
    const rows: HookRows = { from: start, count: end - start, hooks: {} };
    for (const [layer, names] of wanted) {
      await turn.breathe();
      const found = await network.layerHooks(cache, layer, start, end, names);
      for (const [name, tensor] of found) rows.hooks[`blocks.${layer}.${name}`] = tensor;
    }
    yield rows;
  }
}
