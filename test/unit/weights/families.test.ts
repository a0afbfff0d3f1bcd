import assert from 'node:assert/strict';
import { ModelError } from '../../../src/errors.ts';
import type { TransformerConfig } from '../../../src/transformer/config.ts';
import { checkConfig, type Json } from '../../../src/weights/families/family.ts';
import { gpt2 } from '../../../src/weights/families/gpt2.ts';
import { familyOfArchitecture, familyOfModelType } from '../../../src/weights/families/index.ts';
import { llama } from '../../../src/weights/families/llama.ts';
import type { GgufValue } from '../../../src/weights/gguf.ts';
import { fixture, readJson } from '../../fixtures.ts';

const none = new Map<string, { shape: number[] }>();
const where = 'config.json';

/** The fixture's configuration with changed fields; `undefined` takes one away. */
function read(name: string, changes: Json = {}): TransformerConfig {
  const json = { ...readJson<Json>(fixture('models', name, 'config.json')), ...changes };
  for (const key of Object.keys(json)) if (json[key] === undefined) delete json[key];
  return checkConfig(familyOfModelType(String(json.model_type), where).fromConfig(json, none, where), where);
}

function refused(make: () => unknown, what: RegExp): void {
  assert.throws(make, (error) => {
    assert.ok(error instanceof ModelError, String(error));
    assert.match(`${error.what} ${error.todo}`, what);
    return true;
  });
}

const frequencies = (config: TransformerConfig): number[] => config.layers[0].rotary!.inverseFrequencies;
const scales = (config: TransformerConfig): number[] => config.layers.map(({ scale }) => scale);

describe('llama: config.json', () => {
  it('reads grouped heads and a tied unembedding', () => {
    const config = read('llama_gqa_tied');
    assert.deepEqual(config, {
      family: 'llama',
      nLayers: 2,
      dModel: 64,
      nHeads: 4,
      nKvHeads: 2,
      dHead: 16,
      dMlp: 96,
      vocabSize: 320,
      contextLength: 128,
      norm: { kind: 'rms', eps: 1e-5 },
      learnedPositions: false,
      attention: { bias: { q: false, k: false, v: false, o: false } },
      mlp: { activation: 'silu', gated: true, bias: false },
      tiedUnembedding: true,
      unembedBias: false,
      layers: [0, 1].map(() => ({
        scale: 0.25,
        rotary: { inverseFrequencies: [0, 1, 2, 3, 4, 5, 6, 7].map((i) => 100_000 ** (-i / 8)) },
        residual: 'sequential',
        norms: 'before',
      })),
    } satisfies TransformerConfig);
  });

  it('takes what is not written as HF transformers does', () => {
    const config = read('llama_gqa_tied', {
      head_dim: undefined,
      num_key_value_heads: undefined,
      tie_word_embeddings: undefined,
      rope_theta: undefined,
      hidden_act: undefined,
    });
    assert.equal(config.dHead, 16);
    assert.equal(config.nKvHeads, 4);
    assert.equal(config.tiedUnembedding, false);
    assert.equal(config.mlp.activation, 'silu');
    assert.equal(frequencies(config)[4], 10_000 ** -0.5);
  });

  it('reads a head size of its own, multi-query attention and biases', () => {
    const config = read('llama_gqa_tied', {
      head_dim: 32,
      num_key_value_heads: 1,
      attention_bias: true,
      mlp_bias: true,
    });
    assert.deepEqual([config.dHead, config.nKvHeads, scales(config)[0]], [32, 1, 32 ** -0.5]);
    assert.deepEqual(config.attention.bias, { q: true, k: true, v: true, o: true });
    assert.equal(config.mlp.bias, true);
  });

  it('names activations as HF transformers does', () => {
    const names = { silu: 'silu', gelu: 'gelu', gelu_new: 'gelu_tanh', gelu_pytorch_tanh: 'gelu_tanh', relu: 'relu' };
    for (const [hidden_act, activation] of Object.entries(names))
      assert.equal(read('llama_mha', { hidden_act }).mlp.activation, activation);
    refused(() => read('llama_mha', { hidden_act: 'xielu' }), /activation "xielu" is not supported.*silu/);
    refused(() => read('llama_mha', { hidden_act: 'toString' }), /activation "toString"/);
  });

  it('reads rope_parameters as transformers 5 writes them', () => {
    const v4 = read('llama3_rope_sharded');
    const { rope_theta, rope_scaling } = readJson<{ rope_theta: number; rope_scaling: Json }>(
      fixture('models', 'llama3_rope_sharded', 'config.json'),
    );
    const rope_parameters = { ...rope_scaling, rope_theta };
    const v5 = read('llama3_rope_sharded', { rope_parameters, rope_theta: undefined, rope_scaling: undefined });
    assert.deepEqual(v5, v4);
  });

  it('divides frequencies by the factor of a linear scaling', () => {
    const plain = frequencies(read('llama_mha'));
    const scaled = frequencies(read('llama_mha', { rope_scaling: { type: 'linear', factor: 4 } }));
    assert.deepEqual(
      scaled,
      plain.map((f) => f / 4),
    );
    assert.deepEqual(frequencies(read('llama_mha', { rope_scaling: { rope_type: 'default' } })), plain);
  });

  it('llama3 scaling: short waves kept, long ones divided, a passage between', () => {
    // Context 32, factor 8, factors of low and high frequencies 1 and 4: the borders are waves of 8 and 32 tokens.
    const rope_theta = 10_000; // waves of 6.3, 19.9, 62.8, … tokens
    const plain = frequencies(read('llama3_rope_sharded', { rope_theta, rope_scaling: null }));
    const scaled = frequencies(read('llama3_rope_sharded', { rope_theta }));
    const kinds = plain.map((f, i) => {
      const wave = (2 * Math.PI) / f;
      const ratio = scaled[i] / f;
      if (wave < 8) assert.equal(ratio, 1);
      else if (wave > 32) assert.ok(Math.abs(ratio - 1 / 8) < 1e-15);
      // In between the ratio falls from 1 to 1/8, linearly in the number of waves that fit the old context.
      else assert.ok(Math.abs(ratio - (1 / 8 + ((7 / 8) * (32 / wave - 1)) / 3)) < 1e-12);
      return wave < 8 ? 'short' : wave > 32 ? 'long' : 'between';
    });
    assert.deepEqual(kinds.slice(0, 3), ['short', 'between', 'long']);
  });

  it('refuses other scalings by name, and scalings without their numbers', () => {
    for (const rope_type of ['yarn', 'longrope', 'dynamic'])
      refused(() => read('llama_mha', { rope_scaling: { rope_type, factor: 2 } }), new RegExp(`"${rope_type}"`));
    refused(() => read('llama_mha', { rope_scaling: { rope_type: 'linear' } }), /"linear" has no "factor"/);
    refused(() => read('llama_mha', { rope_scaling: { rope_type: 'llama3', factor: 8 } }), /no "low_freq_factor"/);
  });

  it('refuses numbers that cannot be, by name', () => {
    const wrong: [Json, RegExp][] = [
      [{ hidden_size: undefined }, /"hidden_size"/],
      [{ hidden_size: '64' }, /"hidden_size"/],
      [{ num_hidden_layers: 0 }, /"num_hidden_layers"/],
      [{ num_hidden_layers: 1e9 }, /nLayers 1000000000/],
      [{ num_hidden_layers: 2.5 }, /"num_hidden_layers"/],
      [{ vocab_size: 2 ** 40 }, /vocabSize/],
      [{ intermediate_size: -1 }, /"intermediate_size"/],
      [{ max_position_embeddings: 2 ** 50 }, /contextLength/],
      [{ num_key_value_heads: 3 }, /3 key\/value heads for 4 heads/],
      [{ num_attention_heads: 7, num_key_value_heads: 7, head_dim: undefined }, /dHead/],
      [{ head_dim: 15 }, /odd head size of 15/],
      [{ head_dim: 1e9 }, /dHead/],
      [{ rms_norm_eps: 0 }, /norm epsilon/],
      [{ rope_theta: 0 }, /"rope_theta"/],
    ];
    for (const [changes, what] of wrong) refused(() => read('llama_gqa_tied', changes), what);
  });
});

describe('gpt2: config.json', () => {
  it('reads learned positions, LayerNorm and biases', () => {
    const scale = 8 ** -0.5;
    assert.deepEqual(read('gpt2'), {
      family: 'gpt2',
      nLayers: 3,
      dModel: 32,
      nHeads: 4,
      nKvHeads: 4,
      dHead: 8,
      dMlp: 128,
      vocabSize: 320,
      contextLength: 80,
      norm: { kind: 'layer', eps: 1e-5 },
      learnedPositions: true,
      attention: { bias: { q: true, k: true, v: true, o: true } },
      mlp: { activation: 'gelu_tanh', gated: false, bias: true },
      tiedUnembedding: true,
      unembedBias: false,
      layers: [0, 1, 2].map(() => ({ scale, residual: 'sequential', norms: 'before' })),
    } satisfies TransformerConfig);
  });

  it('reads the switches of the scores', () => {
    assert.deepEqual(scales(read('gpt2', { scale_attn_weights: false })), [1, 1, 1]);
    const scale = 8 ** -0.5;
    const byLayer = scales(read('gpt2', { scale_attn_by_inverse_layer_idx: true }));
    assert.deepEqual(byLayer, [scale, scale / 2, scale / 3]);
  });

  it('reads the width of the feed-forward and its activation', () => {
    const config = read('gpt2', { n_inner: 96, activation_function: 'relu', tie_word_embeddings: undefined });
    assert.deepEqual([config.dMlp, config.mlp.activation, config.tiedUnembedding], [96, 'relu', true]);
    assert.equal(read('gpt2', { activation_function: 'gelu' }).mlp.activation, 'gelu');
  });

  it('finds tensors with and without the prefix', () => {
    const config = read('gpt2');
    const prefixed = new Map([['transformer.wte.weight', { shape: [320, 32] }]]);
    const place = { transposed: true, rows: [32, 64, 96] };
    const find = (shapes: typeof prefixed) => gpt2.locateInCheckpoint('blocks.1.attn.W_K', config, shapes);
    assert.deepEqual(find(none), { tensor: 'h.1.attn.c_attn.weight', ...place });
    assert.deepEqual(find(prefixed), { tensor: 'transformer.h.1.attn.c_attn.weight', ...place });
  });

  it('refuses heads that do not divide the width', () => {
    refused(() => read('gpt2', { n_head: 5 }), /dHead 6.4/);
  });
});

describe('families: GGUF', () => {
  const metadata: Record<string, GgufValue> = {
    'llama.block_count': 2,
    'llama.embedding_length': 64,
    'llama.attention.head_count': 4,
    'llama.feed_forward_length': 96,
    'llama.context_length': 128n,
    'llama.attention.layer_norm_rms_epsilon': 1e-5,
  };
  const embed: [string, { shape: number[] }] = ['token_embd.weight', { shape: [320, 64] }];
  const made = async (more: Record<string, GgufValue> = {}, tensors: string[] = []) => {
    const shapes = new Map([embed, ...tensors.map((name): typeof embed => [name, { shape: [1] }])]);
    return checkConfig(
      await llama.fromGguf(new Map(Object.entries({ ...metadata, ...more })), shapes, 'f.gguf'),
      where,
    );
  };

  it('takes what is not written as llama.cpp does', async () => {
    const config = await made();
    assert.deepEqual([config.nKvHeads, config.dHead, config.vocabSize, config.contextLength], [4, 16, 320, 128]);
    assert.equal(config.tiedUnembedding, true);
    assert.equal(frequencies(config)[4], 10_000 ** -0.5);
  });

  it('reads what is written', async () => {
    const config = await made(
      {
        'llama.attention.head_count_kv': 2,
        'llama.attention.key_length': 32,
        'llama.rope.dimension_count': 32,
        'llama.rope.freq_base': 500_000,
        'llama.rope.scaling.type': 'linear',
        'llama.rope.scaling.factor': 2,
      },
      ['output.weight', 'blk.0.attn_q.bias', 'blk.0.attn_v.bias'],
    );
    assert.deepEqual([config.nKvHeads, config.dHead, config.tiedUnembedding], [2, 32, false]);
    assert.equal(frequencies(config)[8], 500_000 ** -0.5 / 2);
    assert.deepEqual(config.attention.bias, { q: true, k: false, v: true, o: false });
  });

  it('refuses what it cannot compute', async () => {
    const wrong: [Record<string, GgufValue>, RegExp][] = [
      [{ 'llama.rope.scaling.type': 'yarn' }, /"yarn" is not supported/],
      [{ 'llama.rope.dimension_count': 8 }, /only a part of each head/],
      [{ 'llama.expert_count': 8 }, /mixture of experts/],
      [{ 'llama.block_count': 'two' }, /"llama.block_count" is missing or no number/],
      [{ 'llama.block_count': 4_000_000_000 }, /nLayers 4000000000/],
      [{ 'llama.attention.head_count': 0 }, /nHeads 0|dHead/],
      [{ 'llama.rope.freq_base': Number.NaN }, /rotary frequency/],
      [{ 'llama.rope.scaling.type': 'linear', 'llama.rope.scaling.factor': 0 }, /rotary frequency/],
    ];
    for (const [more, what] of wrong)
      await assert.rejects(made(more), (error) => error instanceof ModelError && what.test(error.what), String(what));
  });

  it('un-permutes q and k, and nothing else', async () => {
    const config = await made({ 'llama.attention.head_count_kv': 2 });
    const heads = (name: 'Q' | 'K' | 'V') =>
      llama.locateInGguf(`blocks.0.attn.W_${name}`, config, none)?.interleavedHeads;
    assert.deepEqual([heads('Q'), heads('K'), heads('V')], [4, 2, undefined]);
  });
});

describe('families: which are known', () => {
  it('names what is not, and lists what is', () => {
    refused(() => familyOfModelType('mamba', where), /model type "mamba" is not supported.*llama, gpt2/);
    refused(() => familyOfArchitecture('rwkv7', where), /architecture "rwkv7" is not supported.*llama, gpt2/);
    refused(() => familyOfModelType('constructor', where), /"constructor" is not supported/);
  });

  it('says why encoders do not fit', () => {
    refused(() => familyOfModelType('bert', where), /"bert" is an encoder model/);
    refused(() => familyOfModelType('t5', where), /"t5" is an encoder-decoder model/);
    refused(() => familyOfArchitecture('nomic-bert', where), /"nomic-bert" is an encoder model/);
    refused(() => familyOfArchitecture('t5', where), /"t5" is an encoder-decoder model/);
  });
});
