/** Above the views of the side bar: whose attention it is, of which layer and head, and how things stand. */
import type { Actions } from '../actions.ts';
import { button, checkbox, choice, iconButton } from '../controls.ts';
import { el, setAttributes, setText } from '../dom.ts';
import { MEASURES } from '../heads.ts';
import { t } from '../l10n.ts';
import { type Changed, lookingToken, type State } from '../store.ts';
import { chip } from '../tokens.ts';
import { problemSection } from './problem.ts';
import { sentenceOf } from './status.ts';

/** A number that steps, with its name before it. */
function stepper(label: string, before: string, after: string, step: (by: 1 | -1) => void) {
  const number = el('span', { class: 'stepped' });
  const element = el(
    'span',
    { class: 'stepper', role: 'group', 'aria-label': label },
    el('span', {}, label, ' ', number),
    iconButton('chevron-left', before, () => step(-1)),
    iconButton('chevron-right', after, () => step(1)),
  );
  return { element, show: (value: number | null) => setText(number, value === null ? '–' : String(value)) };
}

export function sideHeader(actions: Actions, exportMenu: HTMLElement) {
  const { store } = actions;
  const token = el('span', { class: 'looking' });
  const layer = stepper(t('layer'), t('Previous layer'), t('Next layer'), (by) =>
    actions.setLayer(store.state.layer + by),
  );
  const head = stepper(t('head'), t('Previous head'), t('Next head'), (by) => actions.setHead(store.state.head + by));
  const holdToken = iconButton('unlock', t('Hold the token'), () => actions.toggleLock('token'));
  const holdHead = iconButton('unlock', t('Hold layer and head'), () => actions.toggleLock('head'));
  const measures = choice(t('What is shown of the layer'), MEASURES, (measure) => store.set({ measure }));
  const first = checkbox(t('without first'), (withoutFirst) => store.set({ withoutFirst }));
  first.title = t('Many heads rest on the first token when they find nothing; without it, the rest is easier to see');
  const times = checkbox(t('× |v W_O|'), (chosen) => store.set({ times: chosen }));
  times.title = t(
    'Each weight times the norm of what the head would add for the token it looks at; rows no longer add up to 1',
  );
  const sentence = el('p', { class: 'sentence', role: 'status' });
  const problem = problemSection(actions);
  const empty = el(
    'section',
    { class: 'empty' },
    el('p', {}, t('Open a text: attention follows the caret.')),
    button(t('Open an example'), () => actions.send({ type: 'openExample' }), true),
  );
  const help = iconButton('question', t('Help: attention'), () => actions.help('attention'));
  const choosers = [
    el('div', { class: 'side-line' }, token, holdToken, el('span', { class: 'tools' }, exportMenu, help)),
    el('div', { class: 'side-line' }, layer.element, head.element, holdHead),
    el('div', { class: 'side-line' }, measures.element, times),
    el('div', { class: 'side-line' }, first),
  ];
  const element = el('header', { class: 'side-header' }, ...choosers, sentence, problem.element, empty);

  function showLock(lock: HTMLElement, held: boolean): void {
    setAttributes(lock, { 'aria-pressed': held ? 'true' : 'false' });
    lock.classList.toggle('on', held);
    const icon = lock.querySelector('.codicon');
    icon?.classList.toggle('codicon-lock', held);
    icon?.classList.toggle('codicon-unlock', !held);
  }

  return {
    element,
    update(state: Readonly<State>, changed: Changed): void {
      const { tokens, status, measure, lock, withoutFirst } = state;
      for (const line of choosers) line.hidden = tokens.length === 0;
      if (changed.has('tokens') || changed.has('chosen')) token.replaceChildren(chip(tokens[lookingToken(state)]));
      layer.show(state.model && state.layer);
      head.show(state.model && state.head);
      // Where all heads are taken together none is chosen.
      head.element.style.setProperty('visibility', measure === 'head' ? 'visible' : 'hidden');
      measures.select(measure);
      first.checked = withoutFirst;
      times.checked = state.times;
      times.hidden = measure === 'rollout';
      showLock(holdToken, lock.token);
      showLock(holdHead, lock.head);
      if (changed.has('error')) problem.show(state.error);
      empty.hidden = !(status === 'empty' || status === 'starting');
      // That it is done is seen.
      setText(sentence, status === 'done' && !state.outdated ? state.notice : sentenceOf(state));
      document.body.dataset.state = status;
      document.body.toggleAttribute('data-outdated', state.outdated);
    },
  };
}
