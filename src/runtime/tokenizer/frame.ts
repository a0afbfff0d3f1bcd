import { named } from '../../errors.ts';
import { flatSteps, isObject, type Json } from './step.ts';

/** Ids of the tokens that are put before and after every text. */
export interface Frame {
  before: number[];
  after: number[];
}

type IdOf = (token: string) => number;

/** Every text would grow by so much. */
const MOST_TOKENS = 64;

/**
 * Reads `post_processor` of a tokenizer.json, as far as it concerns a text alone.
 * @param idOf throws for what is not in the vocabulary
 * @throws Error for a kind that is not known
 */
export function frameOf(value: unknown, idOf: IdOf): Frame {
  const frame: Frame = { before: [], after: [] };
  for (const step of flatSteps(value, 'post-processor', 'processors')) {
    const { before, after } = frameOfStep(step, idOf);
    frame.before.unshift(...before);
    frame.after.push(...after);
    if (frame.before.length + frame.after.length > MOST_TOKENS)
      throw new Error(`a post-processor adds more than ${MOST_TOKENS} tokens to a text`);
  }
  return frame;
}

function frameOfStep(step: Json & { type: string }, idOf: IdOf): Frame {
  switch (step.type) {
    case 'ByteLevel':
      return { before: [], after: [] };
    case 'BertProcessing':
    case 'RobertaProcessing':
      return { before: [idOf(firstOf(step, 'cls'))], after: [idOf(firstOf(step, 'sep'))] };
    case 'TemplateProcessing':
      return template(step, idOf);
    default:
      throw new Error(`the post-processor ${named(step.type)} is not known`);
  }
}

function firstOf(step: Json, key: string): string {
  const pair = step[key];
  if (Array.isArray(pair) && typeof pair[0] === 'string') return pair[0];
  throw new Error(`the post-processor ${named(step.type)} has no token as "${key}"`);
}

function template({ single }: Json, idOf: IdOf): Frame {
  const unreadable = new Error('the post-processor has a template that cannot be read');
  if (!Array.isArray(single) || single.length > MOST_TOKENS) throw unreadable;
  const before: number[] = [];
  const after: number[] = [];
  let texts = 0;
  for (const item of single as unknown[]) {
    if (!isObject(item)) throw unreadable;
    const { SpecialToken: special, Sequence: sequence } = item;
    if (isObject(special) && typeof special.id === 'string') (texts > 0 ? after : before).push(idOf(special.id));
    else if (isObject(sequence) && sequence.id === 'A') texts++;
    else throw unreadable;
  }
  // A template without the text would lose it, and one that has it twice would have its tokens twice.
  if (texts !== 1) throw unreadable;
  return { before, after };
}
