import * as z from 'zod';
import { ModelError } from '../../errors.ts';

/** `rope_scaling` of config.json, or `rope_parameters` as transformers 5 writes it (with rope_theta inside). */
export const ropeScaling = z.looseObject({
  rope_type: z.string().optional(),
  /** Older spelling. */
  type: z.string().optional(),
  rope_theta: z.number().positive().optional(),
  factor: z.number().positive().optional(),
  low_freq_factor: z.number().positive().optional(),
  high_freq_factor: z.number().positive().optional(),
  original_max_position_embeddings: z.number().positive().optional(),
});

/** Angle per position of each pair i of a head: base^(-2i / dHead). [dHead / 2] */
export function inverseFrequencies(dHead: number, base: number): number[] {
  return Array.from({ length: Math.min(Math.floor(dHead / 2), 1 << 12) }, (_, i) => base ** ((-2 * i) / dHead));
}

/**
 * Frequencies for a longer context than the model was first made for, as in HF transformers (modeling_rope_utils.py).
 * linear: all divided by the factor. llama3: long waves divided, short ones kept, a smooth passage between.
 * @throws ModelError for other kinds, by name, and for a number that is missing
 */
export function scaleFrequencies(
  frequencies: number[],
  scaling: z.infer<typeof ropeScaling> | undefined,
  where: string,
): number[] {
  const kind = scaling?.rope_type ?? scaling?.type ?? 'default';
  if (kind === 'default') return frequencies;
  if (kind !== 'linear' && kind !== 'llama3')
    throw new ModelError(
      `Its rotary scaling "${kind}" is not supported.`,
      where,
      'Known are default, linear and llama3.',
    );
  const get = (key: 'factor' | 'low_freq_factor' | 'high_freq_factor' | 'original_max_position_embeddings') => {
    const value = scaling?.[key];
    if (value !== undefined) return value;
    throw new ModelError(`Its rotary scaling "${kind}" has no "${key}".`, where, 'Use the config.json of the model.');
  };
  const factor = get('factor');
  if (kind === 'linear') return frequencies.map((f) => f / factor);
  const [low, high] = [get('low_freq_factor'), get('high_freq_factor')];
  const original = get('original_max_position_embeddings');
  return frequencies.map((f) => {
    const wavelength = (2 * Math.PI) / f;
    if (wavelength < original / high) return f;
    if (wavelength > original / low) return f / factor;
    const smooth = (original / wavelength - low) / (high - low);
    return ((1 - smooth) * f) / factor + smooth * f;
  });
}
