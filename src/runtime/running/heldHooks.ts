import { cacheKeyHook } from '../../transformer/block.ts';
import type { TransformerConfig } from '../../transformer/config.ts';
import { consecutive, rotaryAngles } from '../../transformer/positions.ts';
import type { HookTensor } from '../api.ts';
import type { RunCache } from './runCache.ts';

/**
 * A hook point of one layer that a cache holds at positions [from, to), in the name it has inside a block and as int8's
 * smoothing leaves it; undefined: the block has to be run for it.
 */
export function heldHook(
  config: TransformerConfig,
  cache: RunCache,
  layer: number,
  from: number,
  to: number,
  name: string,
): HookTensor | undefined {
  const { dModel, nKvHeads, dHead, layers } = config;
  const rows = (of: Float32Array): HookTensor => {
    const width = nKvHeads * dHead;
    return { shape: [to - from, nKvHeads, dHead], data: of.slice(from * width, to * width) };
  };
  const { rotary } = layers[layer];
  switch (name) {
    case 'hook_resid_pre':
      return { shape: [to - from, dModel], data: cache.residual(layer, from, to).slice() };
    case 'attn.hook_v':
      return rows(cache.v[layer]);
    case cacheKeyHook(layers[layer]):
      return rows(cache.k[layer]);
    case 'attn.hook_k':
      return rotary && turnedBack(rows(cache.k[layer]), rotaryAngles(rotary, consecutive(from, to - from)));
    default:
      return undefined;
  }
}

/**
 * Keys as they were before rotation, in place: each pair is turned by the opposite angle.
 * @param keys [n, heads, dHead]
 * @param angles each [n, dHead / 2]
 */
function turnedBack(keys: HookTensor, { cos, sin }: { cos: Float32Array; sin: Float32Array }): HookTensor {
  const [n, heads, dHead] = keys.shape;
  const half = dHead / 2;
  for (let row = 0; row < n * heads; row++) {
    const [at, angle] = [row * dHead, Math.floor(row / heads) * half];
    for (let i = 0; i < half; i++) {
      const [c, s] = [cos[angle + i], sin[angle + i]];
      const [x1, x2] = [keys.data[at + i], keys.data[at + half + i]];
      keys.data[at + i] = x1 * c + x2 * s;
      keys.data[at + half + i] = x2 * c - x1 * s;
    }
  }
  return keys;
}
