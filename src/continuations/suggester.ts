import type { EngineApi } from '../runtime/api.ts';
import { endOf, type Surroundings } from './ending.ts';

export interface SuggestedToken {
  id: number;
  text: string;
  /** Nats, under the plain distribution. */
  logprob: number;
}

/** One way the text may go on. */
export interface Suggestion {
  /** What is put in at the caret. */
  text: string;
  /** What of the tokens' text stands before the caret already: a space, or what was typed since. */
  typed: string;
  /** Those the text is made of; the last may reach beyond it. */
  tokens: readonly SuggestedToken[];
  /** The context's tokens. */
  ids: readonly number[];
  /** exp of the mean log-prob of the tokens. */
  meanProbability: number;
}

export interface SuggestRequest {
  /** The context: the text before the caret. */
  before: string;
  around: Surroundings;
  /** How many suggestions at most. */
  count: number;
  /** Tokens of a suggestion at most. */
  maxTokens: number;
  /** The first token of a suggestion that is there already: not suggested again. */
  without?: number;
}

/** Candidates among which first tokens are looked for that begin with the space before the caret. */
const FIRST_CANDIDATES = 64;

/**
 * Continues a text, each suggestion from another first token, the likeliest first; all of them are decoded in lockstep.
 * A space right before the caret belongs to the word that follows, as in the tokenizers' own cut: the model is given the
 * text without it, and goes on with what begins with it. Where the likeliest token ends the text, or the line where only
 * its rest is wanted, that suggestion is left out.
 * @param limit tokens that the context may have
 * @returns undefined if it has more
 * @throws what the engine throws
 */
export async function suggest(
  engine: EngineApi,
  request: SuggestRequest,
  limit: number,
  signal: AbortSignal,
): Promise<Suggestion[] | undefined> {
  const { before, around, count, maxTokens, without } = request;
  const space = /[^\n] $/.test(before) ? ' ' : '';
  const tokens = await engine.encode(before.slice(0, before.length - space.length), signal);
  if (tokens.length > limit) return undefined;
  if (tokens.length === 0) return [];
  const ids = tokens.map(({ id }) => id);
  const firsts = (await firstTokens(engine, ids, space, signal)).filter((id) => id !== without).slice(0, count);
  if (firsts.length === 0) return [];
  const branches = firsts.map((): SuggestedToken[] => []);
  const endings = firsts.map(() => ({ text: '', complete: false }));
  for await (const step of engine.branches({ ids, firsts, count: firsts.length, maxTokens }, signal)) {
    for (const { branch, id, text, logprob, stopped } of step) {
      branches[branch].push({ id, text, logprob });
      if (endings[branch].complete) continue;
      const generated = textOf(branches[branch]).slice(space.length);
      endings[branch] = endOf(generated, around);
      if (stopped) endings[branch].complete = true;
    }
    if (endings.every(({ complete }) => complete)) break;
  }
  signal.throwIfAborted();
  return endings.flatMap(({ text }, i) => (text.trim() === '' ? [] : [suggestion(text, space, branches[i], ids)]));
}

const textOf = (tokens: readonly SuggestedToken[]): string => tokens.map(({ text }) => text).join('');

/** Ids that may follow the context, the likeliest first: those that begin with `space` and go on. */
async function firstTokens(
  engine: EngineApi,
  ids: readonly number[],
  space: string,
  signal: AbortSignal,
): Promise<number[]> {
  const found: number[] = [];
  for await (const { topIds } of engine.run({ ids, topK: FIRST_CANDIDATES, scoreFrom: ids.length - 1 }, signal))
    found.push(...topIds);
  const pieces = await engine.pieces(found);
  return found.filter((_, i) => {
    const { text, special } = pieces[i];
    return !special && text.startsWith(space) && text.length > space.length;
  });
}

function suggestion(text: string, typed: string, made: readonly SuggestedToken[], ids: readonly number[]): Suggestion {
  const tokens: SuggestedToken[] = [];
  for (const token of made) {
    if (textOf(tokens).length >= typed.length + text.length) break;
    tokens.push(token);
  }
  const mean = tokens.reduce((sum, { logprob }) => sum + logprob, 0) / tokens.length;
  return { text, typed, tokens, ids, meanProbability: Math.exp(mean) };
}
