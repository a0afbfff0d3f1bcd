/** Which token is followed through depth: typed, or taken from a cell; by default the text's next one. */
import type { Actions } from '../actions.ts';
import { errorOf, type Question, resultOf } from '../answers.ts';
import { iconButton, textField } from '../controls.ts';
import { lensOf } from '../depth.ts';
import { el } from '../dom.ts';
import { t } from '../l10n.ts';
import type { State } from '../store.ts';
import { chip } from '../tokens.ts';

const MOST = 200;

export function followToken({ store }: Actions) {
  /** What was typed and is not looked up yet. */
  let asked: Extract<Question, { kind: 'token' }> | null = null;
  const field = textField(t('Follow a token'), () => {});
  const said = el('span', { class: 'followed', role: 'status' });
  const clear = iconButton('close', t('Follow the next token of the text again'), () => follow(null));
  const element = el('span', { class: 'follow' }, field, said, clear);

  field.addEventListener('keydown', (event) => {
    event.stopPropagation();
    if (event.key === 'Escape') field.value = '';
    if (event.key !== 'Enter') return;
    asked = field.value === '' ? null : { kind: 'token', text: field.value.slice(0, MOST) };
    if (asked) store.refresh();
    else follow(null);
  });

  function follow(token: number | null): void {
    asked = null;
    field.value = '';
    store.set({ depth: { ...store.state.depth, token } });
  }

  function show(state: Readonly<State>): void {
    const { token } = state.depth;
    clear.hidden = token === null;
    const found = asked && resultOf(state, asked);
    const error = asked && errorOf(state, asked);
    // Not while others are told of the answer.
    if (found?.ids.length === 1) queueMicrotask(() => follow(found.ids[0]));
    if (error) said.replaceChildren(`${error.what} ${error.todo}`);
    else if (found && found.ids.length > 1) {
      // Which of them is meant is for the person to say.
      const choices = found.ids.slice(0, 12).map((id) => {
        const button = el('button', { class: 'link', type: 'button' }, chip(found.pieces[id]));
        button.addEventListener('click', () => follow(id));
        return button;
      });
      said.replaceChildren(t('{0} tokens; choose one:', found.ids.length), ...choices);
    } else if (asked) said.replaceChildren(t('Looking it up…'));
    else if (token === null) said.replaceChildren(t('followed: the next one'));
    else said.replaceChildren(t('followed:'), chip(lensOf(state)?.names.get(token)));
  }

  return { element, show, follow, needs: (): Question[] => (asked ? [asked] : []) };
}
