/** Depth: what each layer already believes, by the logit lens. */
import { nats, rank } from '../../src/analysis/format.ts';
import { cellIndex, isKnownCell } from '../../src/analysis/lens.ts';
import type { Actions } from '../actions.ts';
import { checkbox, choice } from '../controls.ts';
import {
  checkSaid,
  courseOf,
  isMid,
  LENS_MEASURES,
  type Lens,
  lensOf,
  measureOf,
  rowName,
  rowOfLayer,
  shadeOf,
  targetOf,
} from '../depth.ts';
import { isLookedAt, lensError, lensNeeds } from '../depthWindows.ts';
import { el, setText } from '../dom.ts';
import { t, tNodes } from '../l10n.ts';
import type { DepthCell } from '../plots/depthPaint.ts';
import { paletteOf } from '../plots/palette.ts';
import { ramp as rampOf } from '../plots/scale.ts';
import { residualError, residualNeeds } from '../residual.ts';
import { announce, spokenPercent, spokenText } from '../speech.ts';
import { type Changed, isGivenUp, lookingToken, type State, touches } from '../store.ts';
import { chip } from '../tokens.ts';
import { contentOf, courseContentOf, depthFigure } from './depthContent.ts';
import { depthCourse } from './depthCourse.ts';
import { depthPane } from './depthPane.ts';
import { followToken } from './followToken.ts';
import { problemSection } from './problem.ts';
import { residualSection } from './residual.ts';
import { explanation, type View } from './view.ts';

/** Digits that tell two float32 numbers apart as far as a person cares; exports have all of them. */
const exact = (value: number): string => value.toPrecision(6);

export function depthView(actions: Actions): View {
  const { store } = actions;
  let cursor: DepthCell | null = null;
  /** The residual chosen here: the output, and what is after attention, have their layer chosen everywhere. */
  let chosenHook = '';

  const setDepth = (patch: Partial<State['depth']>) => store.set({ depth: { ...store.state.depth, ...patch } });
  const measures = choice(
    t('Tint by'),
    LENS_MEASURES.map(({ id, name }) => [id, name] as [string, string]),
    (measure) => setDepth({ measure }),
  );
  const mid = checkbox(t('after attention too'), (checked) => setDepth({ mid: checked }));
  const following = followToken(actions);
  const value = el('p', { class: 'layer-value' });
  const ramp = el('span', { class: 'ramp' });
  const ends = [el('span'), el('span')];
  const legend = el('div', { class: 'legend' }, ends[0], ramp, ends[1]);
  const check = el('p', { class: 'note' });
  const waiting = el('p', { class: 'waiting', role: 'status' });
  const problem = problemSection(actions);

  const pane = depthPane({
    point,
    choose,
    follow({ row, column }) {
      const lens = lensOf(store.state);
      if (!lens || !isKnownCell(lens.grid, row, column)) return;
      const id = lens.grid.topIds[cellIndex(lens.grid, row, column)];
      following.follow(id);
      const piece = lens.names.get(id);
      announce(t('followed: {0}', piece ? spokenText(piece) : String(id)));
    },
    move(cell) {
      point(cell);
      pane.scrollToCell(cell);
      announce(spokenCell(store.state, cell));
    },
    seen(from, to) {
      const { seen } = store.state.depth;
      if (seen?.from !== from || seen.to !== to) setDepth({ seen: { from, to } });
    },
  });
  const course = depthCourse({
    point(row) {
      cursor = row === null ? null : { row, column: lookingToken(store.state) };
      show(store.state);
    },
    choose: (row) => choose({ row, column: lookingToken(store.state) }),
  });
  const residual = residualSection(actions);
  const element = el(
    'div',
    { class: 'view depth' },
    explanation(
      t(
        'A cell is the token that would come next if the model ended there: layers upwards, the output on top. Bold, without tint: already the output’s answer; a line marks where it is born.',
      ),
      'depth',
      t('Help: depth'),
      actions,
    ),
    el('div', { class: 'choosers' }, measures.element, legend, mid, following.element, pane.tools),
    value,
    problem.element,
    pane.element,
    el('div', { class: 'reading' }, waiting, check),
    course.element,
    residual.element,
  );

  function point(cell: DepthCell | null): void {
    const { hovered } = store.state;
    cursor = cell;
    actions.hover(cell?.column ?? null);
    // Another token is shown with all that hears of it.
    if (store.state.hovered === hovered) show(store.state);
  }

  /** The token of a cell, and the layer whose input it is. */
  function choose({ row, column }: DepthCell): void {
    const { model } = store.state;
    const lens = lensOf(store.state);
    chosenHook = lens?.hooks[row] ?? '';
    if (model && lens) actions.setLayer(Math.min(lens.layers[row], model.nLayers - 1));
    actions.choose(column);
  }

  /** The chosen token and layer. */
  const chosenCell = (state: Readonly<State>): DepthCell => {
    const lens = lensOf(state);
    const last = (state.model?.nLayers ?? 1) - 1;
    const row = lens?.hooks.indexOf(chosenHook) ?? -1;
    const isOfLayer = lens && row >= 0 && Math.min(lens.layers[row], last) === state.layer;
    return { row: isOfLayer ? row : lens ? rowOfLayer(lens, state.layer) : state.layer, column: lookingToken(state) };
  };

  function show(state: Readonly<State>): void {
    const lens = lensOf(state);
    const measure = measureOf(state);
    measures.select(measure.id);
    mid.checked = state.depth.mid;
    following.show(state);
    setText(waiting, whyNotAll(state, lens));
    problem.show(lensError(state) ?? residualError(state));
    for (const part of [pane.element, legend, value, check, course.element, residual.element])
      part.hidden = lens === null;
    if (!lens) {
      pane.show(null);
      return;
    }
    if (cursor && (cursor.column >= lens.grid.n || cursor.row >= lens.grid.rows)) cursor = null;
    setText(check, [checkSaid(lens.check), midSaid(state, lens)].filter((said) => said !== '').join(' · '));
    showLegend(state);
    showValue(state, lens);
    pane.show(contentOf(state, lens, chosenCell(state), cursor));
    const through = courseOf(state);
    const content = courseContentOf(state, lens, cursor ?? chosenCell(state));
    const marked = rowName(lens, content?.marked ?? 0);
    course.show(through, content, state.tokens[lookingToken(state)], marked);
    residual.show(state);
  }

  function showLegend(state: Readonly<State>): void {
    const palette = paletteOf(state);
    const measure = measureOf(state);
    const { vocabSize } = state.model!;
    const max = measure.max(vocabSize);
    ramp.classList.toggle('wedge', palette.highContrast);
    if (palette.highContrast) ramp.style.removeProperty('background-image');
    else ramp.style.setProperty('background-image', rampOf(shadeOf(measure, palette, vocabSize), max));
    setText(ends[0], measure.said(0));
    setText(ends[1], measure.said(max));
  }

  function showValue(state: Readonly<State>, lens: Lens): void {
    if (!cursor) {
      setText(value, t('Point at a cell to read it; a click chooses its token and layer.'));
      return;
    }
    const { grid } = lens;
    const { row, column } = cursor;
    const after = chip(state.tokens[column]);
    if (!isKnownCell(grid, row, column)) {
      value.replaceChildren(
        ...tNodes('{0}, after {1} ({2}): not computed yet', rowName(lens, row), after, String(column)),
      );
      return;
    }
    const cell = cellIndex(grid, row, column);
    value.replaceChildren(
      ...tNodes(
        '{0}, after {1} ({2}): {3} p {4}, entropy {5} nats',
        rowName(lens, row),
        after,
        String(column),
        el('strong', {}, chip(lens.names.get(grid.topIds[cell]))),
        exact(Math.exp(grid.topLogprobs[cell])),
        exact(grid.entropy[cell]),
      ),
      ...(grid.targetRank[cell] > 0
        ? [
            ' · ',
            ...targetSaid(
              state,
              chip(targetOf(state, lens, column)),
              rank(grid.targetRank[cell]),
              exact(grid.targetLogprob[cell]),
            ),
          ]
        : []),
    );
  }

  /** What is chosen is scrolled into view when it, the text or the view changes, not when somebody scrolls. */
  function follow(state: Readonly<State>, changed: Changed): void {
    const { row, column } = chosenCell(state);
    if (changed.has('layer') && !touches(changed, 'run', 'view', 'model')) pane.scrollToCell({ row, column });
    else if (touches(changed, 'chosen', 'run', 'view', 'tokens', 'model')) pane.scrollToColumn(column);
  }

  return {
    element,
    needs: (state) => [...following.needs(), ...lensNeeds(state), ...residualNeeds(state)],
    update(state: Readonly<State>, changed: Changed): void {
      // A key that is not for the cells ends the pointing at one.
      const ended = changed.has('hovered') && state.hovered === null && document.activeElement !== pane.element;
      if (changed.has('run') || ended) cursor = null;
      show(state);
      follow(state, changed);
    },
    figure: (state) => depthFigure(state, chosenCell(state)),
  };
}

function spokenCell(state: Readonly<State>, { row, column }: DepthCell): string {
  const lens = lensOf(state);
  if (!lens) return '';
  const { grid } = lens;
  const after = spokenText(state.tokens[column]);
  if (!isKnownCell(grid, row, column)) return t('{0}, after {1}: not computed yet', rowName(lens, row), after);
  const cell = cellIndex(grid, row, column);
  const piece = lens.names.get(grid.topIds[cell]);
  const top = piece ? spokenText(piece) : String(grid.topIds[cell]);
  const said = t(
    '{0}, after {1}: {2}, {3}, entropy {4}',
    rowName(lens, row),
    after,
    top,
    spokenPercent(Math.exp(grid.topLogprobs[cell])),
    nats(grid.entropy[cell]),
  );
  if (grid.targetRank[cell] === 0) return said;
  const target = targetOf(state, lens, column);
  const [of, ranked] = [target ? spokenText(target) : '', rank(grid.targetRank[cell])];
  return `${said}. ${state.depth.token === null ? t('next in the text: {0}, rank {1}', of, ranked) : t('followed: {0}, rank {1}', of, ranked)}`;
}

const targetSaid = ({ depth }: Readonly<State>, ...parts: (Node | string)[]) =>
  depth.token === null
    ? tNodes('next in the text {0}: rank {1}, log-prob {2} nats', ...parts)
    : tNodes('followed {0}: rank {1}, log-prob {2} nats', ...parts);

/** Where nothing is between attention and the feed-forward network. */
function midSaid(state: Readonly<State>, { hooks }: Lens): string {
  if (!state.depth.mid || hooks.some(isMid) || !isLookedAt(state)) return '';
  return t('this model’s blocks add attention and feed-forward at once: there is nothing in between');
}

/** What is missing still, and why. */
function whyNotAll(state: Readonly<State>, lens: Lens | null): string {
  const { status, tokens } = state;
  if (tokens.length === 0 || status === 'error' || lensError(state)) return '';
  if (isGivenUp(state)) return t('Not computed: the run was cancelled.');
  if (status === 'loading' || status === 'computing') return t('The layers are looked at when the scores are there.');
  if (!lens || lens.known === 0)
    return status === 'done' || status === 'cancelled'
      ? t('Looking at the layers…')
      : t('The layers are not looked at yet.');
  return lens.known < lens.grid.n ? t('{0} of {1} tokens', lens.known, lens.grid.n) : '';
}
