import * as z from 'zod';
import type { LayerConfig, TransformerConfig } from '../../transformer/config.ts';
import { type Family, parseConfig, size } from './family.ts';
import { llama } from './llama.ts';

/**
 * Mistral (Jiang et al., arXiv 2310.06825): a llama whose tokens see a window of the last ones. As GGUF it calls itself
 * a llama, and llama.cpp does without the window.
 */
const windowJson = z.object({ sliding_window: size.nullish() });

export const mistral: Family = {
  ...llama,
  modelTypes: ['mistral'],
  architectures: [],

  fromConfig(json, shapes, where) {
    const window = parseConfig(windowJson, json, where).sliding_window ?? undefined;
    const config = llama.fromConfig(json, shapes, where);
    const layers = config.layers.map((layer): LayerConfig => ({ ...layer, window }));
    return { ...config, family: 'mistral', layers } satisfies TransformerConfig;
  },
};
