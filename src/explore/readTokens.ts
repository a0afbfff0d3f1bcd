import type { EngineApi } from '../runtime/api.ts';
import type { Token } from '../runtime/tokenizer/types.ts';
import { clipTokens } from './clip.ts';
import type { Excerpt } from './followedText.ts';

export interface ReadTokens {
  /** Their offsets count from the start of the text. */
  tokens: readonly Token[];
  /** Code units of the text that the tokens stand for. */
  end: number;
  /** Whether the text goes on after them. */
  clipped: boolean;
}

/** Tokens of a text, as many as the limit allows. @throws what the engine throws */
export async function readTokens(
  engine: Pick<EngineApi, 'encode'>,
  { text, length }: Excerpt,
  limit: number,
  signal?: AbortSignal,
): Promise<ReadTokens> {
  return clipTokens(await engine.encode(text, signal), limit, text.length, length);
}
