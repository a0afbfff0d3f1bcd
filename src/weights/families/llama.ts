import * as z from 'zod';
import { ModelError } from '../../errors.ts';
import type { RotaryPositions, TransformerConfig } from '../../transformer/config.ts';
import { activationOf, type Family, type Location, layersOf, number, parseConfig, size } from './family.ts';
import { inverseFrequencies, ropeScaling, scaleFrequencies } from './rope.ts';

/** Llama (Touvron et al., arXiv 2302.13971; Grattafiori et al., arXiv 2407.21783) and models with its layout. */
const configJson = z.object({
  hidden_size: size,
  num_hidden_layers: size,
  num_attention_heads: size,
  num_key_value_heads: size.nullish(),
  head_dim: size.nullish(),
  intermediate_size: size,
  vocab_size: size,
  max_position_embeddings: size.default(2048),
  rms_norm_eps: z.number().default(1e-6),
  hidden_act: z.string().default('silu'),
  attention_bias: z.boolean().default(false),
  mlp_bias: z.boolean().default(false),
  tie_word_embeddings: z.boolean().default(false),
  rope_theta: z.number().positive().optional(),
  rope_scaling: ropeScaling.nullish(),
  rope_parameters: ropeScaling.nullish(),
});

const checkpointNames: Record<string, string> = {
  'ln1.w': 'input_layernorm.weight',
  'ln2.w': 'post_attention_layernorm.weight',
  'attn.W_Q': 'self_attn.q_proj.weight',
  'attn.W_K': 'self_attn.k_proj.weight',
  'attn.W_V': 'self_attn.v_proj.weight',
  'attn.W_O': 'self_attn.o_proj.weight',
  'attn.b_Q': 'self_attn.q_proj.bias',
  'attn.b_K': 'self_attn.k_proj.bias',
  'attn.b_V': 'self_attn.v_proj.bias',
  'attn.b_O': 'self_attn.o_proj.bias',
  'mlp.W_gate': 'mlp.gate_proj.weight',
  'mlp.W_in': 'mlp.up_proj.weight',
  'mlp.W_out': 'mlp.down_proj.weight',
  'mlp.b_gate': 'mlp.gate_proj.bias',
  'mlp.b_in': 'mlp.up_proj.bias',
  'mlp.b_out': 'mlp.down_proj.bias',
};

const ggufNames: Record<string, string> = {
  'ln1.w': 'attn_norm.weight',
  'ln2.w': 'ffn_norm.weight',
  'attn.W_Q': 'attn_q.weight',
  'attn.W_K': 'attn_k.weight',
  'attn.W_V': 'attn_v.weight',
  'attn.W_O': 'attn_output.weight',
  'attn.b_Q': 'attn_q.bias',
  'attn.b_K': 'attn_k.bias',
  'attn.b_V': 'attn_v.bias',
  'attn.b_O': 'attn_output.bias',
  'mlp.W_gate': 'ffn_gate.weight',
  'mlp.W_in': 'ffn_up.weight',
  'mlp.W_out': 'ffn_down.weight',
  'mlp.b_gate': 'ffn_gate.bias',
  'mlp.b_in': 'ffn_up.bias',
  'mlp.b_out': 'ffn_down.bias',
};

export const llama: Family = {
  modelTypes: ['llama'],
  architectures: ['llama'],

  fromConfig(json, _shapes, where) {
    const c = parseConfig(configJson, json, where);
    const dHead = c.head_dim ?? c.hidden_size / c.num_attention_heads;
    const scaling = c.rope_parameters ?? c.rope_scaling ?? undefined;
    const base = c.rope_theta ?? scaling?.rope_theta ?? 10_000;
    const frequencies = scaleFrequencies(inverseFrequencies(dHead, base), scaling, where);
    return config({
      nLayers: c.num_hidden_layers,
      dModel: c.hidden_size,
      nHeads: c.num_attention_heads,
      nKvHeads: c.num_key_value_heads ?? c.num_attention_heads,
      dHead,
      dMlp: c.intermediate_size,
      vocabSize: c.vocab_size,
      contextLength: c.max_position_embeddings,
      eps: c.rms_norm_eps,
      activation: activationOf(c.hidden_act, where),
      attentionBias: { q: c.attention_bias, k: c.attention_bias, v: c.attention_bias, o: c.attention_bias },
      mlpBias: c.mlp_bias,
      tied: c.tie_word_embeddings,
      rotary: { inverseFrequencies: frequencies },
    });
  },

  locateInCheckpoint(name, { tiedUnembedding }) {
    const block = /^blocks\.(\d+)\.(.+)$/.exec(name);
    if (block) return found(`model.layers.${block[1]}.`, checkpointNames[block[2]]);
    if (name === 'embed.W_E') return { tensor: 'model.embed_tokens.weight' };
    if (name === 'ln_final.w') return { tensor: 'model.norm.weight' };
    if (name === 'unembed.W_U') return { tensor: tiedUnembedding ? 'model.embed_tokens.weight' : 'lm_head.weight' };
    return undefined;
  },

  fromGguf(metadata, shapes, where) {
    const get = (key: string, fallback?: number) => number(metadata, `llama.${key}`, where, fallback);
    const nHeads = get('attention.head_count');
    const dModel = get('embedding_length');
    const dHead = get('attention.key_length', dModel / nHeads);
    const scalingType = metadata.get('llama.rope.scaling.type') ?? 'none';
    if (scalingType !== 'none' && scalingType !== 'linear')
      throw new ModelError(
        `Its rotary scaling "${String(scalingType)}" is not supported.`,
        where,
        'Choose another file.',
      );
    if (get('rope.dimension_count', dHead) !== dHead)
      throw new ModelError(
        'It rotates only a part of each head, which is not supported.',
        where,
        'Choose another file.',
      );
    if (get('expert_count', 0) > 0)
      throw new ModelError('It is a mixture of experts, which is not supported.', where, 'Choose a dense model.');
    const factor = scalingType === 'linear' ? get('rope.scaling.factor', 1) : 1;
    const frequencies = inverseFrequencies(dHead, get('rope.freq_base', 10_000)).map((f) => f / factor);
    const hasBias = (part: string) => shapes.has(`blk.0.attn_${part}.bias`);
    return config({
      nLayers: get('block_count'),
      dModel,
      nHeads,
      nKvHeads: get('attention.head_count_kv', nHeads),
      dHead,
      dMlp: get('feed_forward_length'),
      vocabSize: shapes.get('token_embd.weight')?.shape[0] ?? 0,
      contextLength: get('context_length'),
      eps: get('attention.layer_norm_rms_epsilon'),
      activation: 'silu',
      attentionBias: { q: hasBias('q'), k: hasBias('k'), v: hasBias('v'), o: hasBias('output') },
      mlpBias: shapes.has('blk.0.ffn_up.bias'),
      tied: !shapes.has('output.weight'),
      rotary: { inverseFrequencies: frequencies },
    });
  },

  locateInGguf(name, { nHeads, nKvHeads, tiedUnembedding }) {
    const block = /^blocks\.(\d+)\.(.+)$/.exec(name);
    if (block) {
      const location = found(`blk.${block[1]}.`, ggufNames[block[2]]);
      if (!location) return undefined;
      const part = block[2].slice(-1);
      const isHeadwise = /^attn\.[Wb]_[QK]$/.test(block[2]);
      return isHeadwise ? { ...location, interleavedHeads: part === 'Q' ? nHeads : nKvHeads } : location;
    }
    if (name === 'embed.W_E') return { tensor: 'token_embd.weight' };
    if (name === 'ln_final.w') return { tensor: 'output_norm.weight' };
    if (name === 'unembed.W_U') return { tensor: tiedUnembedding ? 'token_embd.weight' : 'output.weight' };
    return undefined;
  },
};

function found(prefix: string, name: string | undefined): Location | undefined {
  return name ? { tensor: prefix + name } : undefined;
}

interface LlamaSizes {
  nLayers: number;
  dModel: number;
  nHeads: number;
  nKvHeads: number;
  dHead: number;
  dMlp: number;
  vocabSize: number;
  contextLength: number;
  eps: number;
  activation: TransformerConfig['mlp']['activation'];
  attentionBias: TransformerConfig['attention']['bias'];
  mlpBias: boolean;
  tied: boolean;
  rotary: RotaryPositions;
}

function config({ eps, activation, attentionBias, mlpBias, tied, rotary, ...sizes }: LlamaSizes): TransformerConfig {
  return {
    ...sizes,
    family: 'llama',
    norm: { kind: 'rms', eps },
    learnedPositions: false,
    attention: { bias: attentionBias },
    layers: layersOf(sizes.nLayers, () => ({ scale: sizes.dHead ** -0.5, rotary })),
    mlp: { activation, gated: true, bias: mlpBias },
    tiedUnembedding: tied,
    unembedBias: false,
  };
}
