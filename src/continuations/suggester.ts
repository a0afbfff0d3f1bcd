import type { EngineApi } from '../runtime/api.ts';
import type { FillIn, Token } from '../runtime/tokenizer/types.ts';
import { type Ending, endOf, type Surroundings } from './ending.ts';

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
  /** What the model was given: the context's tokens, and those of the text after the caret where it fills in. */
  ids: readonly number[];
  /** exp of the mean log-prob of the tokens. */
  meanProbability: number;
}

export interface SuggestRequest {
  /** The context: the text before the caret. */
  before: string;
  /** The text after the caret, for models that fill in; '': the text just goes on. */
  after: string;
  around: Surroundings;
  /** How many suggestions at most. */
  count: number;
  /** Tokens of a suggestion at most. */
  maxTokens: number;
  /** The first token of a suggestion that is there already: not suggested again. */
  without?: number;
}

/** How much of what a model may be given is text after the caret at most. */
export const SHARE_AFTER = 0.25;

/** What a broken character is decoded to. */
const BROKEN = '\uFFFD';

/** Candidates among which first tokens are looked for that begin with the space before the caret. */
const FIRST_CANDIDATES = 64;

/**
 * Continues a text, each suggestion from another first token, the likeliest first; all of them are decoded in lockstep.
 * A space right before the caret belongs to the word that follows, as in the tokenizers' own cut: the model is given the
 * text without it, and goes on with what begins with it. Where the likeliest token ends the text, or the line where only
 * its rest is wanted, that suggestion is left out. Where there is text after the caret, a model that can fills in what is
 * missing before it: prefix, text before, suffix, text after, middle (arXiv 2207.14255).
 * @param fillIn the model's tokens for that @param limit tokens that the model may be given
 * @returns undefined if it has more
 * @throws what the engine throws
 */
export async function suggest(
  engine: EngineApi,
  request: SuggestRequest,
  { fillIn, limit }: { fillIn?: FillIn; limit: number },
  signal: AbortSignal,
): Promise<Suggestion[] | undefined> {
  const { before, around, count, maxTokens, without } = request;
  const space = /[^\n] $/.test(before) ? ' ' : '';
  const tokens = await engine.encode(before.slice(0, before.length - space.length), signal);
  const after = fillIn ? await tokensAfter(engine, request.after, Math.floor(limit * SHARE_AFTER), signal) : [];
  const filling = fillIn && after.length > 0 ? fillIn : undefined;
  const ids = filling ? framed(tokens, after, filling) : tokens.map(({ id }) => id);
  if (ids.length > limit) return undefined;
  if (ids.length === 0) return [];
  const firsts = (await firstTokens(engine, ids, space, signal)).filter((id) => id !== without).slice(0, count);
  if (firsts.length === 0) return [];
  const branches = firsts.map((): SuggestedToken[] => []);
  const endings = firsts.map(() => ({ text: '', complete: false }));
  for await (const step of engine.branches({ ids, firsts, count: firsts.length, maxTokens }, signal)) {
    for (const { branch, id, text, logprob, stopped } of step) {
      if (endings[branch].complete) continue;
      if (filling?.ends.includes(id)) {
        endings[branch].complete = true;
        continue;
      }
      branches[branch].push({ id, text, logprob });
      endings[branch] = endingOf(textOf(branches[branch]).slice(space.length), around, filling !== undefined);
      if (stopped) endings[branch].complete = true;
    }
    if (endings.every(({ complete }) => complete)) break;
  }
  signal.throwIfAborted();
  return endings.flatMap(({ text }, i) => {
    if (text.trim() === '') return [];
    const made = suggestion(text, space, branches[i], ids);
    return [{ ...made, text: text.replaceAll(/\r?\n/g, around.lineEnd) }];
  });
}

/** Never with half a character or half a line's end: where a character is broken, the text before it is what there is. */
function endingOf(generated: string, around: Surroundings, filledIn: boolean): Ending {
  const broken = generated.indexOf(BROKEN);
  const { text, complete } = endOf(broken < 0 ? generated : generated.slice(0, broken), around, filledIn);
  return { text: text.endsWith('\r') ? text.slice(0, -1) : text, complete: complete || broken >= 0 };
}

async function tokensAfter(engine: EngineApi, after: string, atMost: number, signal: AbortSignal): Promise<Token[]> {
  if (after.trim() === '') return [];
  const tokens = await engine.encode(after, signal);
  return tokens.filter(({ special, start, end }) => !(special && start === end)).slice(0, atMost);
}

/** What a tokenizer puts in front of a text by itself stays in front. */
function framed(before: readonly Token[], after: readonly Token[], { prefix, suffix, middle }: FillIn): number[] {
  const first = before.findIndex(({ special, start, end }) => !(special && start === end));
  const own = first < 0 ? before.length : first;
  const ids = (tokens: readonly Token[]) => tokens.map(({ id }) => id);
  return [...ids(before.slice(0, own)), prefix, ...ids(before.slice(own)), suffix, ...ids(after), middle];
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
