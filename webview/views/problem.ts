/** An error: what is wrong, where, what to do, and a button that does it. */
import type { ErrorView } from '../../src/panel/protocol.ts';
import type { Actions } from '../actions.ts';
import { button } from '../controls.ts';
import { el } from '../dom.ts';
import { t } from '../l10n.ts';

export function problemSection(actions: Actions) {
  const element = el('section', { class: 'problem', role: 'alert', hidden: true });
  let shown: ErrorView | null = null;
  return {
    element,
    show(error: ErrorView | null): void {
      if (error === shown) return;
      shown = error;
      element.hidden = error === null;
      element.replaceChildren();
      if (!error) return;
      const { what, where, todo, action } = error;
      element.append(
        el('h2', {}, el('span', { class: 'codicon codicon-error', 'aria-hidden': 'true' }), ' ', what),
        el('p', { class: 'where' }, where),
        el('p', {}, todo),
      );
      if (action) element.append(button(action.label, () => actions.send(action.message), true));
      // Once what was wrong is mended, the same text is tried again from here.
      if (action?.message.type !== 'rerun')
        element.append(button(t('Try again'), () => actions.send({ type: 'rerun' })));
    },
  };
}
