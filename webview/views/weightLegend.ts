/** The scale of attention weights beside a picture of them. */
import { el, setText } from '../dom.ts';
import { t } from '../l10n.ts';
import { ramp as rampOf, type Shade } from '../plots/scale.ts';

/** The first row, and what is left out, may be above the top of the scale. */
export const topOf = (max: number): string => `${max.toPrecision(3)}+`;

export const aboutTop = (max: number): string =>
  t('{0}, the largest weight below the first row, which can look at itself only', max);

export function weightLegend() {
  const high = el('span');
  const ramp = el('span', { class: 'ramp' });
  const element = el(
    'div',
    { class: 'legend' },
    el('span', { class: 'label' }, t('weight')),
    el('span', {}, '0'),
    ramp,
    high,
  );
  return {
    element,
    /** @param max weight of the strongest colour */
    show(colour: (weight: number) => Shade, max: number): void {
      setText(high, topOf(max));
      high.title = aboutTop(max);
      ramp.style.setProperty('background-image', rampOf(colour, max));
    },
  };
}
