/** The tokens whose rows of E, and of U, are like a token's own. */
import * as z from 'zod';
import type { PieceView } from '../protocol.ts';
import { type Subject, whole } from './subject.ts';

export const schema = z.object({ kind: z.literal('neighbours'), id: whole, top: z.int().min(1).max(100) });

/** The nearest first, by cosine. */
export interface Result {
  /** The token's own row of E. [d] */
  row: Float32Array;
  /** Whether U is E. */
  tied: boolean;
  E: { ids: Int32Array; cosines: Float64Array };
  U: { ids: Int32Array; cosines: Float64Array };
  pieces: Record<number, PieceView>;
}

export const atMost = 1;

/** @throws what the engine throws */
export async function handle(
  { id, top }: z.infer<typeof schema>,
  { unchanged, texts }: Subject,
  signal: AbortSignal,
): Promise<Result> {
  const found = await unchanged.neighbours({ id, top }, signal);
  return { ...found, pieces: await texts([...new Set([...found.E.ids, ...found.U.ids])]) };
}
