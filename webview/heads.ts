/** Attention of the chosen layer as it is looked at: one head, or all together. */
import { maxOverHeads, meanOverHeads, valueWeighted } from '../src/analysis/patterns.ts';
import { type Question, resultOf } from './answers.ts';
import { t } from './l10n.ts';
import { largest, type Matrix } from './plots/matrix.ts';
import { isGivenUp, lookingToken, type Measure, type State } from './store.ts';

/** The norms of what the layer's heads add, where they are wanted. */
const valuesOf = ({ layer }: Readonly<State>) => ({ kind: 'values', layer }) as const satisfies Question;

/** Whether weights are multiplied with the norms of the values: rollout is not. */
const weighs = ({ times, measure }: Readonly<State>): boolean => times && measure !== 'rollout';

/** All that has to be asked for: nothing before the model, and so the head to begin with, is known. */
export const attentionNeeds = (state: Readonly<State>): Question[] => {
  if (!state.model || state.tokens.length === 0) return [];
  return [attentionOf(state), ...(weighs(state) ? [valuesOf(state)] : [])];
};

/** The weights that have to be asked for. */
export const attentionOf = ({ layer, measure }: Readonly<State>) =>
  measure === 'rollout'
    ? ({ kind: 'rollout', layer } as const satisfies Question)
    : ({ kind: 'pattern', layer } as const satisfies Question);

type Pattern = { shape: number[]; data: Float32Array };

const merged: Record<
  'mean' | 'max',
  { of: (pattern: Pattern) => Float32Array; known: WeakMap<Pattern, Float32Array> }
> = {
  mean: { of: meanOverHeads, known: new WeakMap() },
  max: { of: maxOverHeads, known: new WeakMap() },
};

const weighted = new WeakMap<Pattern, Pattern>();

/** The layer's pattern, times the values' norms where that is wanted. */
function patternOf(state: Readonly<State>): Pattern | undefined {
  const pattern = resultOf(state, attentionOf(state));
  if (!pattern || !weighs(state)) return pattern;
  const values = resultOf(state, valuesOf(state));
  if (!values) return undefined;
  const known = weighted.get(pattern) ?? { shape: pattern.shape, data: valueWeighted(pattern, values.data) };
  weighted.set(pattern, known);
  return known;
}

/** Its weights; null as long as they are not there. */
export function matrixOf(state: Readonly<State>): Matrix | null {
  const pattern = patternOf(state);
  if (!pattern) return null;
  const { measure, head } = state;
  const [heads, n] = pattern.shape;
  if (measure === 'rollout') return { data: pattern.data, offset: 0, n };
  if (measure === 'head') return head < heads ? { data: pattern.data, offset: head * n * n, n } : null;
  const { of, known } = merged[measure];
  const data = known.get(pattern) ?? of(pattern);
  known.set(pattern, data);
  return { data, offset: 0, n };
}

let lastTop: { data: unknown; offset: number; withoutFirst: boolean; top: number } | null = null;

/** The weight that has the strongest colour, in the matrix and in the strip; that asked for last is not looked for again. */
export function topOfScale(matrix: Matrix, withoutFirst: boolean): number {
  const { data, offset } = matrix;
  if (lastTop?.data !== data || lastTop.offset !== offset || lastTop.withoutFirst !== withoutFirst) {
    lastTop = { data, offset, withoutFirst, top: largest(matrix, withoutFirst ? 1 : 0) };
  }
  return lastTop.top;
}

/** Weights of a row, as far as it can look. */
export const rowOf = ({ data, offset, n }: Matrix, row: number): Float32Array =>
  data.subarray(offset + row * n, offset + row * n + row + 1);

/** What later tokens give a column, from the token after it on. */
export const columnOf = ({ data, offset, n }: Matrix, column: number): Float32Array =>
  Float32Array.from({ length: n - column - 1 }, (_, i) => data[offset + (column + 1 + i) * n + column]);

/** What the chosen token looks at. */
export interface Look {
  row: number;
  weights: Float32Array;
  /** The weight of the widest bar and the strongest tint. */
  max: number;
}

export function lookOf(state: Readonly<State>): Look | null {
  const matrix = matrixOf(state);
  const row = lookingToken(state);
  if (!matrix || row < 0 || row >= matrix.n) return null;
  const weights = rowOf(matrix, row);
  const first = state.withoutFirst && weights.length > 1 ? 1 : 0;
  return { row, weights, max: weights.subarray(first).reduce((a, b) => Math.max(a, b), 0) || 1 };
}

/** What is looked at, in words. */
export function measureName({ layer, head, measure, times }: Readonly<State>): string {
  if (measure === 'rollout') return t('rollout, layers 0 to {0}', layer);
  const name =
    measure === 'head'
      ? t('layer {0} head {1}', layer, head)
      : measure === 'mean'
        ? t('layer {0}, mean over heads', layer)
        : t('layer {0}, max over heads', layer);
  return times ? t('{0}, times |v W_O|', name) : name;
}

export const MEASURES: [Measure, string][] = [
  ['head', t('one head')],
  ['mean', t('mean over heads')],
  ['max', t('max over heads')],
  ['rollout', t('rollout')],
];

/** Why there are no weights yet. */
export function whyNoAttention(state: Readonly<State>): string {
  const { status, tokens } = state;
  if (tokens.length === 0) return '';
  if (isGivenUp(state)) return t('Not computed: the run was cancelled.');
  if (status === 'loading' || status === 'computing') return t('Attention is computed when the scores are there.');
  return status === 'done' || status === 'cancelled'
    ? t('Computing this layer’s attention…')
    : t('No attention is computed yet.');
}
