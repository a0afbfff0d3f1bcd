/** What the KV cache saves at one token: measured, with and without. */
import * as z from 'zod';
import { TokenscopeError } from '../../errors.ts';
import type { CacheTimes } from '../../runtime/api.ts';
import { type Subject, whole } from './subject.ts';

export const schema = z.object({ kind: z.literal('cacheTimes'), position: whole });

export type Result = CacheTimes;

export const atMost = 1;

/** @throws TokenscopeError for a position that is not there; what the engine throws */
export async function handle(
  { position }: z.infer<typeof schema>,
  { unchanged, ids }: Subject,
  signal: AbortSignal,
): Promise<Result> {
  if (position >= ids.length)
    throw new TokenscopeError('There is no such token.', `Position ${position}`, 'Choose another.');
  return unchanged.cacheTimes({ ids: ids.slice(0, position + 1) }, signal);
}
