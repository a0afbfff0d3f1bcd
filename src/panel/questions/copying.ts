/** How far each head copies what it looks at, from the weights alone. */
import * as z from 'zod';
import type { Subject } from './subject.ts';

export const schema = z.object({ kind: z.literal('copying') });

export interface Result {
  /** [layers * heads], -1…1. */
  copying: Float32Array;
}

export const atMost = 1;

/** @throws what the engine throws */
export async function handle(_: z.infer<typeof schema>, { unchanged }: Subject, signal: AbortSignal): Promise<Result> {
  return { copying: await unchanged.copyingScores(signal) };
}
