/** In-context learning by repetition: the text read twice, and how much is won the second time. */
import { meanLoss } from '../../src/analysis/contextLoss.ts';
import { nats } from '../../src/analysis/format.ts';
import type { Actions } from '../actions.ts';
import { errorOf, type Question, resultOf } from '../answers.ts';
import { button } from '../controls.ts';
import { el, setText } from '../dom.ts';
import { t } from '../l10n.ts';
import { type Axis, linePlot } from '../plots/lines.ts';
import type { State } from '../store.ts';

const REPEATED = { kind: 'repeated' } as const satisfies Question;

export function repeatedSection({ store }: Actions) {
  let asked = false;
  const plot = linePlot();
  const said = el('p', { role: 'status' });
  const element = el(
    'section',
    {},
    el('h2', {}, t('The same text twice')),
    el(
      'p',
      { class: 'note' },
      t('What was read once can be copied: induction heads find the last time, and what came after it.'),
    ),
    el(
      'div',
      { class: 'buttons' },
      button(t('Read it twice'), () => {
        asked = true;
        store.refresh();
      }),
    ),
    said,
    plot.element,
  );

  return {
    element,
    needs: (): Question[] => (asked ? [REPEATED] : []),
    show(state: Readonly<State>): void {
      const found = asked ? resultOf(state, REPEATED) : undefined;
      const error = asked ? errorOf(state, REPEATED) : null;
      plot.element.hidden = !found;
      setText(said, error ? `${error.what} ${error.todo}` : found ? about(found) : asked ? t('Reading it twice…') : '');
      if (!found) return;
      const { half, logprob, before } = found;
      const first = logprob.subarray(0, half);
      const copies = [first, logprob.subarray(half), ...(before ? [before.subarray(half)] : [])];
      const losses = copies.map((copy) => Array.from(copy, (x, p) => [p, -x] as const));
      const known = losses.flat().flatMap(([, loss]) => (Number.isFinite(loss) ? [loss] : []));
      const top = Math.max(1, Math.ceil(Math.max(...known)));
      const x: Axis = {
        ...{ from: 0, to: half - 1, ticks: [0, Math.floor((half - 1) / 2), half - 1], said: String },
        label: t('position in the text'),
      };
      const y: Axis = { from: 0, to: top, ticks: [0, top / 2, top], said: String, label: t('loss, nats') };
      const lines = [
        { kind: 'each', points: losses[0], label: t('the first time') },
        { kind: 'running', points: losses[1], label: t('the second time') },
        ...(before ? [{ kind: 'before', points: losses[2], label: t('the second time, as the model is') }] : []),
      ];
      plot.show({ x, y, lines, said: t('Loss of each of {0} tokens, the first and the second time', half) });
    },
  };
}

/** Means over the tokens that have a loss both times: all but the first. */
function about({ half, logprob, before }: { half: number; logprob: Float32Array; before?: Float32Array }): string {
  const mean = (of: Float32Array, from: number) => nats(meanLoss(of, from + 1, from + half) ?? Number.NaN);
  const said = t(
    'Mean loss of {0} tokens: {1} the first time, {2} the second.',
    half - 1,
    mean(logprob, 0),
    mean(logprob, half),
  );
  if (!before) return said;
  return `${said} ${t('As the model is: {0} and {1}.', mean(before, 0), mean(before, half))}`;
}
