import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import * as z from 'zod';
import { ModelError } from '../errors.ts';
import { modelName } from './bundled.ts';
import { checkConfig, type Json } from './families/family.ts';
import { familyOfArchitecture, familyOfModelType } from './families/index.ts';
import { FileSource } from './fileSource.ts';
import { readGguf } from './gguf.ts';
import { tokenizerFromGguf } from './ggufTokenizer.ts';
import { readSafetensors } from './safetensors.ts';
import type { ModelSource, TokenizerDefinition } from './source.ts';
import { TensorFile } from './tensorFile.ts';
import { readWeight, Scratch, type StoredTensor } from './tensors.ts';

/** In bytes. Tokenizers of a quarter of a million tokens take 35 MB, all other files well under one. */
const LARGEST_TOKENIZER = 64 << 20;
const LARGEST_JSON = 8 << 20;
const ONNX = /\.onnx$/i;
const PICKLES = /\.(bin|pt|pth|pkl|ckpt)$/i;

/**
 * Opens a model's files and checks all of them against each other, before any weight is read.
 * @param path a .gguf file; a folder with config.json and safetensors, or with one .gguf file
 * @throws ModelError saying what is wrong, in which file, and what to do
 */
export async function openModel(path: string): Promise<ModelSource> {
  const info = await stat(path).catch((error: unknown) => {
    throw new ModelError('There is no model.', path, 'Check the path of the model.', { cause: error });
  });
  if (info.isDirectory()) return openFolder(path);
  if (!info.isFile())
    throw new ModelError('It is neither a file nor a folder.', path, 'Choose a model file, or the folder of a model.');
  if (/\.gguf$/i.test(path)) return openGguf(path);
  if (ONNX.test(path)) throw exported(path);
  if (PICKLES.test(path)) throw pickled(path);
  if (/\.safetensors$/i.test(path))
    throw new ModelError(
      'A safetensors file alone does not say what model it is.',
      path,
      'Choose its folder, with config.json.',
    );
  return openGguf(path); // a GGUF file under another name, or an error that says so
}

async function openFolder(folder: string): Promise<ModelSource> {
  const names = await readdir(folder).catch((error: unknown) => {
    throw new ModelError('The folder cannot be read.', folder, 'Check its permissions.', { cause: error });
  });
  const ggufs = names.filter((name) => /\.gguf$/i.test(name));
  const hasSafetensors = names.some((name) => /\.safetensors(\.index\.json)?$/i.test(name));
  // Beside GGUF files a config.json may lie as well.
  if (names.includes('config.json') && (hasSafetensors || ggufs.length === 0)) return openCheckpoint(folder, names);
  if (ggufs.length === 1) return openGguf(join(folder, ggufs[0]));
  if (ggufs.length > 1) throw new ModelError(`It holds ${ggufs.length} .gguf files.`, folder, 'Choose one of them.');
  if (names.some((name) => ONNX.test(name))) throw exported(folder);
  if (names.some((name) => PICKLES.test(name))) throw pickled(folder);
  throw new ModelError('It has no config.json and no .gguf file.', folder, 'Choose a folder with a model in it.');
}

function exported(path: string): ModelError {
  return new ModelError('Exported ONNX graphs are not supported yet.', path, 'Choose GGUF or safetensors.');
}

function pickled(path: string): ModelError {
  return new ModelError(
    'The weights are pickled: opening such a file can run any program hidden in it.',
    path,
    'Use the same model as safetensors.',
  );
}

async function openGguf(path: string): Promise<ModelSource> {
  const file = await TensorFile.open(path);
  try {
    const { metadata, tensors } = await readGguf(file);
    const architecture = metadata.get('general.architecture');
    if (typeof architecture !== 'string')
      throw new ModelError('It does not say what architecture it has.', path, 'Choose another file.');
    const family = familyOfArchitecture(architecture, path);
    const config = checkConfig(await family.fromGguf(metadata, tensors, path), path);
    const stored = new Map([...tensors].map(([name, info]): [string, StoredTensor] => [name, { ...info, file }]));
    await applyRopeFactors(config, stored);
    const embedding = family.locateInGguf('embed.W_E', config, tensors);
    const rows = tensors.get(embedding?.tensor ?? '')?.shape[0] ?? config.vocabSize;
    return await FileSource.open({
      name: modelName(path, metadata.get('general.name')),
      format: 'gguf',
      path,
      config,
      tokenizer: tokenizerFromGguf(metadata, path, Math.min(config.vocabSize, rows)),
      files: [file],
      tensors: stored,
      locate: (weight) => family.locateInGguf(weight, config, tensors),
    });
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** llama.cpp writes the scaling of long contexts as one factor a frequency, by which it is divided. */
async function applyRopeFactors(
  { layers }: ModelSource['config'],
  tensors: ReadonlyMap<string, StoredTensor>,
): Promise<void> {
  const factors = tensors.get('rope_freqs.weight');
  const rotary = layers[0].rotary; // one for all in the families that have factors
  if (!factors || !rotary) return;
  const { inverseFrequencies } = rotary;
  if (factors.shape.join() !== String(inverseFrequencies.length))
    throw new ModelError(
      `The tensor "rope_freqs.weight" has shape [${factors.shape}], the heads need [${inverseFrequencies.length}].`,
      factors.file.path,
      'The file is damaged: get it again.',
    );
  const place = { tensor: factors.name };
  const values = await readWeight(factors, place, [0, inverseFrequencies.length], new Scratch());
  if (!values.every((x) => x > 0))
    throw new ModelError(
      'A factor of its rotary frequencies is not positive.',
      factors.file.path,
      'Get the file again.',
    );
  values.forEach((factor, i) => {
    inverseFrequencies[i] /= factor;
  });
}

async function openCheckpoint(folder: string, names: string[]): Promise<ModelSource> {
  const configPath = join(folder, 'config.json');
  const json = await readJson(configPath);
  const files: TensorFile[] = [];
  try {
    const modelType = json.model_type;
    if (typeof modelType !== 'string')
      throw new ModelError('It has no "model_type".', configPath, 'Use the config.json of the model.');
    const family = familyOfModelType(modelType, configPath);
    const tensors = new Map<string, StoredTensor>();
    const unreadable = new Map<string, string>();
    for (const shard of await shardNames(folder, names)) {
      const file = await TensorFile.open(join(folder, shard));
      files.push(file);
      const header = await readSafetensors(file);
      for (const [name, info] of header.tensors) {
        if (tensors.has(name))
          throw new ModelError(
            `The tensor "${name}" is in two files.`,
            folder,
            'Remove the file that does not belong.',
          );
        tensors.set(name, { ...info, file });
      }
      for (const { name, dtype } of header.unreadable.values()) unreadable.set(name, dtype);
    }
    const config = checkConfig(family.fromConfig(json, tensors, configPath), configPath);
    return await FileSource.open({
      name: basename(folder),
      format: 'safetensors',
      path: folder,
      config,
      tokenizer: await readTokenizer(folder, names, json),
      files,
      tensors,
      unreadable,
      locate: (weight) => family.locateInCheckpoint(weight, config, tensors),
    });
  } catch (error) {
    for (const file of files) await file.close();
    throw error;
  }
}

/** The files that hold the weights: one, or those an index names. */
async function shardNames(folder: string, names: string[]): Promise<string[]> {
  const index = names.find((name) => name === 'model.safetensors.index.json');
  if (!index) {
    const single = names.filter((name) => /\.safetensors$/i.test(name));
    if (single.includes('model.safetensors')) return ['model.safetensors'];
    if (single.length === 1) return single;
    if (single.length === 0 && names.some((name) => ONNX.test(name))) throw exported(folder);
    if (names.some((name) => PICKLES.test(name))) throw pickled(folder);
    throw new ModelError(
      single.length === 0 ? 'It has no .safetensors file.' : 'It has several .safetensors files and no index.',
      folder,
      'Choose a folder with a whole model in it.',
    );
  }
  const where = join(folder, index);
  const parsed = z.object({ weight_map: z.record(z.string(), z.string()) }).safeParse(await readJson(where));
  if (!parsed.success) throw new ModelError('It has no valid "weight_map".', where, 'Get the file again.');
  const shards = [...new Set(Object.values(parsed.data.weight_map))].sort();
  for (const shard of shards) {
    if (shard !== basename(shard) || shard.includes('\\'))
      throw new ModelError(`It names "${shard}", which is no plain file name.`, where, 'Get the file again.');
    if (!names.includes(shard))
      throw new ModelError(`The file "${shard}" is missing.`, folder, 'Get the missing file.');
  }
  return shards;
}

async function readTokenizer(folder: string, names: string[], config: Json): Promise<TokenizerDefinition> {
  if (!names.includes('tokenizer.json'))
    throw new ModelError('It has no tokenizer.json.', folder, 'Get the tokenizer.json of the model.');
  const optional = async (name: string): Promise<Json> => (names.includes(name) ? readJson(join(folder, name)) : {});
  const generation = await optional('generation_config.json');
  const eos = z
    .union([z.number().int(), z.array(z.number().int())])
    .safeParse(generation.eos_token_id ?? config.eos_token_id);
  return {
    tokenizer: await readJson(join(folder, 'tokenizer.json'), LARGEST_TOKENIZER),
    config: await optional('tokenizer_config.json'),
    eosIds: eos.success ? [eos.data].flat() : [],
  };
}

/** @throws ModelError for what is no plain file, too large, no JSON or no object */
async function readJson(path: string, largest = LARGEST_JSON): Promise<Json> {
  const file = await TensorFile.open(path);
  try {
    if (file.size > largest)
      throw new ModelError(
        `It has ${file.size} bytes; no such file needs more than ${largest}.`,
        path,
        'Get the file again.',
      );
    const text = new TextDecoder().decode(await file.read(0, file.size));
    return z.record(z.string(), z.unknown()).parse(JSON.parse(text));
  } catch (error) {
    if (error instanceof ModelError) throw error;
    throw new ModelError('It is no JSON object.', path, 'Get the file again.', { cause: error });
  } finally {
    await file.close();
  }
}
