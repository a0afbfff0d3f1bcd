import type { HookTensor } from '../api.ts';
import type { LoadedModel } from '../loading/model.ts';
import { breathe } from './breathe.ts';
import type { RunCache } from './cache.ts';
import { chunkInputs, floatData, runBlock } from './forward.ts';

/** Rows run together; bounds the scratch memory of long inputs. */
const ROWS = 256;

/**
 * Attention after softmax of one layer, all heads: [heads, n, n], row = the token that looks. One block is run again
 * on the cached residual stream, with the cached keys as its past.
 * @param cache holds positions [0, n)
 */
export async function layerPattern(
  model: LoadedModel,
  cache: RunCache,
  n: number,
  layer: number,
  signal?: AbortSignal,
): Promise<HookTensor> {
  const { config } = model;
  if (!Number.isInteger(layer) || layer < 0 || layer >= config.nLayers)
    throw new RangeError(`layer ${layer} does not exist: the model has layers 0 to ${config.nLayers - 1}`);
  const data = new Float32Array(config.nHeads * n * n);
  for (let from = 0; from < n; from += ROWS) {
    await breathe(signal);
    const to = Math.min(from + ROWS, n);
    const chunk = chunkInputs(config, from, to - from);
    const resid = cache.residual(layer, from, to);
    const outputs = await runBlock(model.blocks[layer], config, chunk, resid, cache.past(layer, from), [
      'attn.hook_pattern',
    ]);
    placeRows(floatData(outputs, 'attn.hook_pattern'), data, config.nHeads, n, from, to);
  }
  return { shape: [config.nHeads, n, n], data };
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
