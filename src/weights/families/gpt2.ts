import * as z from 'zod';
import type { TransformerConfig } from '../../transformer/config.ts';
import type { WeightName } from '../source.ts';
import { activationOf, type Family, type Location, layersOf, number, parseConfig, size } from './family.ts';

/** GPT-2 (Radford et al. 2019): LayerNorm with bias, learned positions, fused c_attn, Conv1D layout `[in, out]`. */
const configJson = z.object({
  n_embd: size,
  n_layer: size,
  n_head: size,
  n_inner: size.nullish(),
  n_positions: size.default(1024),
  vocab_size: size,
  layer_norm_epsilon: z.number().default(1e-5),
  activation_function: z.string().default('gelu_new'),
  scale_attn_weights: z.boolean().default(true),
  scale_attn_by_inverse_layer_idx: z.boolean().default(false),
  tie_word_embeddings: z.boolean().default(true),
});

/** Name in a checkpoint, and whether it is a Conv1D. */
const checkpointNames: Record<string, [name: string, conv1d?: true]> = {
  'ln1.w': ['ln_1.weight'],
  'ln1.b': ['ln_1.bias'],
  'ln2.w': ['ln_2.weight'],
  'ln2.b': ['ln_2.bias'],
  'attn.W_O': ['attn.c_proj.weight', true],
  'attn.b_O': ['attn.c_proj.bias'],
  'mlp.W_in': ['mlp.c_fc.weight', true],
  'mlp.b_in': ['mlp.c_fc.bias'],
  'mlp.W_out': ['mlp.c_proj.weight', true],
  'mlp.b_out': ['mlp.c_proj.bias'],
};

const ggufNames: Record<string, string> = {
  'ln1.w': 'attn_norm.weight',
  'ln1.b': 'attn_norm.bias',
  'ln2.w': 'ffn_norm.weight',
  'ln2.b': 'ffn_norm.bias',
  'attn.W_O': 'attn_output.weight',
  'attn.b_O': 'attn_output.bias',
  'mlp.W_in': 'ffn_up.weight',
  'mlp.b_in': 'ffn_up.bias',
  'mlp.W_out': 'ffn_down.weight',
  'mlp.b_out': 'ffn_down.bias',
};

/** q, k and v lie one after the other in one fused matrix of 3 d outputs. */
function fusedPart(inBlock: string, d: number): { bias: boolean; rows: [number, number, number] } | undefined {
  const match = /^attn\.([Wb])_([QKV])$/.exec(inBlock);
  if (!match) return undefined;
  const part = 'QKV'.indexOf(match[2]);
  return { bias: match[1] === 'b', rows: [part * d, (part + 1) * d, 3 * d] };
}

export const gpt2: Family = {
  modelTypes: ['gpt2'],
  architectures: ['gpt2'],

  fromConfig(json, _shapes, where) {
    const c = parseConfig(configJson, json, where);
    const dHead = c.n_embd / c.n_head;
    const scale = (l: number) =>
      (c.scale_attn_weights ? dHead ** -0.5 : 1) / (c.scale_attn_by_inverse_layer_idx ? l + 1 : 1);
    return config({
      nLayers: c.n_layer,
      dModel: c.n_embd,
      nHeads: c.n_head,
      dMlp: c.n_inner ?? 4 * c.n_embd,
      vocabSize: c.vocab_size,
      contextLength: c.n_positions,
      eps: c.layer_norm_epsilon,
      activation: activationOf(c.activation_function, where),
      tied: c.tie_word_embeddings,
      scale,
    });
  },

  locateInCheckpoint(name, { dModel, tiedUnembedding }, shapes) {
    const prefix = shapes.has('transformer.wte.weight') ? 'transformer.' : '';
    const block = /^blocks\.(\d+)\.(.+)$/.exec(name);
    if (block) {
      const inBlock = `${prefix}h.${block[1]}.`;
      const fused = fusedPart(block[2], dModel);
      if (fused)
        return {
          tensor: `${inBlock}attn.c_attn.${fused.bias ? 'bias' : 'weight'}`,
          transposed: !fused.bias,
          rows: fused.rows,
        };
      const known = checkpointNames[block[2]];
      return known && { tensor: inBlock + known[0], transposed: known[1] };
    }
    return outside(
      name,
      `${prefix}wte.weight`,
      `${prefix}wpe.weight`,
      `${prefix}ln_f`,
      tiedUnembedding ? undefined : 'lm_head.weight',
    );
  },

  fromGguf(metadata, shapes, where) {
    const get = (key: string) => number(metadata, `gpt2.${key}`, where);
    const dModel = get('embedding_length');
    const nHeads = get('attention.head_count');
    return config({
      nLayers: get('block_count'),
      dModel,
      nHeads,
      dMlp: get('feed_forward_length'),
      vocabSize: shapes.get('token_embd.weight')?.shape[0] ?? 0,
      contextLength: get('context_length'),
      eps: get('attention.layer_norm_epsilon'),
      activation: 'gelu_tanh',
      tied: !shapes.has('output.weight'),
      scale: () => (dModel / nHeads) ** -0.5,
    });
  },

  locateInGguf(name, { dModel, tiedUnembedding }) {
    const block = /^blocks\.(\d+)\.(.+)$/.exec(name);
    if (block) {
      const inBlock = `blk.${block[1]}.`;
      const fused = fusedPart(block[2], dModel);
      if (fused) return { tensor: `${inBlock}attn_qkv.${fused.bias ? 'bias' : 'weight'}`, rows: fused.rows };
      const known = ggufNames[block[2]];
      return known ? { tensor: inBlock + known } : undefined;
    }
    const U = tiedUnembedding ? undefined : 'output.weight';
    return outside(name, 'token_embd.weight', 'position_embd.weight', 'output_norm', U);
  },
};

function outside(name: WeightName, E: string, P: string, norm: string, U: string | undefined): Location | undefined {
  if (name === 'embed.W_E') return { tensor: E };
  if (name === 'pos_embed.W_pos') return { tensor: P };
  if (name === 'ln_final.w') return { tensor: `${norm}.weight` };
  if (name === 'ln_final.b') return { tensor: `${norm}.bias` };
  if (name === 'unembed.W_U') return { tensor: U ?? E };
  return undefined;
}

interface Gpt2Sizes {
  nLayers: number;
  dModel: number;
  nHeads: number;
  dMlp: number;
  vocabSize: number;
  contextLength: number;
  eps: number;
  activation: TransformerConfig['mlp']['activation'];
  tied: boolean;
  scale(layer: number): number;
}

function config({ eps, activation, tied, scale, ...sizes }: Gpt2Sizes): TransformerConfig {
  return {
    ...sizes,
    family: 'gpt2',
    nKvHeads: sizes.nHeads,
    dHead: sizes.dModel / sizes.nHeads,
    norm: { kind: 'layer', eps },
    learnedPositions: true,
    attention: { bias: { q: true, k: true, v: true, o: true } },
    layers: layersOf(sizes.nLayers, (l) => ({ scale: scale(l) })),
    mlp: { activation, gated: false, bias: true },
    tiedUnembedding: tied,
    unembedBias: false,
  };
}
