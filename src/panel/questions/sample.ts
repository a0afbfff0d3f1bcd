/** Several continuations of the text before a position, sampled in one way, and figures of their quality and diversity. */
import * as z from 'zod';
import { distinct } from '../../analysis/diversity.ts';
import { type Subject, textBefore, whole } from './subject.ts';

export const schema = z.object({
  kind: z.literal('sample'),
  position: whole,
  sampling: z.object({
    temperature: z.number().min(0).max(10),
    topK: whole,
    topP: z.number().min(0).max(1),
    minP: z.number().min(0).max(1).optional(),
  }),
  seed: whole,
  samples: z.int().min(1).max(8),
  tokens: z.int().min(1).max(64),
});

export interface Result {
  texts: string[];
  /** Mean over all tokens of their log-prob under the plain model, nats. */
  meanLogprob: number;
  /** Share of different ones among all runs of one and of two tokens. */
  distinct1: number;
  distinct2: number;
}

/** Rows of a comparison wait for one another; the newest is not more wanted than the others. */
export const atMost = 8;

/** @throws TokenscopeError for a position with nothing before it; what the engine throws */
export async function handle(
  { position, sampling, seed, samples, tokens }: z.infer<typeof schema>,
  { engine, ids }: Subject,
  signal: AbortSignal,
): Promise<Result> {
  const before = textBefore(ids, position);
  const texts: string[] = [];
  const made: number[][] = [];
  let sum = 0;
  // Greedy decoding makes the same text each time.
  for (let i = 0; i < (sampling.temperature === 0 ? 1 : samples); i++) {
    let text = '';
    const own: number[] = [];
    const request = { ids: before, maxTokens: tokens, sampling, seed: seed + i };
    for await (const token of engine.generate(request, signal)) {
      text += token.text;
      own.push(token.id);
      sum += token.logprob;
    }
    texts.push(text);
    made.push(own);
  }
  const count = made.reduce((all, own) => all + own.length, 0);
  return { texts, meanLogprob: sum / count, distinct1: distinct(made, 1), distinct2: distinct(made, 2) };
}
