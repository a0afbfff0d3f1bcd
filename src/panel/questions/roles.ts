/** What every head does on random tokens, repeated: one sequence of a seed. */
import * as z from 'zod';
import type { HeadScores } from '../../analysis/headScores.ts';
import { type Subject, whole } from './subject.ts';

export const schema = z.object({ kind: z.literal('roles'), seed: whole });

/** Arrays [layers * heads]. */
export type Result = HeadScores;

/** The page asks for several seeds, and shows the mean of those that are there. */
export const atMost = 8;

/** Tokens of r in a sequence r + r: half of the model's context where that is shorter. */
export const LENGTH = 50;

/** @throws what the engine throws */
export async function handle(
  { seed }: z.infer<typeof schema>,
  { unchanged, model }: Subject,
  signal: AbortSignal,
): Promise<Result> {
  const length = Math.min(LENGTH, Math.floor(model.contextLength / 2));
  return unchanged.headScores({ seed, length }, signal);
}
