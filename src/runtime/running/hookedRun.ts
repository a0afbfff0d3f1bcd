import { matchHooks } from '../../transformer/hooks.ts';
import type { HookTensor, RunChunk, RunRequest } from '../api.ts';
import { CHUNK } from './cachedRun.ts';
import { append, type Network } from './network.ts';
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
