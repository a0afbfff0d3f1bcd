/** The beginning of the text read twice in a row: what was read once is predicted better. */
import * as z from 'zod';
import { TokenscopeError } from '../../errors.ts';
import type { EngineApi } from '../../runtime/api.ts';
import type { Subject } from './subject.ts';

/** Tokens that are repeated at most. */
const MOST = 256;

export const schema = z.object({ kind: z.literal('repeated') });

/** Log-probs of both copies one after the other, nats; NaN for the very first token. [2 · half] */
export interface Result {
  half: number;
  logprob: Float32Array;
  /** Of the unchanged model, where something is switched off. */
  before?: Float32Array;
}

export const atMost = 1;

/** @throws TokenscopeError for a text of one token; what the engine throws */
export async function handle(
  _: z.infer<typeof schema>,
  { engine, unchanged, model, ids }: Subject,
  signal: AbortSignal,
): Promise<Result> {
  const half = Math.min(ids.length, MOST, Math.floor(model.contextLength / 2));
  if (half < 2)
    throw new TokenscopeError('One token is too little to be repeated.', 'The text', 'Explore a longer one.');
  const twice = [...ids.slice(0, half), ...ids.slice(0, half)];
  const logprob = await logprobs(engine, twice, signal);
  return { half, logprob, ...(engine !== unchanged && { before: await logprobs(unchanged, twice, signal) }) };
}

async function logprobs(engine: EngineApi, ids: readonly number[], signal: AbortSignal): Promise<Float32Array> {
  const found = new Float32Array(ids.length);
  for await (const { from, logprob } of engine.run({ ids, topK: 1 }, signal)) found.set(logprob, from);
  return found;
}
