import { totals } from '../analysis/surprisal.ts';
import { clipTokens } from '../explore/clip.ts';
import type { EngineApi, ModelInfo, RunChunk } from '../runtime/api.ts';
import type { Outbox } from './outbox.ts';
import type { ScoreChunk, TokenView, Totals } from './protocol.ts';
import { pieceView, tokenView } from './views.ts';

/** Candidates a position that are sent with the scores; the whole distribution is asked for by position. */
export const CANDIDATES = 64;

/** The beginning of a selection's text: what of it is worth tokenising, and how long it is. */
export interface RunText {
  text: string;
  /** Code units of the whole selection. */
  length: number;
  /** Where it starts in the document. */
  offset: number;
}

export interface ReadTokens {
  views: TokenView[];
  ids: number[];
  /** Code units of the text that the tokens stand for. */
  end: number;
  /** Whether the selection goes on after them. */
  clipped: boolean;
}

/** Tokens of a text, as many as the limit allows. */
export async function readTokens(engine: EngineApi, input: RunText, limit: number): Promise<ReadTokens> {
  const all = await engine.encode(input.text);
  const { tokens, end, clipped } = clipTokens(all, limit, input.text.length, input.length);
  return {
    views: tokens.map((token) => tokenView(token, input.offset)),
    ids: tokens.map(({ id }) => id),
    end,
    clipped,
  };
}

/**
 * Scores the tokens and posts each chunk as soon as it is there, with the texts of its candidates.
 * @returns the totals of all tokens
 */
export async function streamScores(
  engine: EngineApi,
  run: number,
  ids: readonly number[],
  outbox: Outbox,
  signal: AbortSignal,
  channel: EngineApi,
): Promise<Totals> {
  const logprobs = new Float64Array(ids.length).fill(Number.NaN);
  let sum = totalsView(logprobs);
  for await (const chunk of channel.run({ ids, topK: CANDIDATES }, signal)) {
    await learnTexts(engine, chunk.topIds, outbox);
    signal.throwIfAborted();
    logprobs.set(chunk.logprob.subarray(0, chunk.count), chunk.from);
    sum = totalsView(logprobs);
    const scores = scoreChunk(chunk);
    outbox.post({ type: 'scores', run, chunk: scores, pieces: outbox.tell(scores), totals: sum });
  }
  return sum;
}

/** Has the outbox know the texts of these ids. */
export async function learnTexts(engine: EngineApi, ids: Iterable<number>, outbox: Outbox): Promise<void> {
  const unknown = outbox.unknown(ids);
  if (unknown.length > 0) outbox.learn(unknown, (await engine.pieces(unknown)).map(pieceView));
}

/** How many tokens of a selection may be explored. */
export const tokenLimit = (model: ModelInfo, maxTokens: number): number => Math.min(model.contextLength, maxTokens);

function totalsView(logprobs: Float64Array): Totals {
  const { tokens, scored, meanSurprisal, perplexity } = totals(logprobs);
  const none = scored === 0;
  return { tokens, scored, meanSurprisal: none ? null : meanSurprisal, perplexity: none ? null : perplexity };
}

function scoreChunk(chunk: RunChunk): ScoreChunk {
  const { from, count, logprob, rank, entropy, lse, topK, topIds, topLogprobs } = chunk;
  return { from, count, logprob, rank, entropy, lse, topK, topIds, topLogprobs };
}
