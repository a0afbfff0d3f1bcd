/** What the strip's tint says, and how. Without a view that says otherwise it is surprisal. */
import { MOST_BITS } from '../../src/analysis/heat.ts';
import { surprisal } from '../../src/analysis/surprisal.ts';
import { t } from '../l10n.ts';
import type { Palette } from '../plots/palette.ts';
import { divergingScale, magnitudeScale, type Shade } from '../plots/scale.ts';
import type { State } from '../store.ts';
import { changeAt } from './difference.ts';

/** What a token looks at, to be drawn over the strip: the strongest first. The same object as long as it is the same. */
export interface Arcs {
  from: number;
  to: readonly { position: number; weight: number }[];
}

export interface Tints {
  /** What is tinted, in words. */
  label: string;
  /** Value of the strongest tint; null while there is no scale. */
  max: number | null;
  /** How the ends of the scale read. */
  ends: [string, string];
  /** What the upper end is, at length. */
  about?: string;
  /** The number behind a token; null where there is none (yet). */
  value(position: number): number | null;
  colour(value: number): Shade;
  /** Lines over the tinted tokens, the widest at `max`. */
  arcs?: Arcs;
}

export type MakeTints = (state: Readonly<State>, palette: Palette) => Tints;

export const surprisals: MakeTints = ({ scores }, palette) => ({
  label: t('surprisal'),
  max: MOST_BITS,
  ends: ['0', t('{0}+ bits', MOST_BITS)],
  value: (position) => {
    const logprob = scores.logprob[position];
    return Number.isNaN(logprob) ? null : surprisal(logprob);
  },
  colour: magnitudeScale(palette, 'warm', MOST_BITS),
});

/** Where something is switched off: by how much each token is less expected, or more, than in the model as it is. */
export const differences: MakeTints = (state, palette) => {
  if (state.changed.parts.length === 0) return surprisals(state, palette);
  const max = MOST_BITS / 2;
  return {
    label: t('change of surprisal'),
    max,
    ends: ['0', t('±{0}+ bits', max)],
    about: t('Blue: less expected than in the model as it is; orange: more.'),
    value: (position) => changeAt(state, position),
    colour: divergingScale(palette, max),
  };
};
