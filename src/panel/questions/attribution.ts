/** What each part of the model adds to the logit of a token, or to the difference of two. */
import * as z from 'zod';
import type { Attribution } from '../../runtime/api.ts';
import type { PieceView } from '../protocol.ts';
import { type Subject, whole } from './subject.ts';

/** After `position`; the target is by default the likeliest token. */
export const schema = z.object({
  kind: z.literal('attribution'),
  position: whole,
  target: whole.optional(),
  against: whole.optional(),
});

export interface Result extends Attribution {
  pieces: Record<number, PieceView>;
}

export const atMost = 1;

/** @throws what the engine throws */
export async function handle(
  { position, target, against }: z.infer<typeof schema>,
  { engine, ids, texts }: Subject,
  signal: AbortSignal,
): Promise<Result> {
  const found = await engine.attribute({ ids, position, target, against }, signal);
  const named = found.against === undefined ? [found.target] : [found.target, found.against];
  return { ...found, pieces: await texts(named) };
}
