/** How the residual stream grows through the layers at the chosen place; asked for when it is opened. */
import type { Actions } from '../actions.ts';
import { type Result, resultOf } from '../answers.ts';
import { el, setText } from '../dom.ts';
import { t } from '../l10n.ts';
import { signed, streamQuestion } from '../residual.ts';
import type { State } from '../store.ts';

type Stream = Result<{ kind: 'stream'; position: number }>;

export function streamNorms(actions: Actions) {
  const { store } = actions;
  const waiting = el('p', { class: 'stream-waiting', role: 'status' });
  const rows = el('tbody');
  const names = [t('layer'), t('norm'), t('cosine with the last'), t('attention adds'), t('feed-forward adds')];
  const table = el(
    'table',
    { class: 'norms' },
    el('thead', {}, el('tr', {}, ...names.map((name) => el('th', { scope: 'col' }, name)))),
    rows,
  );
  const neurons = el('ol', { class: 'neurons' });
  const found = el(
    'div',
    { hidden: true },
    table,
    el('h2', {}, t('strongest neurons (layer.neuron, activation)')),
    neurons,
  );
  const details = el('details', { class: 'stream' }, el('summary', {}, t('norms and cosines')), waiting, found);
  details.addEventListener('toggle', () => {
    store.set({ depth: { ...store.state.depth, norms: details.open } });
  });
  let last: Stream | undefined;

  function build({ norm, cosine, attention, mlp, neurons: strong }: Stream): void {
    const most = [norm, [1], attention, mlp].map((values) => Math.max(...values));
    const line = (row: number) => {
      const ofLayer = row < attention.length;
      const values = [norm[row], cosine[row], ...(ofLayer ? [attention[row], mlp[row]] : [])];
      return el(
        'tr',
        {},
        el('th', { scope: 'row' }, ofLayer ? String(row) : t('out')),
        ...values.map((value, i) => {
          const written = i === 1 ? value.toFixed(3).replace('-', '−') : value.toPrecision(3);
          const cell = el('td', { title: String(value) }, written);
          cell.style.setProperty('--share', `${(100 * Math.max(0, value)) / most[i]}%`);
          return cell;
        }),
      );
    };
    rows.replaceChildren(...Array.from(norm.keys()).reverse().map(line));
    neurons.replaceChildren(
      ...strong.map(({ layer, neuron, value }) =>
        el(
          'li',
          { title: String(value) },
          `${layer}.${neuron} `,
          el(
            'span',
            { class: 'number' },
            signed(value, (size) => size.toPrecision(3)),
          ),
        ),
      ),
    );
  }

  return {
    element: details,
    show(state: Readonly<State>): void {
      if (!details.open) return;
      const question = streamQuestion(state);
      const stream = question ? resultOf(state, question) : undefined;
      setText(waiting, stream ? '' : t('The layers are run again for this token to read its residual stream…'));
      found.hidden = stream === undefined;
      if (!stream || stream === last) return;
      last = stream;
      build(stream);
    },
  };
}
