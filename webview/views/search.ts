/** A small field that finds tokens: Enter goes on, Esc closes it. */
import type { Actions } from '../actions.ts';
import { textField } from '../controls.ts';
import { el, setText } from '../dom.ts';
import { t } from '../l10n.ts';
import type { State } from '../store.ts';

export interface Search {
  element: HTMLElement;
  open(): void;
}

type Find = (state: Readonly<State>, needle: string, from: number) => number;

/** @param leave gives the focus to where the tokens are */
export function searchField(actions: Actions, find: Find, leave: () => void): Search {
  const field = textField(t('Find a token'), (text) => go(text, 0));
  const result = el('span', { class: 'result', role: 'status' });
  const element = el('div', { class: 'search', role: 'search', hidden: true }, field, result);

  function go(text: string, ahead: number): void {
    const { state } = actions.store;
    if (text === '') {
      setText(result, '');
      return;
    }
    const n = state.tokens.length;
    const found = n === 0 ? -1 : find(state, text, (state.chosen + ahead) % n);
    setText(result, found < 0 ? t('no token holds this') : t('position {0}', found));
    if (found >= 0) actions.choose(found);
  }

  element.addEventListener('keydown', (event) => {
    if (event.key === 'Enter') go(field.value, 1);
    else if (event.key === 'Escape') {
      element.hidden = true;
      leave();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  });
  return {
    element,
    open() {
      element.hidden = false;
      field.value = '';
      setText(result, '');
      field.focus();
    },
  };
}
