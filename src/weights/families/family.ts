import * as z from 'zod';
import { ModelError } from '../../errors.ts';
import type { Activation, LayerConfig, TransformerConfig } from '../../transformer/config.ts';
import type { GgufValue } from '../gguf.ts';
import type { WeightName } from '../source.ts';

/** Where one of our weights lies in a model's files. */
export interface Location {
  tensor: string;
  /** The file holds it `[d_in, d_out]` (GPT-2's Conv1D). */
  transposed?: boolean;
  /** The part of the tensor's outputs (its rows once output-major) that is this weight, of so many. */
  rows?: [from: number, to: number, of: number];
  /** llama.cpp stores q and k for the interleaved form of rotary positions: put back the halves of this many heads. */
  interleavedHeads?: number;
}

/** What is in a model's files: shapes of the tensors by name. */
export type Shapes = ReadonlyMap<string, { shape: readonly number[] }>;
export type Json = Record<string, unknown>;
export type Metadata = ReadonlyMap<string, GgufValue>;

/** One family of models: a reader of its configuration and the names of its tensors. The block itself is shared. */
export interface Family {
  /** `model_type` of config.json. */
  modelTypes: string[];
  /** `general.architecture` of a GGUF file. */
  architectures: string[];
  fromConfig(config: Json, shapes: Shapes, where: string): TransformerConfig;
  locateInCheckpoint(name: WeightName, config: TransformerConfig, shapes: Shapes): Location | undefined;
  fromGguf(metadata: Metadata, shapes: Shapes, where: string): Promise<TransformerConfig> | TransformerConfig;
  locateInGguf(name: WeightName, config: TransformerConfig, shapes: Shapes): Location | undefined;
}

/** Sizes beyond these are mistakes or attacks; every size is also held against the tensors themselves. */
const LIMITS = {
  nLayers: 1024,
  dModel: 1 << 17,
  nHeads: 1024,
  dHead: 4096,
  dMlp: 1 << 20,
  vocabSize: 1 << 22,
  contextLength: 1 << 26,
};

/**
 * Checks a configuration a family's reader made.
 * @throws ModelError naming the number that cannot be
 */
export function checkConfig(config: TransformerConfig, where: string): TransformerConfig {
  const wrong = (what: string) =>
    new ModelError(`Its configuration has ${what}.`, where, 'Use the files of one model.');
  for (const [key, limit] of Object.entries(LIMITS) as [keyof typeof LIMITS, number][]) {
    const value = config[key];
    if (!Number.isInteger(value) || value < 1 || value > limit)
      throw wrong(`${key} ${value}, not a whole number up to ${limit}`);
  }
  const { nHeads, nKvHeads, dHead, norm, layers } = config;
  if (!Number.isInteger(nKvHeads) || nKvHeads < 1 || nHeads % nKvHeads !== 0)
    throw wrong(`${nKvHeads} key/value heads for ${nHeads} heads`);
  if (!(norm.eps > 0 && norm.eps < 1)) throw wrong(`a norm epsilon of ${norm.eps}`);
  if (layers.length !== config.nLayers) throw wrong(`${layers.length} layers described of ${config.nLayers}`);
  for (const { scale, rotary, window, softCap } of layers) {
    if (!(Number.isFinite(scale) && scale > 0)) throw wrong('an attention scale that is no positive number');
    if (window !== undefined && !(Number.isInteger(window) && window > 0)) throw wrong(`a window of ${window}`);
    if (softCap !== undefined && !(Number.isFinite(softCap) && softCap > 0)) throw wrong(`a soft-cap of ${softCap}`);
    if (!rotary) continue;
    if (dHead % 2 !== 0) throw wrong(`rotary positions on an odd head size of ${dHead}`);
    if (rotary.inverseFrequencies.length !== dHead / 2) throw wrong('rotary frequencies of another head size');
    if (!rotary.inverseFrequencies.every((f) => Number.isFinite(f) && f > 0))
      throw wrong('a rotary frequency that is no positive number');
  }
  return config;
}

/** Layers that are what most are, pre-norm and sequential, but for what `differs` says; never more than are allowed. */
export function layersOf(
  nLayers: number,
  differs: (layer: number) => Partial<LayerConfig> & Pick<LayerConfig, 'scale'>,
): LayerConfig[] {
  return Array.from({ length: Math.min(nLayers, LIMITS.nLayers) }, (_, l) => ({
    residual: 'sequential',
    norms: 'before',
    ...differs(l),
  }));
}

/** Parses config.json's fields. @throws ModelError naming the field that is missing or of a wrong kind */
export function parseConfig<T>(schema: z.ZodType<T>, json: Json, where: string): T {
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const { path, message } = parsed.error.issues[0];
  throw new ModelError(
    `"${path.join('.')}" does not fit: ${message}.`,
    where,
    'Use the config.json that belongs to the model.',
  );
}

/** A whole number that may also be missing. */
export const size = z.number().int().positive();

/** Activations by the names of HF transformers (ACT2FN). */
const ACTIVATIONS: Record<string, Activation> = {
  silu: 'silu',
  swish: 'silu',
  relu: 'relu',
  gelu: 'gelu',
  gelu_new: 'gelu_tanh',
  gelu_pytorch_tanh: 'gelu_tanh',
  gelu_fast: 'gelu_tanh',
};

/** @throws ModelError for an activation that is not known, naming those that are */
export function activationOf(name: string, where: string): Activation {
  const activation = Object.hasOwn(ACTIVATIONS, name) ? ACTIVATIONS[name] : undefined;
  if (activation) return activation;
  const known = Object.keys(ACTIVATIONS).join(', ');
  throw new ModelError(`The activation "${name}" is not supported.`, where, `Known are ${known}.`);
}

/** A number of a GGUF's metadata. @throws ModelError if it is missing or no number */
export function number(metadata: Metadata, key: string, where: string, fallback?: number): number {
  const value = metadata.get(key) ?? fallback;
  if (typeof value === 'number' || typeof value === 'bigint') return Number(value);
  throw new ModelError(
    `The metadata entry "${key}" is missing or no number.`,
    where,
    'The file is incomplete: get it again.',
  );
}
