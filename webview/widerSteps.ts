/** What one head's steps are a part of: all heads at once, all positions at once, and one new token with the KV cache. */
import { thousands } from '../src/analysis/format.ts';
import { resultOf } from './answers.ts';
import { type Found, rows, type Step } from './headSteps.ts';
import { t } from './l10n.ts';
import { isKnown, lookingToken, type State } from './store.ts';
import { shown } from './tokens.ts';

/** What keeping keys and values saves at the chosen token. */
export const cacheQuestion = (state: Readonly<State>) =>
  ({ kind: 'cacheTimes', position: lookingToken(state) }) as const;

/** Whether the text is scored up to the chosen token, so that nothing else waits while the cache is timed. */
export const canBeTimed = (state: Readonly<State>): boolean =>
  state.tokens.length > 0 && isKnown(state, lookingToken(state));

const megabytes = (bytes: number): string => t('{0} MB', (bytes / 1e6).toFixed(2));

export function widerSteps(state: Readonly<State>, found: Found): Step[] {
  return [...ofAll(state), newToken(state, found)];
}

/** Both are read from the layer's pattern, which the matrix shows too. */
function ofAll(state: Readonly<State>): Step[] {
  const { tokens, layer, head } = state;
  const pattern = resultOf(state, { kind: 'pattern', layer });
  if (!pattern) return [];
  const [heads, N] = pattern.shape;
  const i = lookingToken(state);
  const ofToken = Float32Array.from({ length: (i + 1) * heads }, (_, at) => {
    const [j, h] = [Math.floor(at / heads), at % heads];
    return pattern.data[(h * N + i) * N + j];
  });
  const whole = pattern.data.subarray(head * N * N, (head + 1) * N * N);
  return [
    {
      title: t('all heads'),
      formula: `A(j)[h], h = 0 … ${heads - 1}`,
      sentence: t(
        'The same steps in each of the {0} heads of layer {1} at once, a column each: every head looks for something else.',
        heads,
        layer,
      ),
      grids: [rows('A', ofToken, heads)],
    },
    {
      title: t('all positions'),
      formula: 'A = softmax(mask(Q Kᵀ))',
      sentence: t(
        'One product of matrices works out the rows of all {0} tokens together, for none waits for another: so a text is read at once. Framed: the row of {1}.',
        N,
        shown(tokens[i]),
      ),
      grids: [{ ...rows('A', whole, N), fresh: i }],
    },
  ];
}

function newToken(state: Readonly<State>, { q, rotatedKeys, keys, values }: Found): Step {
  const i = lookingToken(state);
  const { nLayers } = state.model!;
  const times = resultOf(state, cacheQuestion(state));
  const parts = [
    t(
      'When {0} comes last, its row of K and V is new (framed); the {1} above it are kept from before. Its q is used now and never again, so no Q is kept.',
      shown(state.tokens[i]),
      i,
    ),
    times
      ? t(
          'Kept in all {0} layers: {1}, {2} a token. Measured through all layers: {3} ms with the cache, {4} ms without.',
          nLayers,
          megabytes(times.bytesPerToken * i),
          t('{0} bytes', thousands(times.bytesPerToken)),
          times.cached.toFixed(1),
          times.whole.toFixed(1),
        )
      : t('Not measured yet.'),
  ];
  return {
    title: t('a new token'),
    formula: rotatedKeys ? 'K′ ← [K′; k′], V ← [V; v]' : 'K ← [K; k], V ← [V; v]',
    sentence: parts.join(' '),
    timed: true,
    grids: [
      { ...rows(rotatedKeys ? 'k′' : 'k', rotatedKeys ?? keys, q.length), fresh: i },
      { ...rows('v', values, q.length), fresh: i },
    ],
  };
}
