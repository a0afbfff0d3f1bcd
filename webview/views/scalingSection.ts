/** The published scaling laws, and the loaded model beside them. */
import {
  BESIROGLU,
  COMPUTE_OPTIMAL_TOKENS,
  fittedLoss,
  HOFFMANN,
  kaplanByParameters,
  trainingCompute,
} from '../../src/analysis/scaling.ts';
import { resultOf } from '../answers.ts';
import { slider } from '../controls.ts';
import { el, setText } from '../dom.ts';
import { t } from '../l10n.ts';
import { type Axis, linePlot } from '../plots/lines.ts';
import type { State } from '../store.ts';

/** Powers of ten of the two axes. */
const N = { from: 6, to: 12 };
const D = { from: 8, to: 14 };
const POINTS = 60;

export const FACTS = { kind: 'facts' } as const;

export function scalingSection() {
  let [n, d] = [9, 10.3];
  let current: Readonly<State> | null = null;
  const sliderOf = (name: string, range: { from: number; to: number }, set: (value: number) => void) => {
    const made = slider({
      name: el('span', {}, name),
      label: name,
      ...{ min: range.from, max: range.to, step: 0.1, decimals: 1 },
      onInput: (value) => {
        made.set(value);
        set(value);
        if (current) show(current);
      },
    });
    return made;
  };
  const ofN = sliderOf(t('parameters N, 10 to the'), N, (value) => {
    n = value;
  });
  const ofD = sliderOf(t('training tokens D, 10 to the'), D, (value) => {
    d = value;
  });
  ofN.set(n);
  ofD.set(d);
  const plot = linePlot();
  const said = el('p', { class: 'formula' });
  const model = el('p', {});
  const element = el(
    'section',
    {},
    el('h2', {}, t('Scaling laws')),
    el(
      'p',
      { class: 'note' },
      t(
        'Losses that papers fitted on their own texts and vocabularies, and their formulas as published; the point is the mean loss of the loaded model on this text, which is another one. The fit of Hoffmann et al. is disputed: Besiroglu et al. fitted the same data again.',
      ),
    ),
    ofN.element,
    ofD.element,
    plot.element,
    said,
    model,
  );

  function show(state: Readonly<State>): void {
    current = state;
    const [size, tokens] = [10 ** n, 10 ** d];
    const facts = resultOf(state, FACTS);
    const mean = state.totals?.meanSurprisal;
    const loss = mean === null || mean === undefined ? null : mean * Math.LN2;
    const x: Axis = {
      ...{ from: 10 ** N.from, to: 10 ** N.to, log: true, label: t('N, parameters without embeddings') },
      ticks: Array.from({ length: N.to - N.from + 1 }, (_, i) => 10 ** (N.from + i)),
      said: (value) => `10^${Math.log10(value)}`,
    };
    const y: Axis = {
      ...{
        from: 1,
        to: Math.max(5, Math.ceil(loss ?? 0) + 0.5),
        ticks: [1, 2, 3, 4, 5],
        label: t('loss, nats a token'),
      },
      said: (value) => String(value),
    };
    const line = (kind: string, label: string, of: (size: number) => number) => ({
      kind,
      label,
      points: Array.from({ length: POINTS + 1 }, (_, i) => {
        const at = 10 ** (N.from + ((N.to - N.from) * i) / POINTS);
        return [at, of(at)] as const;
      }),
    });
    plot.show({
      x,
      y,
      lines: [
        line('first', HOFFMANN.name, (at) => fittedLoss(HOFFMANN, at, tokens)),
        line('second', BESIROGLU.name, (at) => fittedLoss(BESIROGLU, at, tokens)),
        line('third', t('Kaplan et al. 2020, L(N)'), kaplanByParameters),
      ],
      marks:
        facts && loss !== null
          ? [{ kind: 'own', x: facts.nonEmbedding, y: loss, label: t('this model, on this text') }]
          : [],
      said: t('Loss by parameters at 10^{0} tokens, by three published laws', d.toFixed(1)),
    });
    const fits = [HOFFMANN, BESIROGLU].map(
      (fit) => `${fit.name}: ${fittedLoss(fit, size, tokens).toFixed(3)} (${fit.source})`,
    );
    const kaplan = `Kaplan et al. 2020: ${kaplanByParameters(size).toFixed(3)} (arXiv 2001.08361)`;
    setText(
      said,
      t(
        'N = 10^{0}, D = 10^{1}: {2}. Compute C ≈ 6 N D = {3} FLOPs; about {4} tokens a parameter use it best: {5} tokens for this N.',
        n.toFixed(1),
        d.toFixed(1),
        [...fits, kaplan].join('; '),
        trainingCompute(size, tokens).toExponential(1),
        COMPUTE_OPTIMAL_TOKENS,
        (COMPUTE_OPTIMAL_TOKENS * size).toExponential(1),
      ),
    );
    const lossSaid = loss === null ? t('not computed yet') : `${loss.toFixed(3)} nats`;
    setText(
      model,
      facts
        ? t(
            'The loaded model: N = {0} without embeddings ({1} with them); how many tokens it was trained on is not in its files. Its mean loss on this text: {2}.',
            facts.nonEmbedding.toLocaleString('en'),
            facts.parameters.toLocaleString('en'),
            lossSaid,
          )
        : '',
    );
  }

  return { element, show };
}
