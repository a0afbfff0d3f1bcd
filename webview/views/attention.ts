/** Attention: one head's pattern as a matrix. */
import type { Actions } from '../actions.ts';
import { checkbox, dropdown } from '../controls.ts';
import { el, setText } from '../dom.ts';
import { largest, type Matrix } from '../plots/matrix.ts';
import { css, magnitudeColours, magnitudeStep, readPalette } from '../plots/scale.ts';
import { MOST_LAYER_BYTES } from '../requests.ts';
import { announce, spokenText } from '../speech.ts';
import { type Changed, lookingToken, type State } from '../store.ts';
import { chip, shortened, shown } from '../tokens.ts';
import { type Cell, matrixPane } from './matrixPane.ts';
import { explanation, type View } from './view.ts';

const STOPS = 17;

export function attentionView(actions: Actions): View {
  const { store } = actions;
  const layers = dropdown('layer', (layer) => actions.setLayer(layer));
  const heads = dropdown('head', (head) => actions.setHead(head));
  const first = checkbox('leave the first token out of the scale', (withoutFirst) => store.set({ withoutFirst }));
  first.title = 'Many heads rest on the first token when they find nothing; without it, the rest is easier to see';
  const value = el('p', { class: 'cell-value' });
  const low = el('span', {}, '0');
  const high = el('span');
  const ramp = el('span', { class: 'ramp' });
  const legend = el('div', { class: 'legend' }, el('span', { class: 'label' }, 'weight'), low, ramp, high);
  const note = el('p', { class: 'note' });
  const waiting = el('p', { class: 'waiting', role: 'status' });
  let cursor: Cell | null = null;
  let palette = readPalette();
  let colours = magnitudeColours(palette.dark);

  const pane = matrixPane({
    point(cell) {
      cursor = cell;
      if (cell) actions.hover(cell.row);
      else actions.hover(null);
      show(store.state);
    },
    choose: (row) => actions.choose(row),
    move(cell) {
      cursor = cell;
      actions.hover(cell.row);
      show(store.state);
      pane.scrollToCell(cell);
      const { tokens } = store.state;
      announce(
        `${spokenText(tokens[cell.row])} looks at ${spokenText(tokens[cell.column])}: ${weight(store.state, cell)}`,
      );
    },
  });
  const element = el(
    'div',
    { class: 'view attention' },
    explanation('Row = the token that looks, column = what it looks at; each row adds up to 1.', 'attention', actions),
    el('div', { class: 'choosers' }, layers.element, heads.element, first, pane.tools),
    el('div', { class: 'reading' }, legend, note),
    value,
    waiting,
    pane.element,
  );

  function matrixOf({ patterns, layer, head }: Readonly<State>): Matrix | null {
    const pattern = patterns.get(layer);
    if (!pattern || head >= pattern.heads) return null;
    return { data: pattern.data, offset: head * pattern.n * pattern.n, n: pattern.n };
  }

  function weight(state: Readonly<State>, { row, column }: Cell): string {
    const matrix = matrixOf(state);
    return matrix ? matrix.data[matrix.offset + row * matrix.n + column].toPrecision(4) : 'not computed yet';
  }

  function showValue(state: Readonly<State>): void {
    const { tokens } = state;
    if (!cursor || !matrixOf(state)) {
      const row = tokens[lookingToken(state)];
      const end = state.chosen >= tokens.length ? ' (it says what comes next)' : '';
      value.replaceChildren(...(row ? ['marked row: ', chip(row), `${end}. Point at a cell to read its weight.`] : []));
      return;
    }
    const { row, column } = cursor;
    value.replaceChildren(
      chip(tokens[row]),
      ` (${row}) looks at `,
      chip(tokens[column]),
      ` (${column}): `,
      el('strong', {}, weight(state, cursor)),
    );
  }

  function show(state: Readonly<State>): void {
    const { model, layer, head, tokens, withoutFirst } = state;
    layers.setOptions(model?.nLayers ?? 0);
    heads.setOptions(model?.nHeads ?? 0);
    layers.select(layer);
    heads.select(head);
    first.checked = withoutFirst;
    const matrix = matrixOf(state);
    setText(waiting, matrix ? '' : whyNone(state));
    pane.element.hidden = legend.hidden = note.hidden = matrix === null;
    if (cursor && cursor.row >= tokens.length) cursor = null;
    showValue(state);
    if (!matrix) {
      pane.show(null);
      return;
    }
    const max = largest(matrix, withoutFirst ? 1 : 0);
    const colour = (value: number) => colours[magnitudeStep(value, max)];
    setText(high, `${max.toPrecision(3)}${withoutFirst ? '+' : ''}`);
    high.title = String(max);
    const stops = Array.from({ length: STOPS }, (_, i) => css(colour((i / (STOPS - 1)) * max)));
    ramp.style.setProperty('background-image', `linear-gradient(to right, ${stops.join(', ')})`);
    setText(
      note,
      withoutFirst
        ? `The first token's column, up to ${largest(matrix).toPrecision(3)}, is left out of the scale.`
        : '',
    );
    pane.show({
      matrix,
      colour,
      palette,
      chosenRow: lookingToken(state),
      cursor,
      name: (position) => shortened(tokens[position], 14),
    });
  }

  return {
    id: 'attention',
    title: 'Attention',
    element,
    update(state: Readonly<State>, changed: Changed): void {
      if (changed.has('theme')) {
        palette = readPalette();
        colours = magnitudeColours(palette.dark);
      }
      if (changed.has('run')) cursor = null;
      show(state);
    },
    figure(state: Readonly<State>) {
      const matrix = matrixOf(state);
      const picture = matrix && pane.picture();
      if (!matrix || !picture) return null;
      const { n, data, offset } = matrix;
      const row = (i: number) => Array.from(data.subarray(offset + i * n, offset + i * n + i + 1));
      return {
        about: {
          view: 'attention',
          hook: `blocks.${state.layer}.attn.hook_pattern`,
          layer: state.layer,
          head: state.head,
          rows: 'the token that looks',
          columns: 'what it looks at',
        },
        table: {
          columns: ['position', 'token', ...Array.from({ length: n }, (_, i) => String(i))],
          rows: Array.from({ length: n }, (_, i) => [i, shown(state.tokens[i]), ...row(i)]),
        },
        picture,
      };
    },
  };
}

function whyNone({ status, tokens, model }: Readonly<State>): string {
  const n = tokens.length;
  if (n === 0) return '';
  if (model && model.nHeads * n * n * 4 > MOST_LAYER_BYTES) {
    const most = Math.floor(Math.sqrt(MOST_LAYER_BYTES / 4 / model.nHeads));
    return `The attention of ${n} tokens is too large to hold: select at most ${most}.`;
  }
  if (status === 'loading' || status === 'computing') return 'Attention is computed when the scores are there.';
  return status === 'done' || status === 'cancelled'
    ? 'Computing this layer’s attention…'
    : 'No attention is computed yet.';
}
