/** The logit lens of the text as it is looked at: what is asked for, what is known, and how it is measured. */
import { percent, rank, thousands } from '../src/analysis/format.ts';
import {
  compareOutput,
  emptyGrid,
  type LensGrid,
  type LensNumbers,
  type OutputCheck,
  placeWindow,
} from '../src/analysis/lens.ts';
import type { PieceView } from '../src/panel/protocol.ts';
import { answerTo, errorOf, type Question, resultOf } from './answers.ts';
import { t } from './l10n.ts';
import type { Palette } from './plots/palette.ts';
import { magnitudeScale, type Shade } from './plots/scale.ts';
import { lookingToken, type State } from './store.ts';

/** Positions asked for at once, and windows beside what is seen that are asked ahead. */
const WINDOW = 32;
const AHEAD = 8;

/** With the divergences where they are wanted, or there already: they take as long again. */
function windowOf(state: Readonly<State>, index: number) {
  const count = Math.min(WINDOW, state.tokens.length - index * WINDOW);
  const plain = { kind: 'lens', from: index * WINDOW, count } as const satisfies Question;
  const whole = { ...plain, kl: true } as const;
  return state.depth.measure === 'kl' || answerTo(state, whole) ? whole : plain;
}

/** What is known of a window, be it without the divergences. */
function knownWindow(state: Readonly<State>, index: number) {
  const { kind, from, count } = windowOf(state, index);
  return resultOf(state, windowOf(state, index)) ?? resultOf(state, { kind, from, count });
}

/** Nothing comes after the last token: there the likeliest token of the output is followed. Null elsewhere. */
export function followed(state: Readonly<State>) {
  const { tokens, scores } = state;
  const position = tokens.length - 1;
  const likeliest = scores.topIds[position]?.[0];
  if (lookingToken(state) !== position || likeliest === undefined) return null;
  return { kind: 'lens', from: position, count: 1, follow: likeliest } as const satisfies Question;
}

/** Windows in the order they are wanted: what is seen, where the chosen token is, what is beside it. */
function windowsOf(state: Readonly<State>): { wanted: number[]; beside: number[] } {
  const { seen } = state.depth;
  const n = state.tokens.length;
  if (!state.model || !seen || n === 0) return { wanted: [], beside: [] };
  const last = Math.ceil(n / WINDOW) - 1;
  const [from, to] = [seen.from, seen.to].map((column) => Math.min(last, Math.floor(column / WINDOW)));
  const chosen = Math.floor(lookingToken(state) / WINDOW);
  const all = Array.from({ length: last + 1 }, (_, i) => i);
  const wanted = [...new Set([...all.slice(from, to + 1), chosen])];
  const distance = (i: number) => Math.max(from - i, i - to);
  const beside = all.filter((i) => !wanted.includes(i)).sort((a, b) => distance(a) - distance(b));
  return { wanted, beside: beside.slice(0, AHEAD) };
}

function questionsOf(state: Readonly<State>): Extract<Question, { kind: 'lens' }>[] {
  const { wanted, beside } = windowsOf(state);
  const follow = wanted.length > 0 ? followed(state) : null;
  const asked = (index: number) => windowOf(state, index);
  return [...wanted.map(asked), ...(follow ? [follow] : []), ...beside.map(asked)];
}

/** What is needed and there, and the first that is not: the engine works on one at a time. */
export function lensNeeds(state: Readonly<State>): Question[] {
  const questions = questionsOf(state);
  const open = questions.filter((question) => !answerTo(state, question));
  return [...questions.filter((question) => resultOf(state, question)), ...open.slice(0, 1)];
}

/** Whether all that is in view has been looked at. */
export function isLookedAt(state: Readonly<State>): boolean {
  const { wanted } = windowsOf(state);
  return wanted.length > 0 && wanted.every((i) => resultOf(state, windowOf(state, i)));
}

export const lensError = (state: Readonly<State>) =>
  questionsOf(state)
    .map((question) => errorOf(state, question))
    .find((error) => error) ?? null;

export interface Lens {
  grid: LensGrid;
  hooks: string[];
  names: ReadonlyMap<number, PieceView>;
  /** Positions all of whose rows are known. */
  known: number;
  /** Of these, against the run's own numbers. */
  check: OutputCheck;
}

let last: { answers: unknown; scores: unknown; lens: Lens } | null = null;

/** All that is known; null as long as the model is not. The output's row comes from the run itself where it is alone. */
export function lensOf(state: Readonly<State>): Lens | null {
  const { model, tokens, answers, scores, pieces } = state;
  if (!model || tokens.length === 0) return null;
  if (last?.answers === answers && last.scores === scores) return last.lens;
  const n = tokens.length;
  const grid = emptyGrid(model.nLayers + 1, n);
  const names = new Map(pieces);
  const check: OutputCheck = { compared: 0, others: 0, most: 0 };
  let hooks: string[] = [];
  let known = 0;
  placeWindow(grid, outputOf(state, 0, scores.known), 0, scores.known, model.nLayers);
  for (let i = 0; i * WINDOW < n; i++) {
    const { from, count } = windowOf(state, i);
    const result = knownWindow(state, i);
    if (!result) continue;
    ({ hooks } = result);
    known += count;
    placeWindow(grid, result, from, count);
    for (const [id, piece] of Object.entries(result.pieces)) names.set(Number(id), piece);
    if (scores.known < Math.min(n, from + count + 1)) continue;
    const { compared, others, most } = compareOutput(result, outputOf(state, from, count));
    check.compared += compared;
    check.others += others;
    check.most = Math.max(check.most, most);
  }
  last = { answers, scores, lens: { grid, hooks, names, known, check } };
  return last.lens;
}

/** What the run itself says of what comes after the tokens from `from` on. */
function outputOf({ scores, tokens }: Readonly<State>, from: number, count: number): LensNumbers {
  const positions = Array.from({ length: count }, (_, i) => from + i);
  const next = (p: number) => p + 1 < tokens.length && p + 1 < scores.known;
  return {
    topIds: Int32Array.from(positions, (p) => scores.topIds[p][0]),
    topLogprobs: Float32Array.from(positions, (p) => scores.topLogprobs[p][0]),
    entropy: Float32Array.from(positions, (p) => scores.entropy[p]),
    targetLogprob: Float32Array.from(positions, (p) => (next(p) ? scores.logprob[p + 1] : Number.NaN)),
    targetRank: Int32Array.from(positions, (p) => (next(p) ? scores.rank[p + 1] : 0)),
  };
}

/** A token at one position through depth: the actual next one, or where there is none the output's likeliest. */
export interface Course {
  position: number;
  token: PieceView | undefined;
  /** Whether it is the text's own next token. */
  actual: boolean;
  /** [rows]; NaN / 0 where not known. Nats. */
  logprob: Float32Array;
  rank: Int32Array;
}

/** The chosen token's; null as long as nothing of it is known. */
export function courseOf(state: Readonly<State>): Course | null {
  const lens = lensOf(state);
  const position = lookingToken(state);
  if (!lens || position < 0) return null;
  const { rows, n, targetLogprob, targetRank } = lens.grid;
  if (position + 1 < n) {
    const column = <A extends Float32Array | Int32Array>(of: A) => of.filter((_, i) => i % n === position) as A;
    const rank = column(targetRank);
    if (rank.every((value) => value === 0)) return null;
    return { position, token: state.tokens[position + 1], actual: true, logprob: column(targetLogprob), rank };
  }
  const question = followed(state);
  const result = question && resultOf(state, question);
  if (!result || result.targetRank.length !== rows) return null;
  const { targetLogprob: logprob, targetRank: ranks } = result;
  return { position, token: lens.names.get(question.follow), actual: false, logprob, rank: ranks };
}

export interface LensMeasure {
  id: string;
  name: string;
  /** The number behind a cell's tint; NaN where there is none. */
  value(grid: LensGrid, cell: number): number;
  /** Value of the strongest tint. @param vocabulary its size */
  max(vocabulary: number): number;
  hue: 'warm' | 'cool';
  /** How a value reads. */
  said(value: number): string;
}

/** One more measure is one more entry. */
export const LENS_MEASURES: readonly LensMeasure[] = [
  {
    id: 'probability',
    name: t('probability of the top token'),
    value: ({ topLogprobs }, cell) => Math.exp(topLogprobs[cell]),
    max: () => 1,
    hue: 'cool',
    said: percent,
  },
  {
    id: 'entropy',
    name: t('entropy'),
    value: ({ entropy }, cell) => entropy[cell],
    max: Math.log,
    hue: 'warm',
    said: (value) => t('{0} nats', value.toPrecision(3)),
  },
  {
    id: 'rank',
    name: t('rank of the actual next token'),
    value: ({ targetRank }, cell) => (targetRank[cell] > 0 ? Math.log10(targetRank[cell]) : Number.NaN),
    max: Math.log10,
    hue: 'warm',
    said: (value) => t('rank {0}', rank(Math.round(10 ** value))),
  },
  {
    id: 'kl',
    name: t('divergence from the output (KL)'),
    value: ({ kl }, cell) => kl[cell],
    max: Math.log,
    hue: 'warm',
    said: (value) => t('{0} nats', value.toPrecision(3)),
  },
];

export const measureOf = ({ depth }: Readonly<State>): LensMeasure =>
  LENS_MEASURES.find(({ id }) => id === depth.measure) ?? LENS_MEASURES[0];

export const shadeOf = (measure: LensMeasure, palette: Palette, vocabulary: number): ((value: number) => Shade) =>
  magnitudeScale(palette, measure.hue, measure.max(vocabulary));

/** E.g. "layer 12", or the output. */
export const rowName = ({ rows }: LensGrid, row: number): string =>
  row === rows - 1 ? t('output') : t('layer {0}', row);

/** How the comparison of the last row with the output came out. */
export function checkSaid({ compared, others, most }: OutputCheck): string {
  if (compared === 0) return '';
  if (others === 0 && most === 0) return t('last row = output: equal, at {0} positions', thousands(compared));
  return t(
    'last row = output: not equal; {0} of {1} positions have another top token or rank, numbers differ by up to {2} nats',
    thousands(others),
    thousands(compared),
    most.toPrecision(3),
  );
}
