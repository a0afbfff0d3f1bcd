/** One head at the chosen token as steps: what each shows, its formula, and its sentence. */
import { type Result, resultOf } from './answers.ts';
import { t } from './l10n.ts';
import { isKnown, lookingToken, type State } from './store.ts';
import { shown } from './tokens.ts';

/** The question for the steps of the chosen head; null before the token is scored. */
export function stepsQuestion(state: Readonly<State>) {
  const { model, layer, head, tokens } = state;
  const position = lookingToken(state);
  if (!model || tokens.length === 0 || !isKnown(state, position)) return null;
  return { kind: 'headSteps', position, layer, head } as const;
}

export type Found = Result<NonNullable<ReturnType<typeof stepsQuestion>>>;

export function stepsFound(state: Readonly<State>): Found | undefined {
  const question = stepsQuestion(state);
  return question ? resultOf(state, question) : undefined;
}

/** Numbers that are drawn as cells. */
export interface Grid {
  name: string;
  /** Numbers of a row; rows are tokens, the first token's the first, or it is one vector. */
  width: number;
  byToken: boolean;
  data: Float32Array;
  /** A row that is framed. */
  fresh?: number;
  /** What a number is called. */
  entry(index: number): string;
}

export interface Step {
  title: string;
  formula: string;
  sentence: string;
  grids: Grid[];
  /** Whether the cache is timed for it. */
  timed?: true;
}

export const shapeOf = ({ byToken, data, width }: Grid): string => `[${byToken ? data.length / width : 1} × ${width}]`;

export const vector = (name: string, data: Float32Array): Grid => ({
  name,
  width: data.length,
  byToken: false,
  data,
  entry: (i) => `${name}[${i}]`,
});

/** A row for each token. */
export const rows = (name: string, data: Float32Array, width: number): Grid => ({
  name,
  width,
  byToken: true,
  data,
  entry: (i) => (width === 1 ? `${name}(${i})` : `${name}(${Math.floor(i / width)})[${i % width}]`),
});

/** All steps that the model has, in the order of the computation. */
export function stepsOf(state: Readonly<State>, found: Found): Step[] {
  const { tokens, layer, head } = state;
  const i = lookingToken(state);
  const name = shown(tokens[i]);
  const dHead = found.q.length;
  const d = found.x.length;
  const n = i + 1;
  const input = (of: string) => (found.normalized ? `norm(${of})` : of);
  const turned = found.rotatedQ !== undefined;
  const [q, k] = turned ? ['q′', 'k′'] : ['q', 'k'];
  const scaled = Number.isNaN(found.factor) ? found.scores : found.products.map((product) => product * found.factor);
  const hidden = tokens.length - n;
  const masked = new Float32Array(tokens.length).fill(Number.NEGATIVE_INFINITY);
  masked.set(found.scores);
  const root = Math.abs(found.factor * Math.sqrt(dHead) - 1) < 1e-3;
  const scale = root ? `1/√${dHead}` : found.factor.toPrecision(4);
  const most = found.pattern.indexOf(found.pattern.reduce((a, b) => Math.max(a, b)));
  return [
    {
      title: 'x',
      formula: 'x',
      sentence: t('{0} as it enters layer {1}: its row of the residual stream.', name, layer),
      grids: [vector('x', found.x)],
    },
    ...(found.normalized
      ? [
          {
            title: t('norm'),
            formula: 'norm(x)',
            sentence: t(
              'The norm brings the row to a size that does not depend on the layer; this is what attention reads.',
            ),
            grids: [vector('norm(x)', found.normalized)],
          },
        ]
      : []),
    {
      title: t('query'),
      formula: turned ? `q = ${input('x')} W_Q, q′ = R(${i}) q` : `q = ${input('x')} W_Q`,
      sentence: turned
        ? t('What {0} looks for, in {1} numbers of head {2}; then turned by its position {3}.', name, dHead, head, i)
        : t('What {0} looks for, in {1} numbers of head {2}.', name, dHead, head),
      grids: [vector('q', found.q), ...(found.rotatedQ ? [vector('q′', found.rotatedQ)] : [])],
    },
    {
      title: t('keys'),
      formula: turned ? `k(j) = ${input('x(j)')} W_K, k′(j) = R(j) k(j)` : `k(j) = ${input('x(j)')} W_K`,
      sentence: turned
        ? t(
            'What each of the {0} tokens up to it offers, turned by its position; of key-value head {1}.',
            n,
            found.kvHead,
          )
        : t('What each of the {0} tokens up to it offers; of key-value head {1}.', n, found.kvHead),
      grids: [rows(k, found.rotatedKeys ?? found.keys, dHead)],
    },
    {
      title: t('dot products'),
      formula: `s(j) = ${q} · ${k}(j)`,
      sentence: t(
        'The query times each key. Beside it the simple version: x times each token’s x, with no matrices at all.',
      ),
      grids: [rows(`${q}·${k}`, found.products, 1), rows('x·x', found.simple.products, 1)],
    },
    {
      title: t('scaled'),
      formula: `s(j) × ${scale}`,
      sentence: root
        ? t('Divided by √{0}, so that longer vectors do not make sharper choices.', dHead)
        : t('Times a constant, so that longer vectors do not make sharper choices.'),
      grids: [rows('s', scaled, 1)],
    },
    {
      title: t('masked'),
      formula: `s(j) = −∞, j > ${i}`,
      sentence:
        hidden === 0
          ? t('{0} is the last token: nothing after it has to be hidden.', name)
          : t('The {0} tokens after {1} are hidden: it may not look ahead.', hidden, name),
      grids: [rows('s', masked, 1)],
    },
    {
      title: t('softmax'),
      formula: 'A(j) = exp s(j) / Σ exp s',
      sentence: t(
        'Shares that add up to 1; the largest, {0}, is of {1}. Beside it the softmax of the simple version.',
        found.pattern[most].toFixed(3),
        shown(tokens[most]),
      ),
      grids: [rows('A', found.pattern, 1), rows('softmax(x·x)', found.simple.pattern, 1)],
    },
    {
      title: t('values'),
      formula: `v(j) = ${input('x(j)')} W_V`,
      sentence: t('What each token gives when it is looked at; of key-value head {0}.', found.kvHead),
      grids: [rows('v', found.values, dHead)],
    },
    {
      title: t('weighted sum'),
      formula: 'z = Σ A(j) v(j)',
      sentence: t('The values, each times its share, added up: what the head found.'),
      grids: [vector('z', found.z)],
    },
    {
      title: t('output'),
      formula: 'attn_out = Σ z W_O',
      sentence: t(
        'W_O turns the z of all heads of layer {0} together into {1} numbers, which are added to x.',
        layer,
        d,
      ),
      grids: [vector('attn_out', found.out)],
    },
  ];
}

/** A number as its formula makes it, where that fits on a line. */
export function working(found: Found, grid: Grid, index: number): string {
  const value = `${grid.data[index]}`.replace('-', '−');
  if (grid.data[index] === Number.NEGATIVE_INFINITY) return t('{0} = −∞: hidden', grid.entry(index));
  return `${grid.entry(index)} = ${value}`.concat(partsOfNumber(found, grid, index));
}

function partsOfNumber(
  { scores, factor, products, pattern }: Found,
  { data, name, width }: Grid,
  index: number,
): string {
  const written = (x: number) => x.toPrecision(4).replace('-', '−');
  if (name === 's' && width === 1 && index < products.length && !Number.isNaN(factor))
    return ` = ${written(products[index])} × ${written(factor)}`;
  if (data === pattern) return ` = exp(${written(scores[index])}) / Σ`;
  return '';
}
