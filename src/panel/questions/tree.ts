/** What may come after each of several continuations of the text before a position. */
import * as z from 'zod';
import type { PieceView } from '../protocol.ts';
import { type Subject, textBefore, whole } from './subject.ts';

/** Paths that are asked for at once, and tokens of one. */
const MOST_PATHS = 48;
const MOST_TOKENS = 12;

export const schema = z.object({
  kind: z.literal('tree'),
  position: whole,
  paths: z.array(z.array(whole).max(MOST_TOKENS)).min(1).max(MOST_PATHS),
  top: z.int().min(1).max(16),
});

export interface Result {
  /** [paths, top], the likeliest first. */
  ids: Int32Array;
  /** Nats. */
  logprobs: Float32Array;
  pieces: Record<number, PieceView>;
}

export const atMost = 1;

/** @throws TokenscopeError for a position with nothing before it; what the engine throws */
export async function handle(
  { position, paths, top }: z.infer<typeof schema>,
  { engine, ids, texts }: Subject,
  signal: AbortSignal,
): Promise<Result> {
  const before = textBefore(ids, position);
  const found = await engine.expand({ ids: before, paths, topK: top }, signal);
  return { ids: found.topIds, logprobs: found.topLogprobs, pieces: await texts([...new Set(found.topIds)]) };
}
