/** Many heads at once: those of a layer, or of the whole model, as thumbnails. */
import { strongest } from '../../src/analysis/patterns.ts';
import { type HeadOrder, type RankedHead, ranked, type Thumbnails } from '../../src/analysis/thumbnails.ts';
import type { Actions } from '../actions.ts';
import { answerTo, errorOf, type Question, resultOf } from '../answers.ts';
import { checkbox, choice } from '../controls.ts';
import { el, setText } from '../dom.ts';
import { attentionNeeds, whyNoAttention } from '../heads.ts';
import { t } from '../l10n.ts';
import { paletteOf } from '../plots/palette.ts';
import { magnitudeScale } from '../plots/scale.ts';
import { announce } from '../speech.ts';
import { type Changed, lookingToken, type State } from '../store.ts';
import { shown } from '../tokens.ts';
import { headsPane } from './headsPane.ts';
import { headsPicture } from './headsPicture.ts';
import { problemSection } from './problem.ts';
import type { View } from './view.ts';
import { weightLegend } from './weightLegend.ts';

/** Layers asked for at a time, the last one first, as they are seen. */
const AHEAD = 2;
/** Cells a line where the heads of one layer are shown. */
const IN_LAYER = 3;

const thumbnailsOf = (layer: number) => ({ kind: 'thumbnails', layer }) as const satisfies Question;

const ORDERS: [HeadOrder, string][] = [
  ['layer', t('by layer')],
  ['weight', t('by weight on the pointed token')],
  ['rest', t('least rest on the first')],
];

/** The heads of the chosen layer. */
export const layerView = (actions: Actions): View => headsView(actions, 'layer');

/** The heads of all layers. */
export const allHeadsView = (actions: Actions): View => headsView(actions, 'heads');

function headsView(actions: Actions, id: 'layer' | 'heads'): View {
  const { store } = actions;
  let order: HeadOrder = 'layer';
  let matrices = id === 'layer';
  /** The head that is pointed at. */
  let peeked: RankedHead | null = null;
  /** The token that was pointed at last: pointing at a cell forgets it not. */
  let target = 0;

  const orders = choice(t('Order of the heads'), ORDERS, (chosen) => {
    order = chosen;
    show(store.state);
  });
  const whole = checkbox(t('matrices'), (checked) => {
    matrices = checked;
    show(store.state);
  });
  whole.title = t('The whole pattern of each head, or the row of the chosen token');
  const value = el('p', { class: 'cell-value' });
  const legend = weightLegend();
  const waiting = el('p', { class: 'waiting', role: 'status' });
  const problem = problemSection(actions);
  const pane = headsPane({
    point(head) {
      peeked = head;
      store.set({ peeked: head });
    },
    move: (head) => announce(said(store.state, head)),
    open(head) {
      actions.chooseHead(head.layer, head.head);
      actions.setView(matrices ? 'matrix' : 'row');
    },
  });
  const element = el(
    'div',
    { class: 'view attention' },
    el('div', { class: 'choosers' }, ...(id === 'heads' ? [orders.element] : []), whole, pane.tools),
    legend.element,
    value,
    waiting,
    problem.element,
    pane.element,
  );

  const layersOf = ({ model, layer }: Readonly<State>): number[] => {
    if (id === 'layer' || !model) return [layer];
    return Array.from({ length: model.nLayers }, (_, i) => model.nLayers - 1 - i);
  };

  function needs(state: Readonly<State>): Question[] {
    if (!state.model || state.tokens.length === 0) return [];
    const layers = layersOf(state).map(thumbnailsOf);
    const there = layers.filter((question) => resultOf(state, question));
    const next = layers.filter((question) => !answerTo(state, question));
    // The exact weights of the head that is pointed at.
    const exact: Question[] = state.peeked ? [{ kind: 'pattern', layer: state.peeked.layer }] : [];
    return [...attentionNeeds(state), ...exact, ...there, ...next.slice(0, AHEAD)];
  }

  /** Thumbnails by layer, those that are there. */
  function there(state: Readonly<State>): (Thumbnails | undefined)[] {
    const found: (Thumbnails | undefined)[] = [];
    for (const layer of layersOf(state)) found[layer] = resultOf(state, thumbnailsOf(layer));
    return Array.from({ length: found.length }, (_, i) => found[i]);
  }

  function contentOf(state: Readonly<State>, layers: (Thumbnails | undefined)[]) {
    const palette = paletteOf(state);
    const { withoutFirst } = state;
    const max = Math.max(...layers.map((layer) => (withoutFirst ? layer?.elsewhere : layer?.max) ?? 0)) || 1;
    const scale = magnitudeScale(palette, 'cool', max);
    const row = lookingToken(state);
    const heads = ranked(layers, order, row, Math.min(target, row));
    const perLayer = state.model?.nHeads ?? 1;
    return {
      heads,
      columns: id === 'layer' ? Math.min(IN_LAYER, perLayer) : perLayer,
      byLayer: id === 'heads' && order === 'layer',
      thumbnails: (layer: number) => layers[layer]!,
      row: matrices ? null : row,
      scale,
      colour: (weight: number) => scale(weight).fill,
      look: JSON.stringify([state.run, state.theme, max, matrices ? null : row]),
      palette,
      chosen: { layer: state.layer, head: state.head },
      max,
    };
  }

  /** What a head does with the chosen token, in words: exact once its pattern is there. */
  function said(state: Readonly<State>, { layer, head }: RankedHead): string {
    const name = t('layer {0} head {1}', layer, head);
    const pattern = resultOf(state, { kind: 'pattern', layer });
    const small = resultOf(state, thumbnailsOf(layer));
    const rests = small ? t('rests {0} on the first on average', small.rest[head].toFixed(2)) : '';
    if (!pattern) return [name, rests].filter(Boolean).join(', ');
    const n = pattern.shape[1];
    const row = lookingToken(state);
    const weights = pattern.data.subarray((head * n + row) * n, (head * n + row) * n + row + 1);
    const [most] = strongest(weights, 1, 0);
    const looks = t(
      '{0} looks most at {1}: {2}',
      shown(state.tokens[row]),
      shown(state.tokens[most]),
      weights[most].toFixed(3),
    );
    return [name, looks, rests].filter(Boolean).join(', ');
  }

  function show(state: Readonly<State>): void {
    if (state.hovered !== null) target = state.hovered;
    orders.select(order);
    whole.checked = matrices;
    const layers = there(state);
    const count = layers.filter((layer) => layer).length;
    const all = layersOf(state).length;
    setText(waiting, count === 0 ? whyNoAttention(state) : count < all ? t('{0} of {1} layers', count, all) : '');
    setText(value, peeked ? said(state, peeked) : t('Point at a head to read its weights; a click opens it.'));
    problem.show(
      layersOf(state)
        .map((layer) => errorOf(state, thumbnailsOf(layer)))
        .find((error) => error) ?? null,
    );
    for (const part of [legend.element, value, pane.element]) part.hidden = count === 0;
    const content = count === 0 ? null : contentOf(state, layers);
    if (content) legend.show(content.scale, content.max);
    pane.show(content);
  }

  return {
    element,
    needs,
    update(state: Readonly<State>, changed: Changed): void {
      if (changed.has('run')) peeked = null;
      show(state);
    },
    figure(state) {
      const layers = there(state);
      if (layers.every((layer) => layer === undefined)) return null;
      const content = contentOf(state, layers);
      const { row, max } = content;
      const rowName = shown(state.tokens[lookingToken(state)]);
      const hook = id === 'layer' ? `blocks.${state.layer}.attn.hook_pattern` : 'blocks.*.attn.hook_pattern';
      const of = id === 'layer' ? t('Attention, all heads of layer {0}', state.layer) : t('Attention, all heads');
      return {
        about: {
          view: id,
          hook,
          order,
          shows: row === null ? 'matrices' : { row: lookingToken(state) },
          scale: { from: 0, to: max, withoutFirst: state.withoutFirst },
        },
        table: {
          columns: ['layer', 'head', 'rest_on_first', 'largest_weight_of_layer'],
          rows: content.heads.map(({ layer, head }) => [layer, head, layers[layer]!.rest[head], layers[layer]!.max]),
        },
        picture: headsPicture(content, of, [hook, row === null ? t('whole patterns') : t('the row of {0}', rowName)]),
      };
    },
  };
}
