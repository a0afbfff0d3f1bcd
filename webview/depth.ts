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
import { resultOf } from './answers.ts';
import { followed, knownWindow, WINDOW, windowOf } from './depthWindows.ts';
import { t } from './l10n.ts';
import type { Palette } from './plots/palette.ts';
import { magnitudeScale, type Shade } from './plots/scale.ts';
import { lookingToken, type State } from './store.ts';

export interface Lens {
  grid: LensGrid;
  /** Of each row: the residual's hook, and the layer it is of; the output is after the last one. */
  hooks: string[];
  layers: number[];
  names: ReadonlyMap<number, PieceView>;
  /** Positions of which all that is wanted is known. */
  known: number;
  /** Of these, against the run's own numbers. */
  check: OutputCheck;
}

export const isMid = (hook: string): boolean => hook.endsWith('.hook_resid_mid');

/** Before each layer, and after the last one. */
const residualsOf = (nLayers: number): string[] => [
  ...Array.from({ length: nLayers }, (_, l) => `blocks.${l}.hook_resid_pre`),
  `blocks.${nLayers - 1}.hook_resid_post`,
];

let last: { answers: unknown; scores: unknown; mid: boolean; token: number | null; lens: Lens } | null = null;

/** All that is known; null as long as the model is not. The output's row comes from the run itself where it is alone. */
export function lensOf(state: Readonly<State>): Lens | null {
  const { model, tokens, answers, scores, pieces } = state;
  const { mid, token } = state.depth;
  if (!model || tokens.length === 0) return null;
  if (last?.answers === answers && last.scores === scores && last.mid === mid && last.token === token) return last.lens;
  const n = tokens.length;
  const found = Array.from({ length: Math.ceil(n / WINDOW) }, (_, i) => knownWindow(state, i));
  const withMid = mid ? found.find((result) => result?.hooks.some(isMid)) : undefined;
  const hooks = withMid?.hooks ?? residualsOf(model.nLayers);
  const grid = emptyGrid(hooks.length, n);
  const names = new Map(pieces);
  const check: OutputCheck = { compared: 0, others: 0, most: 0 };
  let known = 0;
  placeWindow(grid, outputOf(state, 0, scores.known), 0, scores.known, () => hooks.length - 1);
  for (const [i, result] of found.entries()) {
    if (!result) continue;
    const { from, count } = windowOf(state, i);
    if (hooks.every((hook) => result.hooks.includes(hook))) known += count;
    placeWindow(grid, result, from, count, (row) => hooks.indexOf(result.hooks[row]));
    for (const [id, piece] of Object.entries(result.pieces)) names.set(Number(id), piece);
    if (scores.known < Math.min(n, from + count + 1)) continue;
    const { compared, others, most } = compareOutput(result, outputOf(state, from, count));
    check.compared += compared;
    check.others += others;
    check.most = Math.max(check.most, most);
  }
  const layers = hooks.map((hook, row) => (row === hooks.length - 1 ? model.nLayers : Number(hook.split('.')[1])));
  last = { answers, scores, mid, token, lens: { grid, hooks, layers, names, known, check } };
  return last.lens;
}

/** What the run itself says of what comes after the tokens from `from` on. */
function outputOf({ scores, tokens, depth }: Readonly<State>, from: number, count: number): LensNumbers {
  const positions = Array.from({ length: count }, (_, i) => from + i);
  const target = (p: number): { logprob: number; rank: number } => {
    const isNext = depth.token === null || tokens[p + 1]?.id === depth.token;
    if (isNext && p + 1 < tokens.length && p + 1 < scores.known)
      return { logprob: scores.logprob[p + 1], rank: scores.rank[p + 1] };
    const at = depth.token === null ? -1 : scores.topIds[p].indexOf(depth.token);
    return at < 0 ? { logprob: Number.NaN, rank: 0 } : { logprob: scores.topLogprobs[p][at], rank: at + 1 };
  };
  return {
    topIds: Int32Array.from(positions, (p) => scores.topIds[p][0]),
    topLogprobs: Float32Array.from(positions, (p) => scores.topLogprobs[p][0]),
    entropy: Float32Array.from(positions, (p) => scores.entropy[p]),
    targetLogprob: Float32Array.from(positions, (p) => target(p).logprob),
    targetRank: Int32Array.from(positions, (p) => target(p).rank),
  };
}

/** A token at one position through depth. */
export interface Course {
  position: number;
  token: PieceView | undefined;
  /** Whether it is the text's own next token, the output's likeliest where there is none, or the followed one. */
  of: 'next' | 'likeliest' | 'followed';
  /** [rows]; NaN / 0 where not known. Nats. */
  logprob: Float32Array;
  rank: Int32Array;
}

/** The chosen token's; null as long as nothing of it is known. */
export function courseOf(state: Readonly<State>): Course | null {
  const lens = lensOf(state);
  const position = lookingToken(state);
  if (!lens || position < 0) return null;
  const { token } = state.depth;
  const { rows, n, targetLogprob, targetRank } = lens.grid;
  if (token !== null || position + 1 < n) {
    const column = <A extends Float32Array | Int32Array>(of: A) => of.filter((_, i) => i % n === position) as A;
    const rank = column(targetRank);
    if (rank.every((value) => value === 0)) return null;
    const of = token === null ? 'next' : 'followed';
    return { position, token: targetOf(state, lens, position), of, logprob: column(targetLogprob), rank };
  }
  const question = followed(state);
  const result = question && resultOf(state, question);
  if (!result || result.targetRank.length !== rows) return null;
  const { targetLogprob: logprob, targetRank: ranks } = result;
  return { position, token: lens.names.get(question.follow), of: 'likeliest', logprob, rank: ranks };
}

/** The token whose rank is shown after a position: the followed one, or the text's next. */
export const targetOf = ({ depth, tokens }: Readonly<State>, { names }: Lens, position: number) =>
  depth.token === null ? tokens[position + 1] : names.get(depth.token);

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
    name: t('rank of the next or followed token'),
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
export function rowName({ hooks, layers }: Lens, row: number): string {
  if (row === hooks.length - 1) return t('output');
  return isMid(hooks[row]) ? t('layer {0}, after attention', layers[row]) : t('layer {0}', layers[row]);
}

/** The row of what goes into a layer. */
export const rowOfLayer = ({ layers }: Lens, layer: number): number => Math.max(0, layers.indexOf(layer));

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
