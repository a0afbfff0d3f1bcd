/** The model with something switched off beside the model as it is: the tokens that changed most, and what comes next. */
import { bits, percent } from '../../src/analysis/format.ts';
import { surprisal } from '../../src/analysis/surprisal.ts';
import type { Actions } from '../actions.ts';
import { type Question, resultOf } from '../answers.ts';
import { el, setText } from '../dom.ts';
import { t } from '../l10n.ts';
import { lookingToken, type State } from '../store.ts';
import { shown } from '../tokens.ts';

/** Tokens and candidates that are listed. */
const LISTED = 8;

const questionOf = (state: Readonly<State>) =>
  ({ kind: 'difference', position: lookingToken(state) }) as const satisfies Question;

export function differenceNeeds(state: Readonly<State>): Question[] {
  return state.changed.parts.length > 0 && state.tokens.length > 0 ? [questionOf(state)] : [];
}

/** Change of a token's surprisal in bits, above 0 where it is less expected now; null where it is not known. */
export function changeAt(state: Readonly<State>, position: number): number | null {
  if (state.changed.parts.length === 0 || position >= state.scores.known) return null;
  const before = resultOf(state, questionOf(state))?.logprob[position];
  const now = state.scores.logprob[position];
  return before === undefined || Number.isNaN(before) || Number.isNaN(now) ? null : surprisal(now) - surprisal(before);
}

export function changedView(actions: Actions) {
  const tokens = el('ol', { class: 'changed-tokens' });
  const heading = el('h2');
  const rows = el('tbody');
  const table = el(
    'table',
    { class: 'changed-next' },
    el(
      'thead',
      {},
      el('tr', {}, ...[t('token'), t('before'), t('after')].map((name) => el('th', { scope: 'col' }, name))),
    ),
    rows,
  );
  const element = el(
    'div',
    { class: 'changed', hidden: true },
    el('h2', {}, t('tokens that changed most')),
    tokens,
    heading,
    table,
  );

  return {
    element,
    show(state: Readonly<State>): void {
      const found = differenceNeeds(state).length > 0 ? resultOf(state, questionOf(state)) : undefined;
      element.hidden = found === undefined;
      if (!found) return;
      const changes = Array.from(found.logprob.keys())
        .map((position) => ({ position, change: changeAt(state, position) ?? 0 }))
        .sort((a, b) => Math.abs(b.change) - Math.abs(a.change))
        .slice(0, LISTED);
      tokens.replaceChildren(
        ...changes
          .filter(({ change }) => change !== 0)
          .map(({ position, change }) => {
            const link = el(
              'button',
              { class: 'link', type: 'button' },
              shown(state.tokens[position]),
              el('span', { class: 'number' }, `${change > 0 ? '+' : '−'}${bits(Math.abs(change))}`),
            );
            link.addEventListener('click', () => actions.choose(position));
            return el('li', {}, link);
          }),
      );
      setText(heading, t('next after {0}', shown(state.tokens[lookingToken(state)])));
      rows.replaceChildren(
        ...Array.from(found.ids.subarray(0, LISTED), (id, i) =>
          el(
            'tr',
            {},
            el('td', {}, shown(found.pieces[id])),
            el('td', { class: 'number' }, percent(Math.exp(found.before[i]))),
            el('td', { class: 'number' }, percent(Math.exp(found.after[i]))),
          ),
        ),
      );
    },
  };
}
