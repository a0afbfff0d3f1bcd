/** Activation patching between the text and another prompt: what of some layers brings the answer back. */
import * as z from 'zod';
import { TokenscopeError } from '../../errors.ts';
import type { PieceView } from '../protocol.ts';
import { likeliest, pieceView } from '../views.ts';
import { type Subject, whole } from './subject.ts';

/**
 * The text is the clean prompt, with `swap` the corrupt one. Without ids the answer is the likeliest token after the
 * clean prompt, and is held against the likeliest other one after the corrupt prompt. Layers `[from, from + count)`.
 */
export const schema = z.object({
  kind: z.literal('patch'),
  other: z.string(),
  swap: z.boolean(),
  answer: whole.optional(),
  against: whole.optional(),
  at: z.enum(['resid', 'z']),
  from: whole,
  count: whole,
});

export interface Result {
  answer: number;
  against: number;
  /** Differences of the logits of these two. */
  clean: number;
  corrupt: number;
  /** Share of the difference that comes back, [layers, positions or heads]. */
  restored: Float32Array;
  /** Of the other prompt. */
  tokens: PieceView[];
  /** What may be held against each other: the likeliest tokens after either prompt. */
  likely: number[];
  pieces: Record<number, PieceView>;
}

/** A map is asked for part by part. */
export const atMost = 1;

/** The likeliest after each prompt. */
const MOST_LIKELY = 8;
/** Every cell of a map is a run of its own. */
const MOST_TOKENS = 64;
const MOST_CHARACTERS = 400;

const WHERE = 'Activation patching';

/** @throws TokenscopeError for a text that is too long, or an empty one; what the engine throws */
export async function handle(
  { other, swap, at, from, count, ...named }: z.infer<typeof schema>,
  { engine, ids, texts }: Subject,
  signal: AbortSignal,
): Promise<Result> {
  if (ids.length > MOST_TOKENS)
    throw new TokenscopeError(
      `Each cell is a run of its own: ${ids.length} tokens are too many.`,
      WHERE,
      `Select at most ${MOST_TOKENS} tokens.`,
    );
  if (other.length > MOST_CHARACTERS)
    throw new TokenscopeError('The other prompt is too long.', WHERE, `Write at most ${MOST_CHARACTERS} characters.`);
  const encoded = await engine.encode(other, signal);
  if (encoded.length === 0)
    throw new TokenscopeError('There is no other prompt.', WHERE, 'Write one of as many tokens as the text has.');
  const otherIds = encoded.map(({ id }) => id);
  const [clean, corrupt] = swap ? [otherIds, ids] : [ids, otherIds];
  const likely = async (prompt: readonly number[]) =>
    likeliest(await engine.logits(prompt, prompt.length - 1, undefined, signal), MOST_LIKELY);
  const [afterClean, afterCorrupt] = [await likely(clean), await likely(corrupt)];
  const answer = named.answer ?? afterClean[0];
  const against = named.against ?? afterCorrupt.find((id) => id !== answer)!;
  const candidates = [...new Set([...afterClean, ...afterCorrupt])];

  const differences = { clean: 0, corrupt: 0 };
  const restored: number[] = [];
  const request = { ids: corrupt, clean, answer, against, at, layers: [from, from + count] } as const;
  for await (const row of engine.patch(request, signal)) {
    differences.clean = row.clean;
    differences.corrupt = row.corrupt;
    restored.push(...row.restored);
  }
  return {
    answer,
    against,
    ...differences,
    restored: Float32Array.from(restored),
    tokens: encoded.map(pieceView),
    likely: candidates,
    pieces: await texts([...new Set([answer, against, ...candidates])]),
  };
}
