/** Attention after softmax of one layer, all heads; row = the token that looks. */
import * as z from 'zod';
import { thousands } from '../../analysis/format.ts';
import { TokenscopeError } from '../../errors.ts';
import type { HookTensor } from '../../runtime/api.ts';
import { type Subject, whole } from './subject.ts';

export const schema = z.object({ kind: z.literal('pattern'), layer: whole });

/** [heads, n, n] */
export type Result = HookTensor;

/** Of two layers asked for, only the later one is looked at. */
export const atMost = 1;

/** Bytes of one layer's attention that a page can hold. */
const MOST_BYTES = 512 * 2 ** 20;

/** @throws TokenscopeError for a layer the model has not, and for more tokens than a page can hold; what the engine throws */
export async function handle(
  { layer }: z.infer<typeof schema>,
  subject: Subject,
  signal: AbortSignal,
): Promise<Result> {
  check(layer, subject);
  return subject.pattern(layer, signal);
}

/** @throws TokenscopeError for a layer the model has not, and for more tokens than a page can hold */
export function check(layer: number, { model, ids }: Subject): void {
  const where = `Attention of layer ${layer}`;
  if (layer >= model.nLayers) {
    throw new TokenscopeError('The model has no such layer.', where, `Choose one from 0 to ${model.nLayers - 1}.`);
  }
  const most = Math.floor(Math.sqrt(MOST_BYTES / Float32Array.BYTES_PER_ELEMENT / model.nHeads));
  if (ids.length > most) {
    const what = `The attention of ${thousands(ids.length)} tokens is too large to hold.`;
    throw new TokenscopeError(what, where, `Select at most ${thousands(most)} tokens.`);
  }
}
