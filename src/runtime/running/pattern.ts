import type { HookTensor } from '../api.ts';
import type { Network } from './network.ts';
import type { RunCache } from './runCache.ts';
import type { Turn } from './turn.ts';

/** Rows run together; bounds the scratch memory of long inputs. */
export const ROWS = 256;
const PATTERN = 'attn.hook_pattern';

/**
 * Attention after softmax of one layer, all heads: [heads, n, n], row = the token that looks. One block is run again
 * on the cached residual stream, with the cached keys as its past.
 * @param cache holds positions [0, n)
 */
export async function layerPattern(
  network: Network,
  cache: RunCache,
  n: number,
  layer: number,
  turn: Turn,
): Promise<HookTensor> {
  const { nLayers, nHeads } = network.config;
  if (!Number.isInteger(layer) || layer < 0 || layer >= nLayers)
    throw new RangeError(`layer ${layer} does not exist: the model has layers 0 to ${nLayers - 1}`);
  const data = new Float32Array(nHeads * n * n);
  for (let from = 0; from < n; from += ROWS) {
    await turn.breathe();
    const to = Math.min(from + ROWS, n);
    const hooks = await network.layerHooks(cache, layer, from, to, [PATTERN]);
    placeRows(hooks.get(PATTERN)!.data, data, nHeads, n, from, to);
  }
  return { shape: [nHeads, n, n], data };
}

/** Copies rows [from, to) of a chunk's [heads, to - from, to] into [heads, n, n]. */
export function placeRows(
  chunk: Float32Array,
  into: Float32Array,
  heads: number,
  n: number,
  from: number,
  to: number,
): void {
  const rows = to - from;
  for (let h = 0; h < heads; h++)
    for (let q = 0; q < rows; q++) {
      const at = (h * rows + q) * to;
      into.set(chunk.subarray(at, at + to), (h * n + from + q) * n);
    }
}
