import * as z from 'zod';
import type { TransformerConfig } from '../../transformer/config.ts';
import { type Family, type Metadata, number, parseConfig, size } from './family.ts';
import { llama } from './llama.ts';

/**
 * Qwen2 and Qwen2.5 (Yang et al., arXiv 2407.10671): a llama whose queries, keys and values have a bias, and whose later
 * layers may see a window only. GGUF files hold its rotary halves as they are.
 */
const windowJson = z.object({
  use_sliding_window: z.boolean().default(false),
  sliding_window: size.nullish(),
  max_window_layers: z.number().int().nonnegative().default(28),
});

export const qwen2: Family = {
  modelTypes: ['qwen2'],
  architectures: ['qwen2'],

  fromConfig(json, shapes, where) {
    const { use_sliding_window, sliding_window, max_window_layers } = parseConfig(windowJson, json, where);
    const window = use_sliding_window ? (sliding_window ?? undefined) : undefined;
    return differing(llama.fromConfig(json, shapes, where), (layer) =>
      layer >= max_window_layers ? window : undefined,
    );
  },

  locateInCheckpoint: llama.locateInCheckpoint,

  async fromGguf(metadata, shapes, where) {
    const config = await llama.fromGguf(asLlama(metadata), shapes, where);
    const window = number(metadata, 'qwen2.attention.sliding_window', where, 0) || undefined;
    return differing(config, () => window);
  },

  locateInGguf(name, config, shapes) {
    const place = llama.locateInGguf(name, config, shapes);
    return place && { ...place, interleavedHeads: undefined };
  },
};

function differing(config: TransformerConfig, window: (layer: number) => number | undefined): TransformerConfig {
  return {
    ...config,
    family: 'qwen2',
    attention: { bias: { q: true, k: true, v: true, o: false } },
    layers: config.layers.map((layer, l) => ({ ...layer, window: window(l) })),
  };
}

/** The same sizes under the names that llama's reader knows. */
const asLlama = (metadata: Metadata): Metadata =>
  new Map([...metadata].map(([key, value]) => [key.replace(/^qwen2\./, 'llama.'), value]));
