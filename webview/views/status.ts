/** The header: model and totals, the buttons of the whole page, progress, and the sentence that says how things stand. */
import { perplexity, thousands } from '../../src/analysis/format.ts';
import type { Actions } from '../actions.ts';
import { button, iconButton } from '../controls.ts';
import { el, setAttributes, setText } from '../dom.ts';
import { type Changed, isOvertaken, type State, touches } from '../store.ts';
import { type Term, term } from '../terms.ts';
import { problemSection } from './problem.ts';

export function statusView(actions: Actions, exportMenu: HTMLElement) {
  const facts = el('div', { class: 'facts' });
  const cancel = iconButton('debug-stop', 'Cancel', () => actions.cancel());
  const pin = iconButton('pin', 'Follow later selections', () => actions.togglePinned());
  const rerun = iconButton('refresh', 'Run again', () => actions.send({ type: 'rerun' }));
  const help = iconButton('question', 'Help: tokens', () => actions.help('tokens'));
  const bar = el('div', { class: 'bar' });
  const progress = el('div', { class: 'progress', role: 'progressbar', 'aria-label': 'Progress' }, bar);
  const sentence = el('p', { class: 'sentence', role: 'status' });
  const problem = problemSection(actions);
  const empty = el('section', { class: 'empty', hidden: true });
  const header = el(
    'header',
    {},
    el('div', { class: 'headline' }, facts, el('div', { class: 'tools' }, cancel, pin, rerun, exportMenu, help)),
    progress,
    sentence,
    problem.element,
    empty,
  );

  function showFacts({ model, totals, tokens }: Readonly<State>): void {
    const count = totals?.tokens ?? tokens.length;
    const parts: [string, string, string][] = [];
    if (model) {
      parts.push(['model', `${model.name} ${model.precision}`, 'The model and the precision it is computed with']);
    }
    if (count > 0)
      parts.push(['count', `${thousands(count)} ${count === 1 ? 'token' : 'tokens'}`, 'Tokens of the text']);
    if (count > 0) {
      const mean = number(totals?.meanSurprisal);
      const ppl = number(totals?.perplexity);
      const over = totals ? `over ${thousands(totals.scored)} scored tokens` : 'not computed yet';
      parts.push([
        'mean',
        `${mean === null ? '–' : mean.toFixed(1)} bits/token`,
        `Mean surprisal ${mean ?? ''} ${over}`,
      ]);
      parts.push(['ppl', `ppl ${ppl === null ? '–' : perplexity(ppl)}`, `Perplexity ${ppl ?? ''} ${over}`]);
    }
    if (model) parts.push(['bos', model.bosPolicy, 'What the tokenizer puts before the text']);
    facts.replaceChildren(
      ...parts.map(([name, text, title]) =>
        name === 'mean'
          ? el('span', { class: `fact ${name}`, title }, ...around(text, 'bits/token', 'mean'))
          : name === 'ppl'
            ? el('span', { class: `fact ${name}`, title }, ...around(text, 'ppl', 'perplexity'))
            : el('span', { class: `fact ${name}`, title }, text),
      ),
    );
  }

  function showProgress({ progress: now, status }: Readonly<State>): void {
    const busy = status === 'loading' || status === 'computing';
    const share = now && now.total > 0 ? now.done / now.total : 0;
    bar.style.setProperty('transform', `scaleX(${busy ? share : 0})`);
    setAttributes(progress, {
      'aria-valuemin': 0,
      'aria-valuemax': now?.total ?? 1,
      'aria-valuenow': busy ? (now?.done ?? 0) : 0,
      'aria-valuetext': now && busy ? `${now.label} ${now.done} of ${now.total}` : 'idle',
      'data-busy': busy,
    });
    // Stays where it is, so that the others do not move.
    cancel.style.setProperty('visibility', busy ? 'visible' : 'hidden');
  }

  function showEmpty({ status, reason }: Readonly<State>): void {
    empty.hidden = status !== 'empty';
    empty.replaceChildren();
    if (status !== 'empty') return;
    empty.append(
      el('p', {}, reason || 'Select some text in an editor and run Tokenscope: Explore Selection.'),
      button('Open an example', () => actions.send({ type: 'openExample' }), true),
    );
  }

  return {
    element: header,
    update(state: Readonly<State>, changed: Changed): void {
      if (touches(changed, 'model', 'totals', 'tokens')) showFacts(state);
      if (touches(changed, 'progress', 'status')) showProgress(state);
      if (touches(changed, 'error')) problem.show(state.error);
      if (touches(changed, 'status', 'reason')) showEmpty(state);
      if (touches(changed, 'pinned')) {
        setAttributes(pin, { 'aria-pressed': state.pinned ? 'true' : 'false' });
        pin.classList.toggle('on', state.pinned);
      }
      if (
        touches(changed, 'status', 'progress', 'scores', 'note', 'notice', 'milliseconds', 'outdated', 'busyRun', 'run')
      ) {
        setText(sentence, sentenceOf(state));
      }
      document.body.dataset.state = state.status;
      document.body.toggleAttribute('data-outdated', state.outdated);
    },
  };
}

/** A text with one word of it explained. */
function around(text: string, word: string, name: Term): (Node | string)[] {
  const at = text.indexOf(word);
  return [text.slice(0, at), term(name, word), text.slice(at + word.length)];
}

const number = (value: number | null | undefined): number | null =>
  value === undefined || value === null || Number.isNaN(value) ? null : value;

/** How things stand, in one line. */
export function sentenceOf(state: Readonly<State>): string {
  const { status, progress, scores, tokens, milliseconds, note, notice, outdated } = state;
  const parts: string[] = [];
  const overtaken = isOvertaken(state);
  const known = `${thousands(scores.known)} of ${thousands(tokens.length)} tokens`;
  if (status === 'loading') parts.push(`Loading the model${progress?.label ? `: ${progress.label}` : ''}…`);
  else if (status === 'computing' && !overtaken) parts.push(`Computing: ${known}.`);
  else if (status === 'cancelled') parts.push(overtaken ? 'Cancelled.' : `Cancelled: ${known} have numbers.`);
  else if (status === 'done' && milliseconds !== null) parts.push(`Computed in ${(milliseconds / 1000).toFixed(2)} s.`);
  if (overtaken) parts.push('What is shown is of the run before.');
  else if (outdated) parts.push('The text changed: these numbers are of the text before the change.');
  if (note) parts.push(note);
  if (notice) parts.push(notice);
  return parts.join(' ');
}
