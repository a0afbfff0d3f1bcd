/** The most surprising tokens: a list of ten, and a step to the next or the one before in the text. */
import { bits } from '../../src/analysis/format.ts';
import { surprisal } from '../../src/analysis/surprisal.ts';
import type { Actions } from '../actions.ts';
import { iconButton } from '../controls.ts';
import { el } from '../dom.ts';
import { t } from '../l10n.ts';
import { type Changed, type State, touches } from '../store.ts';
import { shown } from '../tokens.ts';

const LISTED = 10;

/** Positions of the most surprising scored tokens, the largest surprisal first; of equals the earlier. */
export function mostSurprising({ scores }: Pick<State, 'scores'>, most = LISTED): number[] {
  const positions: number[] = [];
  for (let p = 0; p < scores.known; p++) if (!Number.isNaN(scores.logprob[p])) positions.push(p);
  return positions.sort((a, b) => scores.logprob[a] - scores.logprob[b] || a - b).slice(0, most);
}

export function surprisesView(actions: Actions) {
  const { store } = actions;
  const list = el('ol', {});
  const step = (by: 1 | -1) => {
    const inText = mostSurprising(store.state).sort((a, b) => a - b);
    const { chosen } = store.state;
    const next = by > 0 ? inText.find((p) => p > chosen) : inText.findLast((p) => p < chosen);
    const around = by > 0 ? inText[0] : inText.at(-1);
    if (next !== undefined || around !== undefined) actions.choose(next ?? around!);
  };
  const details = el('details', {}, el('summary', {}, t('most surprising')), list);
  const element = el(
    'div',
    { class: 'surprises', hidden: true },
    iconButton('arrow-left', t('Surprise before (Shift+S)'), () => step(-1)),
    iconButton('arrow-right', t('Next surprise (S)'), () => step(1)),
    details,
  );
  details.addEventListener('toggle', () => show(store.state));

  function show(state: Readonly<State>): void {
    if (!details.open) return;
    list.replaceChildren(
      ...mostSurprising(state).map((p) => {
        const label = `${shown(state.tokens[p])}  ${bits(surprisal(state.scores.logprob[p]))}`;
        const button = el('button', { class: 'link', type: 'button', 'data-position': p }, label);
        button.addEventListener('click', () => actions.choose(p));
        return el('li', {}, button);
      }),
    );
  }

  return {
    element,
    step,
    update(state: Readonly<State>, changed: Changed): void {
      if (!touches(changed, 'scores', 'tokens', 'status')) return;
      element.hidden = state.tokens.length === 0; // its place is kept while numbers come
      show(state);
    },
  };
}
