/** How positions enter the loaded model, and the ways that other models have. */
import { alibiBias, rotarySimilarity, sinusoid, wavelength } from '../../src/analysis/positions.ts';
import { resultOf } from '../answers.ts';
import { el, setText } from '../dom.ts';
import { t } from '../l10n.ts';
import { type Axis, linePlot } from '../plots/lines.ts';
import type { State } from '../store.ts';
import { FACTS } from './scalingSection.ts';

/** Distances that are drawn. */
const FAR = 256;

export function positionSection() {
  const own = el('p', {});
  const plot = linePlot();
  const other = linePlot();
  const element = el(
    'section',
    {},
    el('h2', {}, t('Positions')),
    own,
    plot.element,
    el('p', { class: 'note' }, t('For comparison, drawn from their formulas, not from this model:')),
    other.element,
  );
  let drawn: unknown;

  return {
    element,
    show(state: Readonly<State>): void {
      const facts = resultOf(state, FACTS);
      if (!facts || drawn === facts) return;
      drawn = facts;
      const { rotary, learnedPositions, dModel, nHeads } = facts;
      setText(own, saidOf(rotary, learnedPositions));
      plot.element.hidden = rotary === undefined;
      if (rotary) {
        const said = t('How alike a query and an equal key are, by their distance, from the model’s own frequencies');
        plot.show({
          ...axes(-1),
          lines: [{ kind: 'first', points: over((x) => rotarySimilarity(rotary, x)), label: t('rotary, this model') }],
          said,
        });
      }
      // The code of a position times that of another depends on their distance alone.
      const product = (x: number) => {
        let sum = 0;
        for (let i = 0; i < dModel; i++) sum += sinusoid(0, i, dModel) * sinusoid(x, i, dModel);
        return sum / (dModel / 2);
      };
      other.show({
        ...axes(-1),
        lines: [
          { kind: 'second', points: over(product), label: t('sinusoidal: product of two codes') },
          {
            kind: 'third',
            points: over((x) => Math.exp(alibiBias(Math.ceil(nHeads / 2), nHeads, x))),
            label: t('alibi: factor on a weight, the middle head'),
          },
        ],
        said: t('Sinusoidal codes and alibi by distance'),
      });
    },
  };
}

const over = (of: (distance: number) => number) => Array.from({ length: FAR + 1 }, (_, x) => [x, of(x)] as const);

function axes(low: number): { x: Axis; y: Axis } {
  return {
    x: { from: 0, to: FAR, ticks: [0, FAR / 4, FAR / 2, FAR], said: String, label: t('distance in tokens') },
    y: { from: low, to: 1, ticks: [low, 0, 1], said: String, label: t('how alike') },
  };
}

function saidOf(rotary: readonly number[] | undefined, learned: boolean): string {
  if (rotary) {
    const turns = rotary.map(wavelength);
    return t(
      'Rotary: queries and keys are rotated, {0} pairs a head, each by an angle a position; the fastest turns once in {1} tokens, the slowest in {2}. Nothing is added to the embedding.',
      rotary.length,
      Math.min(...turns).toPrecision(3),
      Math.round(Math.max(...turns)).toLocaleString('en'),
    );
  }
  if (learned) return t('Learned: each position has a row of its own, which is added to the embedding of its token.');
  return t('This model has no positions of the kinds that are drawn here.');
}
