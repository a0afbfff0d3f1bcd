import * as z from 'zod';
import type { LayerConfig, TransformerConfig } from '../../transformer/config.ts';
import { type Family, parseConfig, size } from './family.ts';
import { llama } from './llama.ts';

/** SmolLM3 (Hugging Face 2025): a llama some of whose layers, every fourth as a rule, have no positions at all (NoPE). */
const layersJson = z.object({
  no_rope_layers: z.array(z.union([z.literal(0), z.literal(1)])).nullish(),
  no_rope_layer_interval: size.default(4),
  use_sliding_window: z.boolean().default(false),
  sliding_window: size.nullish(),
  layer_types: z.array(z.string()).nullish(),
});

export const smollm3: Family = {
  ...llama,
  modelTypes: ['smollm3'],
  architectures: [],

  fromConfig(json, shapes, where) {
    const c = parseConfig(layersJson, json, where);
    const config = llama.fromConfig(json, shapes, where);
    // 1 stands for a layer that does rotate.
    const rotates = (l: number) => c.no_rope_layers?.[l] ?? ((l + 1) % c.no_rope_layer_interval === 0 ? 0 : 1);
    const slides = (l: number) => c.use_sliding_window && c.layer_types?.[l] === 'sliding_attention';
    const layers = config.layers.map(
      (layer, l): LayerConfig => ({
        ...layer,
        rotary: rotates(l) ? layer.rotary : undefined,
        window: slides(l) ? (c.sliding_window ?? undefined) : undefined,
      }),
    );
    return { ...config, family: 'smollm3', layers } satisfies TransformerConfig;
  },
};
