/** What the strip's tint says, and how: surprisal, or the chosen token's attention while that view is open. */
import { surprisal } from '../../src/panel/protocol.ts';
import { type Palette, tintScale } from '../plots/scale.ts';
import { lookingToken, type State } from '../store.ts';
import { shortened } from '../tokens.ts';

/** Bits that the strongest tint stands for, and all above. Fixed, so that no colour changes while numbers arrive. */
export const MOST_BITS = 12;

export interface Tints {
  /** What is tinted, in words. */
  label: string;
  max: number;
  /** How the ends of the scale read. */
  ends: [string, string];
  /** The number behind a token; null where there is none (yet). */
  value(position: number): number | null;
  colour(value: number): string;
}

export function tintsOf(state: Readonly<State>, palette: Palette): Tints {
  return state.view === 'attention' ? attention(state, palette) : surprisals(state, palette);
}

function surprisals({ scores }: Readonly<State>, palette: Palette): Tints {
  return {
    label: 'surprisal',
    max: MOST_BITS,
    ends: ['0', `${MOST_BITS}+ bits`],
    value: (position) => {
      const logprob = scores.logprob[position];
      return Number.isNaN(logprob) ? null : surprisal(logprob);
    },
    colour: tintScale(palette, palette.warm, MOST_BITS),
  };
}

function attention(state: Readonly<State>, palette: Palette): Tints {
  const { tokens, patterns, layer, head, withoutFirst } = state;
  const row = lookingToken(state);
  const pattern = patterns.get(layer);
  const offset = pattern ? (head * pattern.n + row) * pattern.n : 0;
  let max = 0;
  for (let i = withoutFirst ? 1 : 0; pattern && i <= row; i++) max = Math.max(max, pattern.data[offset + i]);
  const scale = max > 0 ? max : 1;
  return {
    label: `attention of ${shortened(tokens[row], 16)}, layer ${layer} head ${head}`,
    max: scale,
    ends: ['0', `${scale.toPrecision(2)}${withoutFirst ? '+' : ''}`],
    value: (position) => (pattern && position <= row ? pattern.data[offset + position] : null),
    colour: tintScale(palette, palette.cool, scale),
  };
}
