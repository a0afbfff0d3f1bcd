/** In-context learning: how likely an answer is after none, one, two, … examples. */
import * as z from 'zod';
import { TokenscopeError } from '../../errors.ts';
import type { EngineApi } from '../../runtime/api.ts';
import type { PieceView } from '../protocol.ts';
import type { Subject } from './subject.ts';

export const schema = z.object({
  kind: z.literal('fewShot'),
  /** Each a line. */
  examples: z.array(z.string().max(500)).max(32),
  query: z.string().min(1).max(500),
  answer: z.string().min(1).max(200),
});

/** Entry k is after the first k examples. Log-probs of the whole answer, nats. */
export interface Result {
  logprob: Float64Array;
  /** Of the unchanged model, where something is switched off. */
  before?: Float64Array;
  /** The likeliest token in the answer's place. */
  topIds: Int32Array;
  /** Tokens of the answer. */
  tokens: number;
  pieces: Record<number, PieceView>;
}

export const atMost = 1;

/** @throws TokenscopeError for prompts beyond the context; what the engine throws */
export async function handle(
  { examples, query, answer }: z.infer<typeof schema>,
  { engine, unchanged, model, texts }: Subject,
  signal: AbortSignal,
): Promise<Result> {
  const count = examples.length + 1;
  const logprob = new Float64Array(count);
  const before = engine === unchanged ? undefined : new Float64Array(count);
  const topIds = new Int32Array(count);
  let tokens = 0;
  for (let k = 0; k < count; k++) {
    const prompt = examples
      .slice(0, k)
      .map((line) => `${line}\n`)
      .join('');
    const ids = async (text: string) => (await engine.encode(text, signal)).map(({ id }) => id);
    const [asked, whole] = [await ids(prompt + query), await ids(prompt + query + answer)];
    // The answer may change how the query's end is cut into tokens.
    let from = 0;
    while (from < asked.length && asked[from] === whole[from]) from++;
    if (from === 0 || whole.length > model.contextLength) {
      const what = `With ${k} examples it is ${whole.length} tokens.`;
      throw new TokenscopeError(what, 'The examples', `Give between 2 and ${model.contextLength} tokens.`);
    }
    tokens = whole.length - from;
    const found = await scored(engine, whole, from, signal);
    logprob[k] = found.logprob;
    topIds[k] = found.top;
    if (before) before[k] = (await scored(unchanged, whole, from, signal)).logprob;
  }
  return { logprob, ...(before && { before }), topIds, tokens, pieces: await texts([...new Set(topIds)]) };
}

/** The log-prob of the tokens from `from` on, and the likeliest one there. */
async function scored(engine: EngineApi, ids: readonly number[], from: number, signal: AbortSignal) {
  let logprob = 0;
  let top = 0;
  for await (const chunk of engine.run({ ids, topK: 1, scoreFrom: from - 1 }, signal))
    for (let i = 0; i < chunk.count; i++) {
      const position = chunk.from + i;
      if (position === from - 1) top = chunk.topIds[i * chunk.topK];
      if (position >= from) logprob += chunk.logprob[i];
    }
  return { logprob, top };
}
