import assert from 'node:assert/strict';
import { copyFile, cp, mkdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { modelWeights } from '../../../src/transformer/model.ts';
import { bundledModelPath } from '../../../src/weights/bundled.ts';
import { openModel } from '../../../src/weights/open.ts';
import type { ModelSource } from '../../../src/weights/source.ts';
import { fixture, readArrays, repositoryRoot } from '../../fixtures.ts';
import { copyOfModel, editJson, editSafetensors, rejects, temporaryFolder } from './files.ts';

const weightNames = ({ config }: ModelSource): string[] => [...modelWeights(config).keys()];

/** A copy: what a source reads is good until its next read. */
const readOf = async (source: ModelSource, name: string, rows?: [number, number]) =>
  (await source.read(name, rows)).slice();

async function using<T>(path: string, act: (source: ModelSource) => Promise<T>): Promise<T> {
  const source = await openModel(path);
  try {
    return await act(source);
  } finally {
    await source.close();
  }
}

const fingerprint = (path: string) => using(path, async (source) => source.fingerprint);

describe('openModel: weights', () => {
  it('F16 GGUF holds the numbers of the safetensors, q and k un-permuted', () =>
    using(fixture('models/llama_gqa_tied'), (folder) =>
      using(fixture('gguf/llama_gqa_tied/llama_gqa_tied.F16.gguf'), async (gguf) => {
        assert.deepEqual([folder.format, gguf.format], ['safetensors', 'gguf']);
        assert.deepEqual(
          [folder.name, gguf.name],
          ['llama_gqa_tied', 'llama_gqa_tied'],
          'the folder, and general.name',
        );
        assert.equal(gguf.parameters, folder.parameters);
        for (const name of weightNames(folder)) {
          const [expected, read] = [await folder.read(name), await gguf.read(name)]; // two sources, two buffers
          assert.deepEqual(gguf.shape(name), folder.shape(name), name);
          assert.equal(read.length, expected.length, name);
          // Half precision: 11 bits, and steps of 2^-24 among the smallest.
          expected.forEach((x, i) => {
            assert.ok(Math.abs(read[i] - x) <= Math.abs(x) * 2 ** -11 + 2 ** -25, `${name}[${i}]: ${read[i]}, ${x}`);
          });
        }
      }),
    ));

  it('F16 GGUF of gpt2: fused q, k, v as in the Conv1D of the safetensors', () =>
    using(fixture('models/gpt2'), (folder) =>
      using(fixture('gguf/gpt2/gpt2.F16.gguf'), async (gguf) => {
        assert.equal(gguf.parameters, folder.parameters);
        for (const name of weightNames(folder)) {
          const [expected, read] = [await folder.read(name), await gguf.read(name)]; // two sources, two buffers
          assert.deepEqual(gguf.shape(name), folder.shape(name), name);
          expected.forEach((x, i) => {
            assert.ok(Math.abs(read[i] - x) <= Math.abs(x) * 2 ** -11 + 2 ** -25, `${name}[${i}]`);
          });
        }
      }),
    ));

  it('gpt2: output-major slices of c_attn', async () => {
    const arrays = await readArrays(fixture('models/gpt2/model.safetensors'));
    const [W, b] = ['weight', 'bias'].map((part) => arrays.get(`h.2.attn.c_attn.${part}`)!.data);
    await using(fixture('models/gpt2'), async (source) => {
      for (const [part, name] of ['Q', 'K', 'V'].entries()) {
        const read = await readOf(source, `blocks.2.attn.W_${name}`);
        for (let o = 0; o < 32; o++)
          for (let i = 0; i < 32; i++) assert.equal(read[o * 32 + i], W[i * 96 + part * 32 + o]);
        assert.deepEqual(await source.read(`blocks.2.attn.b_${name}`), b.slice(part * 32, part * 32 + 32));
      }
      assert.deepEqual(source.shape('blocks.2.mlp.W_in'), [128, 32]);
      const [down, stored] = [await source.read('blocks.2.mlp.W_out'), arrays.get('h.2.mlp.c_proj.weight')!.data];
      for (let o = 0; o < 32; o++) for (let i = 0; i < 128; i++) assert.equal(down[o * 128 + i], stored[i * 32 + o]);
    });
  });

  it('counts parameters, a tied unembedding once, and the bytes of all shards', async () => {
    // llama_gqa_tied: E, then per block q, o, k, v, three of the feed-forward and two norms; the last norm.
    const tied = 320 * 64 + 2 * (2 * 64 * 64 + 2 * 32 * 64 + 3 * 96 * 64 + 2 * 64) + 64;
    await using(fixture('models/llama_gqa_tied'), async (source) => assert.equal(source.parameters, tied));
    await using(fixture('models/llama3_rope_sharded'), async (source) => {
      assert.equal(source.parameters, 83_280); // as its index says
      assert.equal(source.byteLength, 36_992 + 25_224 + 25_616 + 25_616 + 36_984 + 19_336);
    });
  });

  it('a tied unembedding is E', () =>
    using(fixture('models/gpt2'), async (source) => {
      assert.deepEqual(await readOf(source, 'unembed.W_U'), await readOf(source, 'embed.W_E'));
      assert.equal(source.has('unembed.b_U'), false);
      await rejects(source.read('unembed.b_U'), /no weight unembed.b_U/, source.path);
    }));

  for (const [path, name, width] of [
    ['models/llama_mha', 'blocks.1.attn.W_Q', 32],
    ['models/gpt2', 'blocks.1.attn.W_K', 32], // a part of a transposed tensor
    ['gguf/llama_gqa_tied/llama_gqa_tied.Q4_1.gguf', 'blocks.1.attn.W_K', 64], // rotary halves apart
    ['gguf/llama_gqa_tied/llama_gqa_tied.Q4_1.gguf', 'unembed.W_U', 64],
  ] as const)
    it(`some rows are those of the whole: ${name} of ${path}`, () =>
      using(fixture(path), async (source) => {
        const whole = await readOf(source, name);
        for (const [from, to] of [
          [0, 3],
          [5, 21],
          [31, 32],
        ] as const)
          assert.deepEqual(await readOf(source, name, [from, to]), whole.slice(from * width, to * width));
      }));

  for (const type of ['Q8_0', 'Q4_1', 'F16'])
    it(`rows of E stay stored as they are: ${type}`, () =>
      using(fixture(`gguf/llama_gqa_tied/llama_gqa_tied.${type}.gguf`), async (source) => {
        const [rows, E] = [await source.embeddingRows(), await source.read('embed.W_E')];
        assert.equal(rows.byteLength, type === 'F16' ? 320 * 64 * 2 : 320 * 2 * 34); // Q4_1 files have E in Q8_0
        const out = new Float32Array(3 * 64);
        rows.read(319, out, 64);
        assert.deepEqual(out.subarray(64, 128), E.subarray(319 * 64));
        assert.ok(out.subarray(0, 64).every((x) => x === 0) && out.subarray(128).every((x) => x === 0));
      }));

  it('inverse frequencies of llama3 scaling are the same in GGUF, where they are divided by factors', async () => {
    const positions = (path: string) => using(path, async ({ config }) => config.layers[0].rotary!);
    const json = await positions(fixture('models/llama3_rope_sharded'));
    const gguf = await positions(fixture('gguf/llama3_rope_sharded/llama3_rope_sharded.F16.gguf'));
    json.inverseFrequencies.forEach((f, i) => {
      assert.ok(Math.abs(gguf.inverseFrequencies[i] / f - 1) < 1e-6); // the factors are float32
    });
  });

  it('the bundled model', () =>
    using(bundledModelPath(repositoryRoot), async ({ name, config, parameters, tokenizer }) => {
      assert.equal(name, 'SmolLM2-135M-Instruct');
      assert.equal(parameters, 134_515_008);
      const { nLayers, dModel, nHeads, nKvHeads, vocabSize, tiedUnembedding } = config;
      assert.deepEqual([nLayers, dModel, nHeads, nKvHeads, vocabSize], [30, 576, 9, 3, 49_152]);
      assert.equal(tiedUnembedding, true);
      assert.deepEqual(tokenizer.eosIds, [2]);
    }));
});

describe('openModel: what is chosen', () => {
  const folder = temporaryFolder();

  it('fingerprints change with the weights, not with the place', async () => {
    const copy = await copyOfModel('gpt2', folder());
    const before = await fingerprint(fixture('models/gpt2'));
    assert.match(before, /^[0-9a-f]{64}$/);
    assert.equal(await fingerprint(copy), before);
    await editSafetensors(join(copy, 'model.safetensors'), (_header, data) => data.writeFloatLE(0.125, 0));
    assert.notEqual(await fingerprint(copy), before);
  });

  it('a folder with one GGUF, also beside a config.json', async () => {
    const place = join(folder(), 'one');
    await mkdir(place);
    await copyFile(fixture('gguf/gpt2/gpt2.Q4_0.gguf'), join(place, 'tiny.gguf'));
    await using(place, async ({ name, format }) => assert.deepEqual([name, format], ['gpt2', 'gguf']));
    await copyFile(fixture('models/gpt2/config.json'), join(place, 'config.json'));
    await using(place, async ({ format }) => assert.equal(format, 'gguf'));
    await copyFile(join(place, 'tiny.gguf'), join(place, 'other.gguf'));
    await rejects(openModel(place), /2 \.gguf files/, place);
  });

  it('prefixed names of gpt2', async () => {
    const copy = await copyOfModel('gpt2', folder());
    await editSafetensors(join(copy, 'model.safetensors'), (header) => {
      for (const name of Object.keys(header).filter((key) => key !== '__metadata__')) {
        header[`transformer.${name}`] = header[name];
        delete header[name];
      }
    });
    const W = (path: string) => using(path, (source) => readOf(source, 'blocks.1.attn.W_V'));
    assert.deepEqual(await W(copy), await W(fixture('models/gpt2')));
  });

  it('ids that end a text', async () => {
    const copy = await copyOfModel('gpt2', folder());
    const eos = () => using(copy, async ({ tokenizer }) => tokenizer.eosIds);
    await editJson(join(copy, 'config.json'), (json) => {
      json.eos_token_id = 5;
    });
    assert.deepEqual(await eos(), [5]);
    await writeFile(join(copy, 'generation_config.json'), '{"eos_token_id": [1, 2]}');
    assert.deepEqual(await eos(), [1, 2]);
  });

  it('refuses what is no model, with the reason', async () => {
    const place = join(folder(), 'none');
    await mkdir(place);
    await rejects(openModel(join(place, 'missing.gguf')), /There is no model/, place);
    await rejects(openModel(place), /no config\.json and no \.gguf/, place);
    for (const [name, what] of [
      ['model.onnx', /ONNX graphs are not supported yet/],
      ['pytorch_model.bin', /pickled.*run any program/],
      ['model.pt', /pickled.*run any program/],
      ['model.safetensors', /alone does not say what model/],
      ['model.gguf', /not a GGUF file/],
      ['notes.txt', /not a GGUF file/],
    ] as const) {
      await writeFile(join(place, name), 'not a model');
      await rejects(openModel(join(place, name)), what, join(place, name));
      if (name !== 'model.gguf') await rm(join(place, name));
    }
    await rejects(openModel(place), /not a GGUF file/, place);
    await rm(join(place, 'model.gguf'));
    await writeFile(join(place, 'pytorch_model.bin'), '');
    await rejects(openModel(place), /pickled/, place);
    await copyFile(fixture('models/gpt2/config.json'), join(place, 'config.json'));
    await rejects(openModel(place), /pickled/, place);
    await rename(join(place, 'pytorch_model.bin'), join(place, 'model.onnx'));
    await rejects(openModel(place), /ONNX graphs/, place);
  });
});

describe('openModel: damaged models', () => {
  const folder = temporaryFolder();
  const weights = (place: string) => join(place, 'model.safetensors');

  async function refusedAfter(model: string, damage: (place: string) => Promise<void>, what: RegExp): Promise<void> {
    const place = await copyOfModel(model, folder());
    await damage(place);
    await rejects(openModel(place), what, place);
  }

  it('a configuration of another model', async () => {
    const changes: [string, unknown, RegExp][] = [
      ['hidden_size', 48, /"model.embed_tokens.weight" has shape \[320,64\].*needs \[320,48\]/],
      ['vocab_size', 400, /embed.W_E needs \[400,64\]/],
      ['num_key_value_heads', 4, /k_proj.weight" has shape \[32,64\]/],
      ['intermediate_size', 64, /mlp/],
      ['num_hidden_layers', 3, /"model.layers.2.input_layernorm.weight" is missing/],
      ['attention_bias', true, /"model.layers.0.self_attn.q_proj.bias" is missing/],
      ['tie_word_embeddings', false, /"lm_head.weight" is missing/],
      ['model_type', 'bert', /"bert" is an encoder model/],
      ['model_type', 'mamba', /"mamba" is not supported/],
      ['model_type', undefined, /no "model_type"/],
    ];
    for (const [key, value, what] of changes)
      await refusedAfter(
        'llama_gqa_tied',
        (place) =>
          editJson(join(place, 'config.json'), (json) => {
            json[key] = value;
          }),
        what,
      );
  });

  it('a fused matrix with outputs to spare', () =>
    refusedAfter(
      'gpt2',
      (place) =>
        editSafetensors(weights(place), (header) => {
          header['h.0.attn.c_attn.weight'].shape = [24, 128];
        }),
      /"h.0.attn.c_attn.weight" has shape \[24,128\]/,
    ));

  it('a missing tensor, and one of a kind that is not read', async () => {
    const norm = 'model.layers.1.input_layernorm.weight';
    await refusedAfter(
      'llama_gqa_tied',
      (place) =>
        editSafetensors(weights(place), (header) => {
          delete header[norm];
        }),
      new RegExp(`"${norm}" is missing`),
    );
    for (const dtype of ['I32', 'F4_NEW'])
      await refusedAfter(
        'llama_gqa_tied',
        (place) =>
          editSafetensors(weights(place), (header) => {
            header[norm].dtype = dtype;
          }),
        new RegExp(`"${norm}" is stored as ${dtype}, which is not supported`),
      );
  });

  it('buffers of other kinds do no harm', async () => {
    const place = await copyOfModel('gpt2', folder());
    await editSafetensors(weights(place), (header) => {
      header['h.0.attn.bias'] = { ...header['h.0.attn.bias'], dtype: 'U8', shape: [1, 1, 160, 160] };
      header['h.1.attn.bias'].dtype = 'F4_NEW';
    });
    await using(place, async (source) => assert.equal(source.parameters, 3 * 12_704 + 320 * 32 + 80 * 32 + 64));
  });

  it('weights that are not finite, named when they are read', async () => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      const place = await copyOfModel('gpt2', folder());
      await editSafetensors(weights(place), (header, data) => {
        data.writeFloatLE(value, header['h.1.mlp.c_fc.weight'].data_offsets[1] - 4);
      });
      await using(place, async (source) => {
        const what = /"h.1.mlp.c_fc.weight" holds numbers that are not finite/;
        await rejects(source.read('blocks.1.mlp.W_in'), what, place);
        await source.read('blocks.0.mlp.W_in');
      });
    }
  });

  it('an untied E that is not finite', async () => {
    const place = await copyOfModel('llama_mha', folder());
    await editSafetensors(weights(place), (header, data) => {
      data.writeUInt16LE(0x7e00, header['model.embed_tokens.weight'].data_offsets[0] + 100); // NaN in half precision
    });
    await using(place, (source) =>
      rejects(source.embeddingRows(), /"model.embed_tokens.weight" holds numbers that are not finite/, place),
    );
  });

  it('files that are cut off', async () => {
    await refusedAfter('gpt2', (place) => truncate(weights(place), 200_000), /lies beyond the end of the file/);
    await refusedAfter('gpt2', (place) => truncate(weights(place), 100), /header claims/);
    await refusedAfter('gpt2', (place) => truncate(weights(place), 0), /shorter than its header/);
    const gguf = join(folder(), 'cut.gguf');
    await copyFile(fixture('gguf/gpt2/gpt2.F16.gguf'), gguf);
    await truncate(gguf, 100_000);
    await rejects(openModel(gguf), /beyond the end of the file/, gguf);
    await truncate(gguf, 1000);
    await rejects(openModel(gguf), /./, gguf);
  });

  it('a file that is cut off after it was opened', async () => {
    const place = await copyOfModel('gpt2', folder());
    await using(place, async (source) => {
      await truncate(weights(place), 100_000);
      await rejects(source.read('embed.W_E'), /became shorter/, place);
    });
  });

  it('shards: missing, outside the folder, or the same tensor twice', async () => {
    const index = 'model.safetensors.index.json';
    const named = (file: string) => (place: string) =>
      editJson(join(place, index), (json) => {
        (json.weight_map as Record<string, string>)['model.norm.weight'] = file;
      });
    const shard = 'model-00003-of-00006.safetensors';
    await refusedAfter('llama3_rope_sharded', (place) => rm(join(place, shard)), new RegExp(`"${shard}" is missing`));
    const secret = join(folder(), 'secret.safetensors');
    await copyFile(fixture('models/gpt2/model.safetensors'), secret);
    for (const file of ['../secret.safetensors', '..\\secret.safetensors', secret, 'a/../../secret.safetensors'])
      await refusedAfter('llama3_rope_sharded', named(file), /no plain file name/);
    for (const file of ['..', '.', ''])
      await refusedAfter('llama3_rope_sharded', named(file), /missing|plain file name/);
    await refusedAfter(
      'llama3_rope_sharded',
      async (place) => {
        await cp(join(place, shard), join(place, 'again.safetensors'));
        await named('again.safetensors')(place);
      },
      /is in two files/,
    );
    await refusedAfter(
      'llama3_rope_sharded',
      (place) => writeFile(join(place, index), '{"weight_map": 3}'),
      /weight_map/,
    );
    await refusedAfter(
      'llama3_rope_sharded',
      async (place) => rm(join(place, index)),
      /several \.safetensors files and no index/,
    );
  });

  it('JSON files: missing, broken, of another kind', async () => {
    await refusedAfter('gpt2', (place) => rm(join(place, 'tokenizer.json')), /no tokenizer\.json/);
    await refusedAfter('gpt2', (place) => writeFile(join(place, 'tokenizer.json'), '{'), /no JSON object/);
    await refusedAfter('gpt2', (place) => writeFile(join(place, 'config.json'), '[1]'), /no JSON object/);
    const config = await readFile(fixture('models/gpt2/config.json'), 'utf8');
    const half = config.slice(0, config.length / 2);
    await refusedAfter('gpt2', (place) => writeFile(join(place, 'config.json'), half), /no JSON object/);
  });
});
