/** What the host says of a sample, and what a page asks it. */
import type { HostMessage, PageMessage } from '../../src/panel/protocol.ts';
import { chunk, model, pieces, type Sample, totalsOf } from './numbers.ts';
import { result } from './stubAnswers.ts';

export type Ask = Extract<PageMessage, { type: 'ask' }>;

export const messages = {
  run: (of: Sample, run = 1, chosen = of.tokens.length - 2): HostMessage => ({
    type: 'run',
    run,
    document: { name: 'essay.md', uri: 'file:///essay.md' },
    tokens: of.tokens,
    chosen,
  }),
  model: (): HostMessage => ({ type: 'model', model }),
  scores: (of: Sample, from: number, count: number, run = 1): HostMessage => {
    const part = chunk(of, from, count);
    return { type: 'scores', run, chunk: part, pieces: pieces(of, part.topIds), totals: totalsOf(of, from + count) };
  },
  done: (of: Sample, run = 1): HostMessage => ({ type: 'done', run, totals: totalsOf(of), milliseconds: 1234 }),
  /** What is asked, answered. */
  answer: (of: Sample, { run, id, question }: Ask): HostMessage => ({
    type: 'answer',
    run,
    id,
    result: result(of, question),
  }),
  progress: (stage: 'load' | 'compute', done: number, total: number, run = 1): HostMessage => ({
    type: 'progress',
    run,
    stage,
    done,
    total,
    label: stage === 'load' ? 'layer' : 'tokens',
  }),
} as const;

/** All messages of a finished run. */
export const finished = (of: Sample, run = 1, chosen?: number): HostMessage[] => [
  messages.model(),
  messages.run(of, run, chosen),
  messages.scores(of, 0, of.tokens.length, run),
  messages.done(of, run),
];
