import { normUnder, outputGram } from '../../analysis/valueNorms.ts';
import type { HookTensor, ValueNormsRequest } from '../api.ts';
import type { Network } from '../running/network.ts';
import type { RunCache } from '../running/runCache.ts';
import type { Turn } from '../running/turn.ts';
import type { StoredWeights } from './storedWeights.ts';

/**
 * What each head of a layer would add for each token if it looked at nothing else: |v W_O|, without biases of the output
 * and before any norm after attention. No block is run: the cache holds v.
 * @param cache holds all positions
 * @returns [heads, n]
 * @throws RangeError for a layer that is not there
 */
export function valueNorms(
  network: Network,
  cache: RunCache,
  weights: StoredWeights,
  { ids, layer }: ValueNormsRequest,
  turn: Turn,
): Promise<HookTensor> {
  return weights.use(async (source) => {
    const { nLayers, nHeads, nKvHeads, dHead } = network.config;
    if (!Number.isInteger(layer) || layer < 0 || layer >= nLayers)
      throw new RangeError(`layer ${layer} does not exist`);
    const n = ids.length;
    const values = (await network.layerHooks(cache, layer, 0, n, ['attn.hook_v'])).get('attn.hook_v')!.data;
    const wO = (await source.read(`blocks.${layer}.attn.W_O`)).slice();
    const data = new Float32Array(nHeads * n);
    for (let head = 0; head < nHeads; head++) {
      await turn.breathe();
      const gram = outputGram(wO, nHeads * dHead, head, dHead);
      const kv = Math.floor((head * nKvHeads) / nHeads);
      for (let j = 0; j < n; j++) {
        const at = (j * nKvHeads + kv) * dHead;
        data[head * n + j] = normUnder(gram, values.subarray(at, at + dHead));
      }
    }
    return { shape: [nHeads, n], data };
  });
}
