/** The header: model and totals, the buttons of the whole page, progress, and the sentence that says how things stand. */
import { LISTED_PARTS } from '../../src/analysis/ablation.ts';
import { perplexity, thousands } from '../../src/analysis/format.ts';
import type { Actions } from '../actions.ts';
import { button, iconButton } from '../controls.ts';
import { el, setAttributes, setText } from '../dom.ts';
import { t } from '../l10n.ts';
import { type Changed, isOvertaken, type State, touches } from '../store.ts';
import { offCount, offSaid } from '../switchedOff.ts';
import { term } from '../terms.ts';
import { tokenCount } from '../tokens.ts';
import { problemSection } from './problem.ts';

export function statusView(actions: Actions, exportMenu: HTMLElement) {
  const facts = el('div', { class: 'facts' });
  const badge = el('button', { class: 'changes', type: 'button', hidden: true });
  badge.addEventListener('click', () => actions.switchOff([]));
  const cancel = iconButton('debug-stop', t('Cancel'), () => actions.cancel());
  const pin = iconButton('pin', t('Follow later selections'), () => actions.togglePinned());
  const rerun = iconButton('refresh', t('Run again'), () => actions.send({ type: 'rerun' }));
  const help = iconButton('question', t('Help: tokens'), () => actions.help('tokens'));
  const bar = el('div', { class: 'bar' });
  const progress = el('div', { class: 'progress', role: 'progressbar', 'aria-label': t('Progress') }, bar);
  const sentence = el('p', { class: 'sentence', role: 'status' });
  const otherLine = el('p', { class: 'what-if', role: 'status', hidden: true });
  const problem = problemSection(actions);
  const empty = el('section', { class: 'empty', hidden: true });
  const header = el(
    'header',
    {},
    el('div', { class: 'headline' }, facts, badge, el('div', { class: 'tools' }, cancel, pin, rerun, exportMenu, help)),
    progress,
    sentence,
    otherLine,
    problem.element,
    empty,
  );

  function showBadge({ changed }: Readonly<State>): void {
    badge.hidden = changed.parts.length === 0;
    if (badge.hidden) return;
    const count = offCount(changed);
    setText(badge, `${count} ✕`);
    setAttributes(badge, {
      title: `${offSaid(changed, LISTED_PARTS)} ${t('Click to restore the model.')}`,
      'aria-label': t('{0}: restore the model', count),
    });
  }

  function showFacts({ model, totals, before, tokens }: Readonly<State>): void {
    const count = totals?.tokens ?? tokens.length;
    const fact = (name: string, title: string, ...said: (Node | string)[]) =>
      el('span', { class: `fact ${name}`, title }, ...said);
    const parts: HTMLElement[] = [];
    if (model) {
      const title = t('The model and the precision it is computed with');
      parts.push(fact('model', title, `${model.name} ${model.precision}`));
    }
    if (count > 0) {
      const mean = number(totals?.meanSurprisal);
      const ppl = number(totals?.perplexity);
      const [wasMean, wasPpl] = [number(before?.meanSurprisal), number(before?.perplexity)];
      const scored = thousands(totals?.scored ?? 0);
      parts.push(
        fact('count', t('Tokens of the text'), tokenCount(count)),
        fact(
          'mean',
          mean === null
            ? t('Mean surprisal, not computed yet')
            : t('Mean surprisal {0} over {1} scored tokens', mean, scored),
          wasMean === null ? '' : `${wasMean.toFixed(2)} → `,
          mean === null ? '–' : mean.toFixed(wasMean === null ? 1 : 2),
          ' ',
          term('mean', t('bits/token')),
        ),
        fact(
          'ppl',
          ppl === null ? t('Perplexity, not computed yet') : t('Perplexity {0} over {1} scored tokens', ppl, scored),
          term('perplexity', t('ppl')),
          ` ${wasPpl === null ? '' : `${perplexity(wasPpl)} → `}${ppl === null ? '–' : perplexity(ppl)}`,
        ),
      );
    }
    if (model) parts.push(fact('bos', t('What the tokenizer puts before the text'), model.bosPolicy));
    facts.replaceChildren(...parts);
  }

  function showProgress({ progress: now, status }: Readonly<State>): void {
    const busy = status === 'loading' || status === 'computing';
    const share = now && now.total > 0 ? now.done / now.total : 0;
    bar.style.setProperty('transform', `scaleX(${busy ? share : 0})`);
    setAttributes(progress, {
      'aria-valuemin': 0,
      'aria-valuemax': now?.total ?? 1,
      'aria-valuenow': busy ? (now?.done ?? 0) : 0,
      'aria-valuetext': now && busy ? doneOf(now) : t('idle'),
      'data-busy': busy,
    });
    // Stays where it is, so that the others do not move.
    cancel.style.setProperty('visibility', busy ? 'visible' : 'hidden');
  }

  function showOtherLine({ whatIf }: Readonly<State>): void {
    otherLine.hidden = whatIf === null;
    otherLine.replaceChildren();
    if (whatIf) otherLine.append(t('What if:'), ' ', whatIf.before, el('strong', {}, whatIf.text));
  }

  function showEmpty({ status, reason }: Readonly<State>): void {
    empty.hidden = status !== 'empty';
    empty.replaceChildren();
    if (status !== 'empty') return;
    empty.append(
      el('p', {}, reason || t('Select some text in an editor and run Tokenscope: Explore Selection.')),
      button(t('Open an example'), () => actions.send({ type: 'openExample' }), true),
    );
  }

  return {
    element: header,
    update(state: Readonly<State>, changed: Changed): void {
      if (touches(changed, 'model', 'totals', 'before', 'tokens')) showFacts(state);
      if (touches(changed, 'changed')) showBadge(state);
      if (touches(changed, 'progress', 'status')) showProgress(state);
      if (touches(changed, 'whatIf')) showOtherLine(state);
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

const doneOf = ({ label, done, total }: NonNullable<State['progress']>): string =>
  label ? t('{0} {1} of {2}', label, done, total) : t('{0} of {1}', done, total);

const number = (value: number | null | undefined): number | null =>
  value === undefined || value === null || Number.isNaN(value) ? null : value;

/** How things stand, in one line. */
export function sentenceOf(state: Readonly<State>): string {
  const { status, progress, scores, tokens, milliseconds, note, notice, outdated } = state;
  const parts: string[] = [];
  const overtaken = isOvertaken(state);
  const [known, all] = [thousands(scores.known), thousands(tokens.length)];
  if (status === 'loading') {
    parts.push(progress?.label ? t('Loading the model: {0}…', progress.label) : t('Loading the model…'));
  } else if (status === 'computing' && !overtaken) {
    parts.push(t('Computing: {0} of {1} tokens.', known, all));
  } else if (status === 'cancelled') {
    parts.push(overtaken ? t('Cancelled.') : t('Cancelled: {0} of {1} tokens have numbers.', known, all));
  } else if (status === 'done' && milliseconds !== null) {
    parts.push(t('Computed in {0} s.', (milliseconds / 1000).toFixed(2)));
  }
  if (overtaken) parts.push(t('What is shown is of the run before.'));
  else if (outdated) parts.push(t('The text changed: these numbers are of the text before the change.'));
  if (note) parts.push(note);
  if (notice) parts.push(notice);
  return parts.join(' ');
}
