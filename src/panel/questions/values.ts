/** How much each head of a layer would add for each token: the norm of its value through the head's output matrix. */
import * as z from 'zod';
import { TokenscopeError } from '../../errors.ts';
import type { HookTensor } from '../../runtime/api.ts';
import { type Subject, whole } from './subject.ts';

export const schema = z.object({ kind: z.literal('values'), layer: whole });

/** [heads, n] */
export type Result = HookTensor;

export const atMost = 1;

/** @throws TokenscopeError for a layer that is not there; what the engine throws */
export async function handle(
  { layer }: z.infer<typeof schema>,
  { engine, model: { nLayers }, ids }: Subject,
  signal: AbortSignal,
): Promise<Result> {
  if (layer >= nLayers) throw new TokenscopeError('There is no such layer.', `Layer ${layer}`, 'Choose another.');
  return engine.valueNorms({ ids, layer }, signal);
}
