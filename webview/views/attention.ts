/** Attention: one head's pattern as a matrix. */

import { mostTelling, strongest } from '../../src/analysis/patterns.ts';
import type { Actions } from '../actions.ts';
import { answerTo, errorOf, resultOf } from '../answers.ts';
import { button, checkbox, dropdown } from '../controls.ts';
import { el, setText } from '../dom.ts';
import { attentionNeeds, attentionOf, matrixOf, measureName, rowOf, topOfScale, whyNoAttention } from '../heads.ts';
import { t, tNodes } from '../l10n.ts';
import { RATIO } from '../plots/figure.ts';
import { largest, type Matrix } from '../plots/matrix.ts';
import { type Cell, type MatrixContent, NAME_ROOM, paintMatrix } from '../plots/matrixPaint.ts';
import { type Palette, paletteOf } from '../plots/palette.ts';
import { magnitudeScale } from '../plots/scale.ts';
import type { Drawing } from '../plots/surface.ts';
import { announce, spokenText } from '../speech.ts';
import { type Changed, lookingToken, type State } from '../store.ts';
import { chip, shortened, shown } from '../tokens.ts';
import { headStepsSection } from './headSteps.ts';
import { matrixPane } from './matrixPane.ts';
import { problemSection } from './problem.ts';
import type { Arcs, Tints } from './tints.ts';
import { explanation, type View } from './view.ts';
import { aboutTop, topOf, weightLegend } from './weightLegend.ts';

/** Targets that are listed of a row, and the weight below which none is. */
const TARGETS = 6;
const LEAST_LISTED = 0.005;
const MOST_ARCS = 10;

let lastArcs: { data: unknown; offset: number; arcs: Arcs } | null = null;

/** What a row looks at most; what was asked for last is not looked for again. */
function arcsOf(matrix: Matrix | null, from: number): Arcs {
  const { data, offset = 0 } = matrix ?? {};
  if (lastArcs?.data !== data || lastArcs?.offset !== offset || lastArcs.arcs.from !== from) {
    const weights = matrix ? rowOf(matrix, from) : [];
    const to = strongest(weights, MOST_ARCS, LEAST_LISTED).map((position) => ({ position, weight: weights[position] }));
    lastArcs = { data, offset, arcs: { from, to } };
  }
  return lastArcs.arcs;
}

/** What the chosen token looks at. */
function tints(state: Readonly<State>, palette: Palette): Tints {
  const { tokens, withoutFirst, model } = state;
  const row = lookingToken(state);
  const name = shortened(tokens[row], 16);
  const matrix = matrixOf(state);
  const weights = matrix?.data.subarray(matrix.offset + row * matrix.n, matrix.offset + row * matrix.n + row + 1);
  const max = matrix ? topOfScale(matrix, withoutFirst) : null;
  return {
    label: model ? t('attention of {0}, {1}', name, measureName(state)) : t('attention of {0}', name),
    max,
    ends: ['0', max === null ? '' : topOf(max)],
    about: max === null ? '' : aboutTop(max),
    value: (position) => weights?.[position] ?? null,
    colour: magnitudeScale(palette, 'cool', max ?? 1),
    ...(state.arcs && { arcs: arcsOf(matrix, row) }),
  };
}

/** One head's pattern, with what chooses the head. */
export const attentionView = (actions: Actions): View => patternView(actions, true);

/** The pattern alone, where the head is chosen elsewhere. */
export const matrixView = (actions: Actions): View => patternView(actions, false);

function patternView(actions: Actions, chooses: boolean): View {
  const { store } = actions;
  const layers = dropdown(t('layer'), (layer) => actions.setLayer(layer));
  const heads = dropdown(t('head'), (head) => actions.setHead(head));
  const first = checkbox(t('leave the first token out of the scale'), (withoutFirst) => store.set({ withoutFirst }));
  first.title = t('Many heads rest on the first token when they find nothing; without it, the rest is easier to see');
  const arcs = checkbox(t('Arcs'), (arcs) => store.set({ arcs }));
  arcs.title = t('Lines over the text above, from the chosen token to the ten that it looks at most');
  const value = el('p', { class: 'cell-value' });
  const row = el('p', { class: 'looks-at' });
  const legend = weightLegend();
  const note = el('p', { class: 'note' });
  const waiting = el('p', { class: 'waiting', role: 'status' });
  const problem = problemSection(actions);
  const stepwise = button(t('Step by step'), () => toggleSteps());
  stepwise.title = t('What the head does with the chosen token, one step at a time (S)');
  const steps = headStepsSection(actions, () => toggleSteps());
  let cursor: Cell | null = null;
  /** The pattern in which a head to begin with was looked for last. */
  let looked: unknown;

  const pane = matrixPane({
    point(cell) {
      cursor = cell;
      actions.hover(cell?.row ?? null, cell?.column);
      show(store.state);
    },
    choose: (row) => actions.choose(row),
    move(cell) {
      cursor = cell;
      actions.hover(cell.row, cell.column);
      show(store.state);
      pane.scrollToCell(cell);
      const { tokens } = store.state;
      announce(
        t(
          '{0} looks at {1}: {2}',
          spokenText(tokens[cell.row]),
          spokenText(tokens[cell.column]),
          weight(store.state, cell),
        ),
      );
    },
  });
  const explained = explanation('', 'attention', t('Help: attention'), actions);
  const choosers = el(
    'div',
    { class: 'choosers' },
    ...(chooses ? [layers.element, heads.element, stepwise, first, arcs] : []),
    pane.tools,
  );
  const element = el(
    'div',
    { class: 'view attention' },
    explained,
    choosers,
    el('div', { class: 'reading' }, legend.element, note),
    value,
    ...(chooses ? [row] : []),
    waiting,
    problem.element,
    ...(chooses ? [steps.element] : []),
    pane.element,
  );

  /** In place of the matrix, and back. */
  function toggleSteps(): void {
    const open = store.state.step === null;
    steps.toggle(open);
    if (!open) stepwise.focus();
  }

  function weight(state: Readonly<State>, { row, column }: Cell): string {
    const matrix = matrixOf(state);
    return matrix ? matrix.data[matrix.offset + row * matrix.n + column].toPrecision(4) : t('not computed yet');
  }

  function showValue(state: Readonly<State>): void {
    const { tokens } = state;
    if (!cursor) {
      setText(
        value,
        state.chosen >= tokens.length
          ? t('Point at a cell to read its weight; the framed row is the chosen token’s. It says what comes next.')
          : t('Point at a cell to read its weight; the framed row is the chosen token’s.'),
      );
      return;
    }
    const { row, column } = cursor;
    value.replaceChildren(
      ...tNodes(
        '{0} ({1}) looks at {2} ({3}): {4}',
        chip(tokens[row]),
        String(row),
        chip(tokens[column]),
        String(column),
        el('strong', {}, weight(state, cursor)),
      ),
    );
  }

  /** The strongest weights of the pointed row, or of the chosen token's. */
  function showRow(state: Readonly<State>, matrix: Matrix): void {
    const { tokens } = state;
    const looking = cursor?.row ?? lookingToken(state);
    const weights = rowOf(matrix, looking);
    const targets = strongest(weights, TARGETS, LEAST_LISTED).map((column) =>
      el(
        'span',
        {
          class: column === cursor?.column ? 'target pointed' : 'target',
          title: t('position {0}: {1}', column, weights[column]),
        },
        chip(tokens[column]),
        ` ${weights[column].toFixed(3)}`,
      ),
    );
    // Spaces, so that the line may break between them.
    const listed = el('span', {}, ...targets.flatMap((target) => [target, ' ']));
    row.replaceChildren(...tNodes('{0} looks at: {1}', chip(tokens[looking]), listed));
  }

  function show(state: Readonly<State>): void {
    const { model, layer, head, tokens, withoutFirst } = state;
    // Their place is kept: nothing moves when the layers and heads are known.
    choosers.style.setProperty('visibility', model ? 'visible' : 'hidden');
    layers.setOptions(model?.nLayers ?? 0);
    heads.setOptions(model?.nHeads ?? 0);
    layers.select(layer);
    heads.select(head);
    first.checked = withoutFirst;
    arcs.checked = state.arcs;
    const stepping = state.step !== null;
    setText(stepwise, stepping ? t('Matrix') : t('Step by step'));
    setText(
      explained.querySelector('p')!,
      stepping
        ? t('What one head does with the chosen token: ← → go from step to step, ↑ ↓ read the numbers.')
        : addsUp(state)
          ? t('Row = the token that looks, column = what it looks at; each row adds up to 1.')
          : t('Row = the token that looks, column = what it looks at.'),
    );
    const matrix = matrixOf(state);
    setText(waiting, answerTo(state, attentionOf(state)) ? '' : whyNoAttention(state));
    problem.show(errorOf(state, attentionOf(state)));
    for (const part of [pane.element, note, value, row]) part.hidden = matrix === null || stepping;
    pane.tools.hidden = first.hidden = stepping;
    steps.show(state);
    // The strip's legend is the matrix' too, but for high contrast, where the strip has lines instead of colours.
    const says = chooses && !paletteOf(state).highContrast;
    legend.element.hidden = matrix === null || says || stepping;
    if (cursor && cursor.row >= tokens.length) cursor = null;
    if (!matrix) {
      pane.show(null);
      return;
    }
    showValue(state);
    showRow(state, matrix);
    const max = topOfScale(matrix, withoutFirst);
    legend.show(magnitudeScale(paletteOf(state), 'cool', max), max);
    setText(
      note,
      withoutFirst
        ? t("The first token's column, up to {0}, is left out of the scale.", largest(matrix).toPrecision(3))
        : '',
    );
    pane.show({ ...contentOf(state, matrix), cursor });
  }

  /** As long as nobody chose a head, and none is known, the most telling one of the layer is shown. */
  function begin(state: Readonly<State>): void {
    const pattern = resultOf(state, { kind: 'pattern', layer: state.layer });
    if (!pattern || pattern === looked || state.headChosen || state.model?.firstHead) return;
    looked = pattern;
    store.set({ head: mostTelling(pattern) });
  }

  return {
    element,
    needs: (state) => [...attentionNeeds(state), ...steps.needs(state)],
    tints,
    key(event): boolean {
      if (!chooses || event.key.toLowerCase() !== 's') return false;
      toggleSteps();
      return true;
    },
    update(state: Readonly<State>, changed: Changed): void {
      // A key that is not for the matrix ends the pointing at it.
      const ended = changed.has('hovered') && state.hovered === null && document.activeElement !== pane.element;
      if (changed.has('run') || ended) cursor = null;
      show(state);
      begin(state);
    },
    figure(state: Readonly<State>) {
      if (state.step !== null) return steps.figure(state);
      const matrix = matrixOf(state);
      if (!matrix) return null;
      const { layer, head, measure, tokens, withoutFirst } = state;
      const max = topOfScale(matrix, withoutFirst);
      const looking = lookingToken(state);
      const hook = `blocks.${layer}.attn.hook_pattern`;
      return {
        about: {
          view: 'attention',
          hook,
          layer,
          head: measure === 'head' ? head : measure,
          ...(state.times ? { times_value_norm: true } : {}),
          scale: { from: 0, to: max, withoutFirst },
          rows: 'the token that looks',
          columns: 'what it looks at',
        },
        table: {
          columns: ['position', 'token', ...tokens.map((_, i) => String(i))],
          rows: tokens.map((token, i) => [i, shown(token), ...rowOf(matrix, i)]),
        },
        picture: {
          title:
            measure === 'head'
              ? t('Attention, layer {0}, head {1}', layer, head)
              : t('Attention, {0}', measureName(state)),
          lines: [
            addsUp(state)
              ? t('{0}: row = the token that looks, column = what it looks at; each row adds up to 1', hook)
              : t('{0}: row = the token that looks, column = what it looks at', hook),
            t('framed: the row of {0} (position {1})', shown(tokens[looking]), looking),
          ],
          scale: {
            label: t('weight'),
            max,
            high: withoutFirst ? t('{0} (without the column of the first token)', topOf(max)) : topOf(max),
            colour: magnitudeScale(paletteOf(state), 'cool', max),
          },
          body: pictureOf(contentOf(state, matrix)),
        },
      };
    },
  };
}

/** Whether what is shown of a row adds up to 1. */
const addsUp = ({ measure, times }: Readonly<State>): boolean => measure === 'rollout' || (measure !== 'max' && !times);

function contentOf(state: Readonly<State>, matrix: Matrix): MatrixContent {
  const palette = paletteOf(state);
  const scale = magnitudeScale(palette, 'cool', topOfScale(matrix, state.withoutFirst));
  return {
    matrix,
    colour: (value) => scale(value).fill,
    palette,
    chosenRow: lookingToken(state),
    cursor: null,
    name: (position) => shortened(state.tokens[position], 14),
  };
}

/** Device pixels of a picture's matrix at most, and of its cells. */
const MOST_PIXELS = 3000;
const MOST_CELL = 24 * RATIO;

/** The whole matrix with its names, for a picture. */
export function pictureOf(content: MatrixContent): Drawing {
  const { n } = content.matrix;
  const cell = Math.max(1, Math.min(MOST_CELL, Math.floor(MOST_PIXELS / n)));
  const pad = 4 * RATIO;
  const size = { width: n * cell + 2 * pad + NAME_ROOM * RATIO, height: n * cell + 2 * pad };
  const view = { ...size, x: pad, y: pad, cell };
  return { ...size, draw: (context) => paintMatrix(context, content, view, RATIO) };
}
