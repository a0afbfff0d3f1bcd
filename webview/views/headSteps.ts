/** One head, step by step, for the chosen token, and what its steps are a part of: one screen a step, forward and back. */
import { overlap } from '../../src/analysis/ablation.ts';
import type { Actions } from '../actions.ts';
import { errorOf, resultOf } from '../answers.ts';
import { button } from '../controls.ts';
import { el, setText } from '../dom.ts';
import { type Found, type Grid, type Step, stepsFound, stepsOf, stepsQuestion, working } from '../headSteps.ts';
import { t } from '../l10n.ts';
import { paletteOf } from '../plots/palette.ts';
import { announce } from '../speech.ts';
import type { State } from '../store.ts';
import { shortened } from '../tokens.ts';
import { cacheQuestion, canBeTimed, widerSteps } from '../widerSteps.ts';
import { problemSection } from './problem.ts';
import { stepGrid } from './stepGrid.ts';
import { stepFigure } from './stepPicture.ts';

/** @param closed is called when the person closes it there */
export function headStepsSection(actions: Actions, closed: () => void) {
  const { store } = actions;
  let pointed: { grid: Grid; index: number } | null = null;
  let steps: Step[] = [];
  let last: Found | undefined;
  /** The answers that the steps were made of. */
  let from: unknown[] = [];
  /** The step that was shown when it was closed. */
  let left = 0;
  const at = () => Math.min(store.state.step ?? 0, Math.max(0, steps.length - 1));
  const timing = () => steps[at()]?.timed === true;

  const back = button(t('Back'), () => go(at() - 1));
  const on = button(t('Forward'), () => go(at() + 1));
  const heading = el('h2', { class: 'step-heading' });
  const formulas = el('ol', { class: 'step-formulas', 'aria-label': t('The formula') });
  const events = {
    point(grid: Grid, index: number | null, said: boolean): void {
      pointed = index === null ? null : { grid, index };
      show(store.state);
      if (said && last && pointed) announce(working(last, grid, pointed.index));
    },
  };
  const grids = [stepGrid(events), stepGrid(events)];
  const value = el('p', { class: 'step-value' });
  const sentence = el('p', { class: 'step-sentence' });
  const note = el('p', { class: 'note' });
  const waiting = el('p', { class: 'waiting', role: 'status' });
  const problem = problemSection(actions);
  const body = el(
    'div',
    { class: 'step-body' },
    el('div', { class: 'step-grids' }, ...grids.map((grid) => grid.element)),
    formulas,
  );
  const numbers = el('div', { class: 'step-known' }, body, value, sentence, note);
  const element = el(
    'section',
    { class: 'head-steps', tabindex: -1, 'aria-label': t('One head, step by step'), hidden: true },
    el('div', { class: 'step-tools' }, back, on, heading, waiting),
    problem.element,
    numbers,
  );
  element.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    if (event.key === 'ArrowLeft') go(at() - 1);
    else if (event.key === 'ArrowRight') go(at() + 1);
    else if (event.key === 'Escape') closed();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });

  function go(to: number): void {
    if (to < 0 || to >= steps.length) return;
    pointed = null;
    store.set({ step: to });
    announce(`${headingText()}. ${steps[to].sentence}`);
  }

  const headingText = () => t('{0} of {1}: {2}', at() + 1, steps.length, steps[at()].title);

  function show(state: Readonly<State>): void {
    element.hidden = state.step === null;
    if (element.hidden) return;
    const question = stepsQuestion(state);
    const found = stepsFound(state);
    const untimed = timing() ? errorOf(state, cacheQuestion(state)) : null;
    problem.show(question ? (errorOf(state, question) ?? untimed) : null);
    const failed = question !== null && errorOf(state, question) !== null;
    setText(waiting, found || failed ? '' : t('The layer is run again for this token to read what the head does…'));
    // Its place is kept while its numbers are on their way.
    numbers.style.setProperty('visibility', found ? 'visible' : 'hidden');
    back.toggleAttribute('disabled', !found || at() === 0);
    heading.hidden = !found;
    if (!found) {
      on.toggleAttribute('disabled', true);
      return;
    }
    const known = [
      found,
      resultOf(state, { kind: 'pattern', layer: state.layer }),
      resultOf(state, cacheQuestion(state)),
    ];
    if (known.some((answer, i) => answer !== from[i])) {
      last = found;
      from = known;
      pointed = null;
      steps = [...stepsOf(state, found), ...widerSteps(state, found)];
      formulas.replaceChildren(...steps.map(({ formula }) => el('li', {}, formula)));
    }
    on.toggleAttribute('disabled', at() === steps.length - 1);
    const step = steps[at()];
    setText(heading, headingText());
    for (const [i, line] of [...formulas.children].entries()) {
      if (i === at()) line.setAttribute('aria-current', 'step');
      else line.removeAttribute('aria-current');
    }
    setText(sentence, step.sentence);
    setText(value, pointed ? working(found, pointed.grid, pointed.index) : t('Point at a cell to read its number.'));
    setText(note, notes(state, found).join(' '));
    const palette = paletteOf(state);
    for (const [i, pane] of grids.entries()) {
      const grid = step.grids[i];
      pane.element.hidden = grid === undefined;
      const cursor = pointed?.grid === grid ? (pointed?.index ?? null) : null;
      if (grid) pane.show({ grid, palette, cursor, rowName: (row) => shortened(state.tokens[row], 13) });
    }
  }

  return {
    element,
    toggle(open: boolean): void {
      left = store.state.step ?? left;
      store.set({ step: open ? left : null });
      if (open) element.focus();
    },
    needs: (state: Readonly<State>) => {
      const question = state.step === null ? null : stepsQuestion(state);
      if (!question) return [];
      return timing() && canBeTimed(state) ? [question, cacheQuestion(state)] : [question];
    },
    show,
    /** The step that is shown, for an export. */
    figure(state: Readonly<State>) {
      if (state.step === null || !stepsFound(state)) return null;
      return stepFigure(state, steps[at()]);
    },
  };
}

/** What the model lacks of the steps, and what was changed in it. */
function notes({ changed, layer, head }: Readonly<State>, found: Found): string[] {
  return [
    ...(found.normalized ? [] : [t('This model has no norm before attention.')]),
    ...(found.rotatedQ ? [] : [t('This layer does not turn queries and keys by their position.')]),
    ...(changed.parts.some((part) => overlap(part, { layer, part: head }))
      ? [t('This head is switched off: its z is not the sum of its values.')]
      : []),
  ];
}
