import { strongest } from '../../src/analysis/patterns.ts';
import type { Look } from '../heads.ts';
import { t } from '../l10n.ts';
import { type Picture, RATIO } from '../plots/figure.ts';
import { paletteOf } from '../plots/palette.ts';
import { css, magnitudeScale } from '../plots/scale.ts';
import type { Surface } from '../plots/surface.ts';
import type { State } from '../store.ts';
import { shortened } from '../tokens.ts';

const ROWS = 40;
const ROW = 20;
const NAME = 150;
const BAR = 360;
const NUMBER = 60;

/** The strongest weights of a row as bars. */
export function rowPicture(state: Readonly<State>, { weights, max }: Look, title: string, hook: string): Picture {
  const palette = paletteOf(state);
  const colour = magnitudeScale(palette, 'cool', max);
  const listed = strongest(weights, ROWS, 0);
  const size = { width: (NAME + BAR + NUMBER) * RATIO, height: listed.length * ROW * RATIO };
  const draw = (context: Surface) => {
    context.scale(RATIO, RATIO);
    context.textBaseline = 'middle';
    context.font = `12px ${palette.font}`;
    for (const [i, position] of listed.entries()) {
      const middle = (i + 0.5) * ROW;
      const weight = weights[position];
      context.fillStyle = css(palette.foreground);
      context.textAlign = 'left';
      context.fillText(`${shortened(state.tokens[position], 18)} (${position})`, 0, middle, NAME - 8);
      context.textAlign = 'right';
      context.fillText(weight.toFixed(3), NAME + BAR + NUMBER, middle, NUMBER - 8);
      context.fillStyle = css(colour(weight).fill);
      context.fillRect(NAME, middle - 6, (BAR * Math.min(weight, max)) / max, 12);
    }
  };
  const left = weights.length - listed.length;
  const rest = left > 0 ? [t('{0} weaker ones are left out', left)] : [];
  const high = state.withoutFirst ? t('{0} (without the first token)', max.toPrecision(3)) : max.toPrecision(3);
  return { title, lines: [hook, ...rest], scale: { label: t('weight'), max, high, colour }, body: { ...size, draw } };
}
