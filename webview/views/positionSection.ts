/** How positions enter the loaded model, and the ways that other models have. */
import { alibiBias, rotarySimilarity, sinusoid, wavelength } from '../../src/analysis/positions.ts';
import { type Question, resultOf } from '../answers.ts';
import { el, setText } from '../dom.ts';
import { t } from '../l10n.ts';
import { type Axis, linePlot, type Plot } from '../plots/lines.ts';
import type { State } from '../store.ts';
import { FACTS } from './scalingSection.ts';

/** Distances that are drawn. */
const FAR = 256;

const LEARNED = { kind: 'positions', far: FAR } as const satisfies Question;

/** Learned positions are read from the file where the model has them. */
export const positionNeeds = (state: Readonly<State>): Question[] =>
  resultOf(state, FACTS)?.learnedPositions ? [LEARNED] : [];

export function positionSection() {
  const own = el('p', {});
  const plot = linePlot();
  const angles = linePlot();
  const other = linePlot();
  const element = el(
    'section',
    {},
    el('h2', {}, t('Positions')),
    own,
    plot.element,
    angles.element,
    el('p', { class: 'note' }, t('For comparison, drawn from their formulas, not from this model:')),
    other.element,
  );
  let drawn: unknown;

  return {
    element,
    show(state: Readonly<State>): void {
      const facts = resultOf(state, FACTS);
      const cosines = resultOf(state, LEARNED)?.cosines;
      if (!facts || drawn === (cosines ?? facts)) return;
      drawn = cosines ?? facts;
      const { rotary, learnedPositions, dModel, nHeads } = facts;
      setText(own, saidOf(rotary, learnedPositions));
      plot.element.hidden = rotary === undefined && !cosines;
      angles.element.hidden = rotary === undefined;
      if (cosines) {
        const points = Array.from(cosines, (cosine, distance) => [distance, cosine] as const);
        plot.show({
          ...axes(-1, Math.max(1, cosines.length - 1)),
          lines: [{ kind: 'first', points, label: t('learned, this model: mean cosine of two rows') }],
          said: t('How alike two rows of positions are, by their distance, from the model’s own table'),
        });
      }
      if (rotary) {
        angles.show(turnsOf(rotary));
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

/** How many tokens it takes each rotated pair to turn once. */
function turnsOf(rotary: readonly number[]): Plot {
  const points = rotary.map((frequency, pair) => [pair, wavelength(frequency)] as const);
  const powers = [1, 2, 3, 4, 5, 6, 7].map((power) => 10 ** power);
  const most = Math.max(...points.map(([, turn]) => turn));
  const end = Math.max(1, rotary.length - 1);
  return {
    x: { from: 0, to: end, ticks: [0, Math.floor(end / 2), end], said: String, label: t('rotated pair of a head') },
    y: {
      ...{ from: 1, to: powers.find((power) => power >= most) ?? most, log: true },
      ticks: [1, ...powers.filter((power) => power <= 10 * most)],
      said: (value) => `10^${Math.round(Math.log10(value))}`,
      label: t('tokens a turn'),
    },
    lines: [{ kind: 'first', points, label: t('rotary, this model: how slowly each pair turns') }],
    said: t('Tokens that each of {0} rotated pairs takes for a turn', rotary.length),
  };
}

function axes(low: number, far = FAR): { x: Axis; y: Axis } {
  return {
    x: {
      from: 0,
      to: far,
      ticks: [0, Math.floor(far / 4), Math.floor(far / 2), far],
      said: String,
      label: t('distance in tokens'),
    },
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
