/** What changes where something is switched off: the score of each token, and what comes after one of them. */
import * as z from 'zod';
import { logSumExp } from '../../analysis/sampling.ts';
import { TokenscopeError } from '../../errors.ts';
import type { EngineApi } from '../../runtime/api.ts';
import type { PieceView } from '../protocol.ts';
import { likeliest } from '../views.ts';
import { type Subject, whole } from './subject.ts';

export const schema = z.object({ kind: z.literal('difference'), position: whole });

/** Log-probs in nats. */
export interface Result {
  /** Of each token in the unchanged model; NaN for the first. [n] */
  logprob: Float32Array;
  /** The likeliest tokens after the position, of either model. */
  ids: Int32Array;
  before: Float32Array;
  after: Float32Array;
  pieces: Record<number, PieceView>;
}

export const atMost = 1;

/** The likeliest of each model that are shown. */
const MOST = 8;

/** @throws TokenscopeError for a position that is not there; what the engine throws */
export async function handle(
  { position }: z.infer<typeof schema>,
  subject: Subject,
  signal: AbortSignal,
): Promise<Result> {
  const { engine, unchanged, ids, texts } = subject;
  if (position >= ids.length)
    throw new TokenscopeError('There is no such token.', `Position ${position}`, 'Choose another.');
  const logprob = subject.before() ?? (await scored(unchanged, ids, signal));
  const distribution = async (of: typeof engine) => {
    const logits = await of.logits(ids, position, undefined, signal);
    const lse = logSumExp(logits);
    return logits.map((x) => x - lse);
  };
  const [before, after] = [await distribution(unchanged), await distribution(engine)];
  const shown = [...new Set([...likeliest(before, MOST), ...likeliest(after, MOST)])];
  shown.sort((a, b) => Math.max(before[b], after[b]) - Math.max(before[a], after[a]));
  return {
    logprob,
    ids: Int32Array.from(shown),
    before: Float32Array.from(shown, (id) => before[id]),
    after: Float32Array.from(shown, (id) => after[id]),
    pieces: await texts(shown),
  };
}

async function scored(engine: EngineApi, ids: readonly number[], signal: AbortSignal): Promise<Float32Array> {
  const logprob = new Float32Array(ids.length).fill(Number.NaN);
  for await (const chunk of engine.run({ ids, topK: 0 }, signal)) logprob.set(chunk.logprob, chunk.from);
  return logprob;
}
