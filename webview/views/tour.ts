/** The tour's step: what it is about, what to see, and the way on. */
import type { Actions } from '../actions.ts';
import { button, iconButton } from '../controls.ts';
import { el, setText } from '../dom.ts';
import { t } from '../l10n.ts';
import type { Changed, State } from '../store.ts';

export function tourView(actions: Actions) {
  const go = (by: number) => {
    const { tour } = actions.store.state;
    if (tour) actions.send({ type: 'tour', step: tour.step + by < tour.of ? Math.max(0, tour.step + by) : null });
  };
  const title = el('h2', {});
  const text = el('p', { role: 'status' });
  const back = button(t('Back'), () => go(-1));
  const next = button(t('Next'), () => go(1), true);
  const end = iconButton('close', t('End the tour'), () => actions.send({ type: 'tour', step: null }));
  const element = el(
    'section',
    { class: 'tour', hidden: true, 'aria-label': t('Tour') },
    el('div', { class: 'tour-said' }, title, text),
    el('div', { class: 'tour-ways' }, back, next, end),
  );
  return {
    element,
    update({ tour }: Readonly<State>, changed: Changed): void {
      if (!changed.has('tour')) return;
      element.hidden = tour === null;
      if (!tour) return;
      const { step, of } = tour;
      setText(title, t('{0} of {1}: {2}', step + 1, of, tour.title));
      setText(text, tour.text);
      back.toggleAttribute('disabled', step === 0);
      setText(next, step + 1 === of ? t('End') : t('Next'));
    },
  };
}
