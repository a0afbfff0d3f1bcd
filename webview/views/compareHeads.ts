/** Two heads side by side, and what one gives more than the other. */
import type { RankedHead } from '../../src/analysis/thumbnails.ts';
import type { Actions } from '../actions.ts';
import { errorOf, type Question, resultOf } from '../answers.ts';
import { button } from '../controls.ts';
import { el, setText } from '../dom.ts';
import { rowOf, whyNoAttention } from '../heads.ts';
import { t, tNodes } from '../l10n.ts';
import { largest, type Matrix } from '../plots/matrix.ts';
import type { Cell, MatrixContent } from '../plots/matrixPaint.ts';
import { paletteOf } from '../plots/palette.ts';
import { divergingScale, magnitudeScale, ramp } from '../plots/scale.ts';
import { announce, spokenText } from '../speech.ts';
import { lookingToken, type State } from '../store.ts';
import { chip, shortened, shown } from '../tokens.ts';
import { pictureOf } from './attention.ts';
import { matrixPane } from './matrixPane.ts';
import { problemSection } from './problem.ts';
import { explanation, type View } from './view.ts';

const patternOf = (layer: number) => ({ kind: 'pattern', layer }) as const satisfies Question;

function matrixOf(state: Readonly<State>, { layer, head }: RankedHead): Matrix | null {
  const pattern = resultOf(state, patternOf(layer));
  if (!pattern || head >= pattern.shape[0]) return null;
  const [, n] = pattern.shape;
  return { data: pattern.data, offset: head * n * n, n };
}

/** b - a, as far as both go. */
function difference(a: Matrix, b: Matrix): Matrix {
  const { n } = a;
  const data = Float32Array.from({ length: n * n }, (_, i) => b.data[b.offset + i] - a.data[a.offset + i]);
  return { data, offset: 0, n };
}

interface Compared {
  first: Matrix;
  second: Matrix;
  between: Matrix;
}

export function compareView(actions: Actions): View {
  const { store } = actions;
  let cursor: Cell | null = null;
  let last: Compared | null = null;
  const names = [el('span'), el('span')];
  const value = el('p', { class: 'cell-value' });
  const waiting = el('p', { class: 'waiting', role: 'status' });
  const problem = problemSection(actions);
  const bar = el('span', { class: 'ramp' });
  const ends = [el('span'), el('span')];
  const legend = el(
    'div',
    { class: 'legend' },
    el('span', { class: 'label' }, t('second − first')),
    ends[0],
    bar,
    ends[1],
  );

  // The names of the tokens are beside the difference.
  const panes = [0, 0, undefined].map((nameRoom) =>
    matrixPane(
      {
        point: (cell) => point(cell),
        choose: (row) => actions.choose(row),
        move(cell) {
          point(cell);
          announce(said(store.state, cell));
        },
      },
      nameRoom,
    ),
  );
  const [one, other, between] = panes;
  const keep = button(t('Compare with this head'), () => {
    const { layer, head } = store.state;
    store.set({ compared: { layer, head } });
  });
  const pair = el(
    'div',
    { class: 'pair' },
    el('div', {}, names[0], one.element),
    el('div', {}, names[1], other.element),
  );
  const element = el(
    'div',
    { class: 'view attention two-heads' },
    explanation(
      t('Keep a head, then choose another one: what the second gives more, and less, than the first.'),
      'attention',
      t('Help: attention'),
      actions,
    ),
    el('div', { class: 'choosers' }, keep, between.tools),
    waiting,
    problem.element,
    pair,
    legend,
    value,
    between.element,
  );

  function point(cell: Cell | null): void {
    cursor = cell;
    actions.hover(cell?.row ?? null, cell?.column);
    show(store.state);
  }

  /** The same object for the same heads, so that nothing is subtracted again. */
  function compared(state: Readonly<State>): Compared | null {
    const first = state.compared && matrixOf(state, state.compared);
    const second = matrixOf(state, state);
    if (!first || !second) return null;
    const same = (a: Matrix, b: Matrix | undefined) => a.data === b?.data && a.offset === b.offset;
    if (!same(first, last?.first) || !same(second, last?.second)) {
      last = { first, second, between: difference(first, second) };
    }
    return last;
  }

  function said({ tokens }: Readonly<State>, cell: Cell): string {
    const text = weights(cell);
    return t('{0} looks at {1}: {2}', spokenText(tokens[cell.row]), spokenText(tokens[cell.column]), text);
  }

  /** E.g. "0.860 − 0.100 = 0.760". */
  function weights({ row, column }: Cell): string {
    const [a, b, d] = [last!.first, last!.second, last!.between].map((m) => m.data[m.offset + row * m.n + column]);
    return `${b.toFixed(3)} − ${a.toFixed(3)} = ${d.toFixed(3)}`;
  }

  function contentOf(state: Readonly<State>, matrix: Matrix, max: number, differs: boolean): MatrixContent {
    const palette = paletteOf(state);
    const scale = differs ? divergingScale(palette, max) : magnitudeScale(palette, 'cool', max);
    return {
      matrix,
      colour: (weight) => scale(weight).fill,
      palette,
      chosenRow: lookingToken(state),
      cursor,
      name: (position) => (differs ? shortened(state.tokens[position], 14) : ''),
    };
  }

  const scaleOf = ({ first, second }: Compared) => Math.max(largest(first), largest(second));

  function show(state: Readonly<State>): void {
    const both = compared(state);
    const needed = state.compared ? [state.compared.layer, state.layer] : [];
    problem.show(needed.map((layer) => errorOf(state, patternOf(layer))).find((error) => error) ?? null);
    setText(waiting, both || !state.compared ? '' : whyNoAttention(state));
    for (const part of [pair, legend, value, between.element, between.tools]) part.hidden = !both;
    if (!both) {
      for (const pane of panes) pane.show(null);
      return;
    }
    const { first, second } = both;
    if (cursor && cursor.row >= first.n) cursor = null;
    const max = scaleOf(both);
    setText(names[0], t('first: layer {0} head {1}', state.compared!.layer, state.compared!.head));
    setText(names[1], t('second: layer {0} head {1}', state.layer, state.head));
    one.show(contentOf(state, first, max, false));
    other.show(contentOf(state, second, max, false));
    between.show(contentOf(state, both.between, max, true));
    setText(ends[0], `−${max.toPrecision(3)}`);
    setText(ends[1], max.toPrecision(3));
    const scale = divergingScale(paletteOf(state), max);
    bar.style.setProperty(
      'background-image',
      ramp((weight) => scale(2 * weight - max), max),
    );
    if (!cursor) setText(value, t('Point at a cell to read both weights.'));
    else {
      const { row, column } = cursor;
      const strong = el('strong', {}, weights(cursor));
      value.replaceChildren(
        ...tNodes('{0} looks at {1}: {2}', chip(state.tokens[row]), chip(state.tokens[column]), strong),
      );
    }
  }

  return {
    element,
    needs({ tokens, model, compared: kept, layer }) {
      if (!model || tokens.length === 0) return [];
      return [patternOf(layer), ...(kept ? [patternOf(kept.layer)] : [])];
    },
    update(state, changed) {
      if (changed.has('run')) cursor = null;
      show(state);
    },
    figure(state) {
      const both = compared(state);
      if (!both || !state.compared) return null;
      const { compared: first, layer, head, tokens } = state;
      const max = scaleOf(both);
      const of = [first, { layer, head }].map((each) => `blocks.${each.layer}.attn.hook_pattern, head ${each.head}`);
      return {
        about: { view: 'compare', first, second: { layer, head }, scale: { from: -max, to: max } },
        table: {
          columns: ['position', 'token', ...tokens.map((_, i) => String(i))],
          rows: tokens.map((token, i) => [i, shown(token), ...rowOf(both.between, i)]),
        },
        picture: {
          title: t('Attention, layer {0} head {1} minus layer {2} head {3}', layer, head, first.layer, first.head),
          lines: [...of, t('colours from −{0} to {0}, none at 0', max.toPrecision(3))],
          body: pictureOf({ ...contentOf(state, both.between, max, true), cursor: null }),
        },
      };
    },
  };
}
