/** In-context learning by examples: the answer's probability as more of them stand before the question. */
import { percent } from '../../src/analysis/format.ts';
import type { Actions } from '../actions.ts';
import { errorOf, type Question, resultOf } from '../answers.ts';
import { button, textField } from '../controls.ts';
import { el, setText } from '../dom.ts';
import { t } from '../l10n.ts';
import { type Axis, linePlot } from '../plots/lines.ts';
import type { State } from '../store.ts';
import { shown } from '../tokens.ts';

/** A task that takes a few examples to be seen. The last line is the question. */
const BEGINNING = t('France: Paris\nItaly: Rome\nJapan: Tokyo\nGreece: Athens\nSpain:');
const ANSWER = t(' Madrid');
const LINES = 5;

type FewShot = Extract<Question, { kind: 'fewShot' }>;

export function fewShotSection(actions: Actions) {
  const { store } = actions;
  const label = t('Examples, a line each; the last line is the question');
  const lines = el('textarea', { class: 'examples', rows: LINES, 'aria-label': label, spellcheck: 'false' });
  lines.value = BEGINNING;
  const answer = textField(t('Answer'), () => {});
  answer.value = ANSWER;
  let asked: FewShot | null = null;
  const plot = linePlot();
  const said = el('p', { role: 'status' });
  const table = el('ol', { class: 'shots' });
  const element = el(
    'section',
    {},
    el('h2', {}, t('Learning from examples')),
    el('p', { class: 'note' }, label),
    lines,
    el(
      'div',
      { class: 'buttons' },
      answer,
      button(t('Try with none, one, two, …'), () => {
        const all = lines.value.split('\n');
        const query = all.pop() ?? '';
        asked = { kind: 'fewShot', examples: all.slice(-32), query, answer: answer.value };
        store.refresh();
      }),
    ),
    said,
    plot.element,
    table,
  );
  // Arrow keys walk the lines, and letters are typed.
  lines.addEventListener('keydown', (event) => event.stopPropagation());

  return {
    element,
    needs: (): Question[] => (asked && asked.query !== '' && asked.answer !== '' ? [asked] : []),
    show(state: Readonly<State>): void {
      const found = asked ? resultOf(state, asked) : undefined;
      const error = asked ? errorOf(state, asked) : null;
      plot.element.hidden = !found;
      setText(said, error ? `${error.what} ${error.todo}` : found ? about(found.tokens) : asked ? t('Asking…') : '');
      if (!found) {
        table.replaceChildren();
        return;
      }
      const last = found.logprob.length - 1;
      const x: Axis = {
        ...{ from: 0, to: Math.max(1, last), ticks: Array.from({ length: last + 1 }, (_, k) => k), said: String },
        label: t('examples'),
      };
      const y: Axis = { from: 0, to: 1, ticks: [0, 0.5, 1], said: percent, label: t('probability of the answer') };
      const points = (logprob: ArrayLike<number>) => Array.from(logprob, (value, k) => [k, Math.exp(value)] as const);
      plot.show({
        x,
        y,
        lines: [
          { kind: 'first', points: points(found.logprob), label: t('the model now') },
          ...(found.before ? [{ kind: 'second', points: points(found.before), label: t('as the model is') }] : []),
        ],
        said: t('Probability of the answer after {0} numbers of examples', last + 1),
      });
      table.replaceChildren(
        ...Array.from(found.logprob, (value, k) =>
          el(
            'li',
            {},
            t('{0} examples: {1}, likeliest {2}', k, percent(Math.exp(value)), shown(found.pieces[found.topIds[k]])),
          ),
        ),
      );
    },
  };
}

const about = (tokens: number): string =>
  tokens === 1
    ? t('The probability of the answer, which is one token.')
    : t('The probability of the whole answer, which is {0} tokens.', tokens);
