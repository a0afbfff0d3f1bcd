import { changedEngine } from '../explore/changedEngine.ts';
import { Patterns } from '../explore/patterns.ts';
import { PieceTexts } from '../explore/pieceTexts.ts';
import { kindOf, type Question, questions } from '../panel/questions/index.ts';
import { textsOf } from '../panel/views.ts';
import { type AblateOptions, ablations, checkAblate } from './ablate.ts';
import { type CommonOptions, prepare } from './common.ts';
import { UsageError } from './options.ts';
import { printJson } from './terminal.ts';
import { tokenJson } from './tokens.ts';

export interface AskOptions extends CommonOptions, AblateOptions {}

/**
 * What a view of the page asks, answered as JSON: arrays of numbers are lists, what has no number is null. Ranks, units and
 * shapes are those of the question's file in `panel/questions`.
 * @param asked a question as JSON: `{"kind":"values","layer":3}`
 */
export async function ask(asked: string, options: AskOptions): Promise<void> {
  checkAblate(options);
  const question = read(asked);
  const { engine: unchanged, model, tokens, ids } = await prepare(options);
  const interventions = ablations(options, model);
  const engine = changedEngine(unchanged, interventions);
  const patterns = new Patterns(unchanged, ids, interventions);
  const pieces = new PieceTexts(unchanged);
  const subject = {
    engine,
    unchanged,
    model,
    ids,
    before: () => undefined,
    pattern: (layer: number, signal: AbortSignal) => patterns.of(layer, signal),
    texts: (wanted: readonly number[]) => textsOf(pieces, wanted),
  };
  const result = await kindOf(question).handle(question, subject, new AbortController().signal);
  const described = tokens.map(tokenJson);
  const { name, precision } = model;
  printJson({ model: name, precision, tokens: described, question, result });
}

/** @throws UsageError that says what is wrong with it */
function read(text: string): Question {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new UsageError('the question is no JSON: give one such as {"kind":"values","layer":3}');
  }
  const kind = (value as { kind?: unknown } | null)?.kind;
  if (typeof kind !== 'string' || !Object.hasOwn(questions, kind))
    throw new UsageError(`there is no question of this kind: give "kind", one of ${Object.keys(questions).join(', ')}`);
  const { data, error } = questions[kind as Question['kind']].schema.safeParse(value);
  if (data) return data;
  const [{ path, message }] = error.issues;
  throw new UsageError(`the question ${kind}${path.map((part) => `.${String(part)}`).join('')}: ${message}`);
}
