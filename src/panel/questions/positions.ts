/** How alike the model's learned positions are, by their distance. */
import * as z from 'zod';
import type { Subject } from './subject.ts';

export const schema = z.object({ kind: z.literal('positions'), far: z.int().min(1).max(4096) });

/** Entry k: the mean cosine of rows k apart; null where the model has no such rows. */
export type Result = { cosines: Float64Array | null };

export const atMost = 1;

/** @throws what the engine throws */
export async function handle(
  { far }: z.infer<typeof schema>,
  { unchanged }: Subject,
  signal: AbortSignal,
): Promise<Result> {
  return { cosines: await unchanged.positionCosines(far, signal) };
}
