/** All logits after a position, for what the scores' few candidates do not tell. */
import * as z from 'zod';
import { TokenscopeError } from '../../errors.ts';
import type { PieceView } from '../protocol.ts';
import { likeliest } from '../views.ts';
import { type Subject, whole } from './subject.ts';

export const schema = z.object({ kind: z.literal('distribution'), position: whole });

export interface Result {
  /** [vocab], of what comes after the token at `position`. */
  logits: Float32Array;
  /** Texts of the most likely ids. */
  pieces: Record<number, PieceView>;
}

/** The page asks ahead for the neighbours of the place it shows. */
export const atMost = 4;

/** Ids whose texts come with the logits. */
const NAMED_CANDIDATES = 256;

/** @throws TokenscopeError for a position outside the text; what the engine throws */
export async function handle(
  { position }: z.infer<typeof schema>,
  { engine, ids, texts }: Subject,
  signal: AbortSignal,
): Promise<Result> {
  if (position >= ids.length) {
    throw new TokenscopeError('There is no such token.', `Position ${position} of ${ids.length}`, 'Choose another.');
  }
  const logits = await engine.logits(ids, position, undefined, signal);
  return { logits, pieces: await texts(likeliest(logits, NAMED_CANDIDATES)) };
}
