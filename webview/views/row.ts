/** What the chosen token looks at, and which later tokens look at it, the strongest first. */
import { strongest } from '../../src/analysis/patterns.ts';
import type { Actions } from '../actions.ts';
import { answerTo, errorOf } from '../answers.ts';
import { button } from '../controls.ts';
import { el, setText } from '../dom.ts';
import { attentionNeeds, attentionOf, columnOf, lookOf, matrixOf, measureName, whyNoAttention } from '../heads.ts';
import { t, tNodes } from '../l10n.ts';
import { type Palette, paletteOf } from '../plots/palette.ts';
import { css, magnitudeScale } from '../plots/scale.ts';
import type { Changed, State } from '../store.ts';
import { chip, shown } from '../tokens.ts';
import { problemSection } from './problem.ts';
import { rowPicture } from './rowPicture.ts';
import type { View } from './view.ts';

/** Tokens that are listed at first, and the weight below which none is. */
const LISTED = 8;
const LEAST_LISTED = 0.005;

interface Listed {
  position: number;
  weight: number;
}

export function rowView(actions: Actions): View {
  const { store } = actions;
  /** Whether all weights are listed, of what it looks at and of what looks at it. */
  const whole = { looks: false, looked: false };
  const value = el('p', { class: 'cell-value' });
  const waiting = el('p', { class: 'waiting', role: 'status' });
  const problem = problemSection(actions);
  const looks = el('section', { class: 'looks', 'aria-label': t('What it looks at') });
  const looked = el('section', { class: 'looks', 'aria-label': t('What looks at it') });
  const element = el('div', { class: 'view row' }, value, waiting, problem.element, looks, looked);

  for (const name of ['pointerover', 'focusin'] as const)
    element.addEventListener(name, ({ target }) => {
      const line = target instanceof Element ? target.closest<HTMLElement>('[data-token]') : null;
      actions.hover(line ? Number(line.dataset.token) : null);
    });
  element.addEventListener('pointerleave', () => actions.hover(null));
  element.addEventListener('focusout', () => actions.hover(null));

  function line(state: Readonly<State>, { position, weight }: Listed, max: number, palette: Palette): HTMLElement {
    const token = state.tokens[position];
    const bar = el('span', { class: 'look-bar' });
    bar.style.setProperty('width', `${Math.min(100, (100 * weight) / max)}%`);
    bar.style.setProperty('background-color', css(magnitudeScale(palette, 'cool', 1)(1).fill));
    const rests = position === 0 ? el('span', { class: 'rest' }, t('rest on the first')) : '';
    const act = el(
      'button',
      { type: 'button', class: 'look', 'data-token': position, title: String(weight) },
      el('span', { class: 'look-name' }, chip(token)),
      el('span', { class: 'look-room' }, bar, rests),
      el('span', { class: 'look-weight' }, weight.toFixed(3)),
    );
    act.addEventListener('click', () => actions.choose(position));
    return el('li', {}, act);
  }

  function list(
    state: Readonly<State>,
    into: HTMLElement,
    heading: (Node | string)[],
    found: Listed[],
    max: number,
    which: keyof typeof whole,
  ): void {
    const palette = paletteOf(state);
    const weights = found.map(({ weight }) => weight);
    const most = whole[which] ? found.length : LISTED;
    const least = whole[which] ? 0 : LEAST_LISTED;
    const lines = strongest(weights, most, least).map((i) => line(state, found[i], max, palette));
    const left = found.length - lines.length;
    const focused = into.contains(document.activeElement)
      ? (document.activeElement as HTMLElement).dataset.token
      : null;
    const more = button(whole[which] ? t('fewer') : t('… {0} more', left), () => {
      whole[which] = !whole[which];
      show(store.state);
    });
    into.replaceChildren(
      el('h2', {}, ...heading),
      el('ol', {}, ...lines),
      ...(left > 0 || (whole[which] && found.length > LISTED) ? [more] : []),
    );
    if (focused) into.querySelector<HTMLElement>(`[data-token="${focused}"]`)?.focus();
  }

  function show(state: Readonly<State>): void {
    const look = lookOf(state);
    const matrix = matrixOf(state);
    setText(waiting, answerTo(state, attentionOf(state)) ? '' : whyNoAttention(state));
    problem.show(errorOf(state, attentionOf(state)));
    for (const part of [value, looks, looked]) part.hidden = !look;
    if (!look || !matrix) return;
    const { row, weights, max } = look;
    const name = chip(state.tokens[row]);
    const targets = Array.from(weights, (weight, position) => ({ position, weight }));
    list(state, looks, tNodes('{0} looks at', name), targets, max, 'looks');
    const later = Array.from(columnOf(matrix, row), (weight, i) => ({ position: row + 1 + i, weight }));
    const most = later.reduce((a, { weight }) => Math.max(a, weight), 0) || 1;
    looked.hidden = later.length === 0;
    list(state, looked, tNodes('{0} is looked at by later tokens', name.cloneNode(true)), later, most, 'looked');
    mark(state);
  }

  /** What is pointed at, here or in the editor, and its weight. */
  function mark(state: Readonly<State>): void {
    const look = lookOf(state);
    for (const each of element.querySelectorAll<HTMLElement>('[data-token]'))
      each.classList.toggle('pointed', Number(each.dataset.token) === state.hovered);
    const { hovered, tokens } = state;
    const matrix = matrixOf(state);
    if (!look || !matrix) return;
    const { row } = look;
    if (hovered === null || hovered >= tokens.length) {
      setText(value, t('Point at a token here or in the editor to read its weight.'));
      return;
    }
    const [from, to] = hovered <= row ? [row, hovered] : [hovered, row];
    const weight = matrix.data[matrix.offset + from * matrix.n + to];
    const said = el('strong', { title: String(weight) }, weight.toFixed(3));
    value.replaceChildren(...tNodes('{0} looks at {1}: {2}', chip(tokens[from]), chip(tokens[to]), said));
  }

  return {
    element,
    needs: attentionNeeds,
    update(state: Readonly<State>, changed: Changed): void {
      // What is pointed at changes a class, and no list.
      const pointed = [...changed].every((key) => key === 'hovered' || key === 'target');
      if (changed.has('chosen') || changed.has('run')) whole.looks = whole.looked = false;
      if (pointed) mark(state);
      else show(state);
    },
    figure(state) {
      const look = lookOf(state);
      if (!look) return null;
      const { layer, head, measure, times, tokens, withoutFirst } = state;
      const hook = `blocks.${layer}.attn.hook_pattern`;
      const scale = { from: 0, to: look.max, withoutFirst };
      return {
        about: {
          view: 'row',
          hook,
          layer,
          head: measure === 'head' ? head : measure,
          ...(times ? { times_value_norm: true } : {}),
          token: look.row,
          scale,
        },
        table: {
          columns: ['position', 'token', 'weight'],
          rows: Array.from(look.weights, (weight, i) => [i, shown(tokens[i]), weight]),
        },
        picture: rowPicture(state, look, t('Attention of {0}, {1}', shown(tokens[look.row]), measureName(state)), hook),
      };
    },
  };
}
