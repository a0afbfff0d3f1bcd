/** Ways of sampling compared on one place and seed: text, quality and diversity, a row each. */
import { nats } from '../../src/analysis/format.ts';
import type { Actions } from '../actions.ts';
import { errorOf, type Question, resultOf } from '../answers.ts';
import { button } from '../controls.ts';
import { el } from '../dom.ts';
import { t } from '../l10n.ts';
import { type Changed, type State, touches } from '../store.ts';

const SAMPLES = 3;
const TOKENS = 24;
const SEED = 1;

type Ask = Extract<Question, { kind: 'sample' }>;

const ways = (): { name: string; sampling: Ask['sampling'] }[] => [
  { name: t('greedy'), sampling: { temperature: 0, topK: 0, topP: 1 } },
  { name: t('temperature 0.7'), sampling: { temperature: 0.7, topK: 0, topP: 1 } },
  { name: t('top-k 40'), sampling: { temperature: 1, topK: 40, topP: 1 } },
  { name: t('top-p 0.9'), sampling: { temperature: 1, topK: 0, topP: 0.9 } },
  { name: t('min-p 0.1'), sampling: { temperature: 1, topK: 0, topP: 1, minP: 0.1 } },
  { name: t('plain'), sampling: { temperature: 1, topK: 0, topP: 1 } },
];

/** Where two texts begin to differ. */
function shared(a: string, b: string): number {
  let i = 0;
  while (i < Math.min(a.length, b.length) && a[i] === b[i]) i++;
  return i;
}

export function compareView({ store }: Actions) {
  const all = ways();
  /** The place the comparison was asked for; another one is compared when it is asked for again. */
  let asked: string | null = null;
  const placeOf = ({ run, chosen }: Readonly<State>) => `${run} ${chosen}`;
  const question = ({ chosen }: Readonly<State>, sampling: Ask['sampling']): Ask => ({
    kind: 'sample',
    position: chosen,
    sampling,
    seed: SEED,
    samples: SAMPLES,
    tokens: TOKENS,
  });
  const start = button(t('Compare ways of sampling'), () => {
    asked = placeOf(store.state);
    store.set({ tree: { ...store.state.tree } }); // what is needed is another now
  });
  const rows = el('tbody');
  const head = [
    t('way'),
    t('mean log-prob'),
    t('distinct-1'),
    t('distinct-2'),
    t('text (what differs from greedy is bold)'),
  ];
  const table = el(
    'table',
    { class: 'compare' },
    el('thead', {}, el('tr', {}, ...head.map((name) => el('th', { scope: 'col' }, name)))),
    rows,
  );
  const note = el(
    'p',
    { class: 'note' },
    t(
      'Log-probs are of the plain model, a token; distinct-n is the share of different runs of n tokens in {0} texts of at most {1} tokens.',
      SAMPLES,
      TOKENS,
    ),
  );
  const element = el('section', { class: 'compare-ways' }, start, note, table);

  return {
    element,
    needs: (state: Readonly<State>): Question[] =>
      asked === placeOf(state) ? all.map(({ sampling }) => question(state, sampling)) : [],
    update(state: Readonly<State>, changed: Changed): void {
      const open = asked === placeOf(state);
      table.hidden = note.hidden = !open;
      start.hidden = open || state.chosen < 1;
      if (!open || !touches(changed, 'answers', 'tree', 'view', 'chosen', 'run')) return;
      const results = all.map(({ sampling }) => resultOf(state, question(state, sampling)));
      const greedy = results[0]?.texts[0] ?? '';
      rows.replaceChildren(
        ...all.map(({ name }, i) => {
          const result = results[i];
          if (!result) {
            const why = errorOf(state, question(state, all[i].sampling))?.what ?? t('Computing…');
            return el('tr', {}, el('th', { scope: 'row' }, name), el('td', { colspan: 4 }, why));
          }
          const texts = result.texts.map((text) => {
            const same = i === 0 ? text.length : shared(text, greedy);
            return el('li', {}, text.slice(0, same), el('strong', {}, text.slice(same)));
          });
          return el(
            'tr',
            {},
            el('th', { scope: 'row' }, name),
            el('td', { class: 'number' }, nats(result.meanLogprob)),
            el('td', { class: 'number' }, result.distinct1.toFixed(2)),
            el('td', { class: 'number' }, result.distinct2.toFixed(2)),
            el('td', {}, el('ol', {}, ...texts)),
          );
        }),
      );
    },
  };
}
