/** The tokens that a typed text is for the model. */
import * as z from 'zod';
import type { PieceView } from '../protocol.ts';
import type { Subject } from './subject.ts';

export const schema = z.object({ kind: z.literal('token'), text: z.string().min(1).max(200) });

export interface Result {
  ids: number[];
  pieces: Record<number, PieceView>;
}

export const atMost = 1;

/** @throws what the engine throws */
export async function handle(
  { text }: z.infer<typeof schema>,
  { engine, texts }: Subject,
  signal: AbortSignal,
): Promise<Result> {
  const ids = (await engine.encode(text, signal)).map(({ id }) => id);
  return { ids, pieces: await texts([...new Set(ids)]) };
}
