/** What each part of the model adds to a logit at the chosen place: what is asked, and what is known. */
import { type LogitShares, sharesOf } from '../src/analysis/residual.ts';
import type { PieceView } from '../src/panel/protocol.ts';
import { errorOf, type Question, type Result, resultOf } from './answers.ts';
import { isLookedAt } from './depthWindows.ts';
import { t } from './l10n.ts';
import { isKnown, lookingToken, type State } from './store.ts';

/** Whose logit it is. */
export const LOGITS: readonly [string, string][] = [
  ['next', t('next token of the text')],
  ['likeliest', t('likeliest token')],
  ['difference', t('next token less its strongest rival')],
  ['followed', t('followed token')],
  ['nextLessFollowed', t('next token less the followed one')],
];

type Asked = Extract<Question, { kind: 'attribution' }>;

/** After the last token nothing comes: the likeliest stands for the next. Null where nothing is known yet. */
export function partsQuestion(state: Readonly<State>): Asked | null {
  const { tokens, scores, depth } = state;
  const position = lookingToken(state);
  if (!isKnown(state, position)) return null;
  const { logitOf, token } = depth;
  const next = logitOf === 'likeliest' ? undefined : tokens[position + 1]?.id;
  const about = { kind: 'attribution', position } as const;
  if (logitOf === 'followed' && token !== null) return { ...about, target: token };
  const [likeliest] = scores.topIds[position];
  const target = next ?? likeliest;
  if (logitOf === 'nextLessFollowed' && token !== null && token !== target) return { ...about, target, against: token };
  if (logitOf === 'difference')
    return { ...about, target, against: scores.topIds[position].find((id) => id !== target) };
  return next === undefined ? about : { ...about, target: next };
}

export function streamQuestion(state: Readonly<State>) {
  const position = lookingToken(state);
  return isKnown(state, position) ? ({ kind: 'stream', position } as const satisfies Question) : null;
}

/** Asked when the layers in view have been looked at; the stream only where somebody wants to see it. */
export function residualNeeds(state: Readonly<State>): Question[] {
  if (!isLookedAt(state)) return [];
  const questions = [partsQuestion(state), state.depth.norms ? streamQuestion(state) : null];
  return questions.filter((question) => question !== null);
}

export const residualError = (state: Readonly<State>) =>
  residualNeeds(state)
    .map((question) => errorOf(state, question))
    .find((error) => error !== null) ?? null;

export interface Parts {
  question: Asked;
  found: Result<Asked>;
  shares: LogitShares;
  /** Whose logit it is, whether that is the text's own next token or the followed one, and less whose. */
  target: PieceView | undefined;
  of: 'next' | 'followed' | 'likeliest';
  against: PieceView | undefined;
}

let made: Parts | null = null;

/** One object as long as nothing else is known; null as long as there is nothing. */
export function partsOf(state: Readonly<State>): Parts | null {
  const question = partsQuestion(state);
  const found = question && resultOf(state, question);
  if (!found) return null;
  if (made?.found === found && made.question.target === question.target) return made;
  const { pieces, target, against, parts } = found;
  made = {
    question,
    found,
    shares: sharesOf(parts),
    target: pieces[target],
    of: whoseOf(state, question.position, target),
    against: against === undefined ? undefined : pieces[against],
  };
  return made;
}

function whoseOf({ tokens, depth }: Readonly<State>, position: number, target: number): Parts['of'] {
  if (tokens[position + 1]?.id === target) return 'next';
  return depth.token === target ? 'followed' : 'likeliest';
}

/** A column of the bars: a layer, or a part that is of none. */
export type PartColumn = { layer: number } | { part: { name: string; value: number } };

export const columnsOf = ({ first, layers, last }: LogitShares): PartColumn[] => [
  ...first.map((part) => ({ part })),
  ...layers.map((_, layer) => ({ layer })),
  ...last.map((part) => ({ part })),
];

/** What a part that is of no layer is called. */
export function partName(name: string): string {
  if (name === 'embed') return t('embedding');
  if (name === 'pos_embed') return t('position');
  if (name === 'rounding') return t('rounding (int8)');
  return name === 'ln_final.bias' ? t('norm’s bias') : t('output’s bias');
}

/** With its sign, unless it reads as 0. */
export function signed(value: number, write: (size: number) => string): string {
  const size = write(Math.abs(value));
  const sign = value < 0 ? '−' : '+';
  return Number(size) === 0 ? size : sign + size;
}

/** A sum as it is written out, e.g. `embedding 0.51 + attention 9.20 − …`. */
export function writtenSum({ first, layers, last }: LogitShares): string {
  const total = (of: (layer: (typeof layers)[number]) => number) => layers.reduce((sum, layer) => sum + of(layer), 0);
  const terms: [string, number][] = [
    ...first.map(({ name, value }): [string, number] => [partName(name), value]),
    [t('attention'), total(({ attention }) => attention)],
    [t('feed-forward'), total(({ mlp }) => mlp)],
    ...last.map(({ name, value }): [string, number] => [partName(name), value]),
  ];
  return terms
    .map(([name, value], i) => {
      const sign = value < 0 ? '−' : i > 0 ? '+' : '';
      return `${sign}${sign && i > 0 ? ' ' : ''}${name} ${Math.abs(value).toFixed(2)}`;
    })
    .join(' ');
}
