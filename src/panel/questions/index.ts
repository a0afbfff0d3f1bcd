import * as z from 'zod';
import * as attribution from './attribution.ts';
import * as cacheTimes from './cacheTimes.ts';
import * as copying from './copying.ts';
import * as difference from './difference.ts';
import * as distribution from './distribution.ts';
import * as facts from './facts.ts';
import * as fewShot from './fewShot.ts';
import * as headSteps from './headSteps.ts';
import * as lens from './lens.ts';
import * as neighbours from './neighbours.ts';
import * as patch from './patch.ts';
import * as pattern from './pattern.ts';
import * as positions from './positions.ts';
import * as repeated from './repeated.ts';
import * as roles from './roles.ts';
import * as rollout from './rollout.ts';
import * as sample from './sample.ts';
import * as stream from './stream.ts';
import type { Subject } from './subject.ts';
import * as thumbnails from './thumbnails.ts';
import * as token from './token.ts';
import * as tree from './tree.ts';
import * as values from './values.ts';

/** What a page may ask, by kind. One more question is one more file, and its line here. */
export const questions = {
  attribution,
  cacheTimes,
  copying,
  difference,
  distribution,
  facts,
  fewShot,
  headSteps,
  lens,
  neighbours,
  patch,
  pattern,
  positions,
  repeated,
  roles,
  rollout,
  sample,
  stream,
  thumbnails,
  token,
  tree,
  values,
};

type Questions = typeof questions;
export type Question = { [K in keyof Questions]: z.infer<Questions[K]['schema']> }[keyof Questions];
/** What a question is answered with. */
export type Result<Q extends Question> = Awaited<ReturnType<Questions[Q['kind']]['handle']>>;

/** What a question's file exports. */
export interface QuestionKind {
  schema: z.ZodType<Question>;
  /** How many of the kind are worked on at a time; of more, the oldest is dropped. */
  atMost: number;
  handle(question: Question, subject: Subject, signal: AbortSignal): Promise<unknown>;
}

export const kindOf = ({ kind }: Question): QuestionKind => questions[kind];

/** Any question, as it comes over the border. */
export const questionSchema = z.union(Object.values(questions).map(({ schema }) => schema));
