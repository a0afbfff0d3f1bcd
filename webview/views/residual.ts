/** What each part of the model adds to a logit at the chosen place, and how the residual stream grows there. */
import { strongestHeads } from '../../src/analysis/residual.ts';
import type { Actions } from '../actions.ts';
import { choice } from '../controls.ts';
import { el, setText } from '../dom.ts';
import { t, tNodes } from '../l10n.ts';
import { paletteOf } from '../plots/palette.ts';
import type { PartsContent } from '../plots/partsPaint.ts';
import {
  columnsOf,
  LOGITS,
  type Parts,
  partName,
  partsOf,
  partsQuestion,
  residualError,
  signed,
  writtenSum,
} from '../residual.ts';
import { announce } from '../speech.ts';
import { lookingToken, type State } from '../store.ts';
import { chip, tokenAfter } from '../tokens.ts';
import { partsBars } from './partsBars.ts';
import { streamNorms } from './streamNorms.ts';

export function residualSection(actions: Actions) {
  const { store } = actions;
  let pointed: number | null = null;
  let listed = '';

  const whose = choice(t('Logit of'), LOGITS, (logitOf) => store.set({ depth: { ...store.state.depth, logitOf } }));
  const heading = el('p', { class: 'parts-heading' });
  const sum = el('p', { class: 'parts-sum' });
  const value = el('p', { class: 'parts-value' });
  const heads = el('ol', { class: 'parts-heads' });
  const bars = partsBars({
    point(column, said) {
      pointed = column;
      show(store.state);
      const parts = partsOf(store.state);
      if (said && parts && column !== null) announce(columnSaid(parts, column));
    },
    choose(column) {
      const parts = partsOf(store.state);
      const of = parts && columnsOf(parts.shares)[column];
      if (of && 'layer' in of) actions.setLayer(of.layer);
    },
  });
  const norms = streamNorms(actions);
  const known = el('div', { class: 'parts-known' }, sum, bars.element, value, heads);
  const element = el(
    'section',
    { class: 'parts', 'aria-label': t('What each part adds') },
    el('div', { class: 'choosers' }, whose.element, heading),
    known,
    norms.element,
  );

  function show(state: Readonly<State>): void {
    whose.select(state.depth.logitOf);
    norms.show(state);
    const parts = partsOf(state);
    // Its place is kept while its numbers are on their way.
    known.style.setProperty('visibility', parts ? 'visible' : 'hidden');
    showHeading(state, parts);
    if (!parts) {
      if (listed === '') keepPlaces(state.model!.nHeads);
      return;
    }
    const columns = columnsOf(parts.shares);
    if (pointed !== null && pointed >= columns.length) pointed = null;
    showSum(parts);
    setText(value, pointed === null ? t('Point at a column to read it.') : columnSaid(parts, pointed));
    const of = pointed === null ? undefined : columns[pointed];
    showHeads(state, parts, of && 'layer' in of ? of.layer : state.layer);
    bars.show({ shares: parts.shares, layer: state.layer, pointed, palette: paletteOf(state) });
  }

  function showHeading(state: Readonly<State>, parts: Parts | null): void {
    const line = el('p', {}, ...headingOf(state, parts));
    if (!line.isEqualNode(heading)) heading.replaceChildren(...line.childNodes);
  }

  function showSum({ shares, found }: Parts): void {
    const said = t(
      '{0} = {1}; the logit is {2}, off by {3}',
      writtenSum(shares),
      fixed(found.sum),
      fixed(found.logit),
      found.sum === found.logit ? '0' : Math.abs(found.sum - found.logit).toPrecision(2),
    );
    setText(sum, said);
    sum.title = `${found.sum} ${found.logit}`;
  }

  /** As much room as the heads will take. */
  function keepPlaces(nHeads: number): void {
    if (heads.childElementCount !== nHeads) heads.replaceChildren(...Array.from({ length: nHeads }, () => el('li')));
  }

  /** The strongest first. Where only the choice changed no button is made anew: one of them may have the focus. */
  function showHeads(state: Readonly<State>, parts: Parts, layer: number): void {
    const key = `${layer} ${state.run} ${JSON.stringify(parts.question)}`;
    if (key !== listed) {
      listed = key;
      const shares = parts.shares.layers[layer];
      heads.replaceChildren(
        ...strongestHeads(shares).map((head) => {
          const share = signed(shares.heads[head], (size) => size.toFixed(3));
          const button = el(
            'button',
            { class: 'link', type: 'button', 'data-head': head },
            `${layer}.${head}`,
            el('span', { class: 'number' }, share),
          );
          button.title = t('Choose layer {0}, head {1} everywhere: {2}', layer, head, shares.heads[head]);
          button.addEventListener('click', () => actions.chooseHead(layer, head));
          return el('li', {}, button);
        }),
      );
      heads.setAttribute('aria-label', t('Heads of layer {0}, the strongest first', layer));
    }
    for (const button of heads.querySelectorAll<HTMLElement>('button'))
      button.setAttribute('aria-pressed', String(layer === state.layer && Number(button.dataset.head) === state.head));
  }

  return {
    element,
    show,
    forget(): void {
      pointed = null;
    },
  };
}

/** Of whose logit the bars are. */
function headingOf(state: Readonly<State>, parts: Parts | null): (Node | string)[] {
  if (!parts) return partsQuestion(state) && !residualError(state) ? [t('Adding up what each part adds…')] : [];
  const after = chip(state.tokens[lookingToken(state)]);
  const of = tokenAfter(parts.of, chip(parts.target), after);
  return parts.against ? [...of, ', ', ...tNodes('less {0}', chip(parts.against))] : of;
}

/** What a column adds, exactly. */
function columnSaid({ shares }: Parts, index: number): string {
  const column = columnsOf(shares)[index];
  if ('part' in column) return `${partName(column.part.name)}: ${exact(column.part.value)}`;
  const { attention, mlp } = shares.layers[column.layer];
  return t('layer {0}: attention {1}, feed-forward {2}', column.layer, exact(attention), exact(mlp));
}

const fixed = (value: number): string => value.toFixed(2).replace('-', '−');
const exact = (value: number): string => signed(value, (size) => size.toPrecision(6));

/** The bars of the chosen place, for a picture. */
export function partsContentOf(state: Readonly<State>): PartsContent | null {
  const parts = partsOf(state);
  return parts && { shares: parts.shares, layer: state.layer, pointed: null, palette: paletteOf(state) };
}

/** For an export. */
export function partsAbout(state: Readonly<State>) {
  const parts = partsOf(state);
  if (!parts) return undefined;
  const { position } = parts.question;
  const { target, against, logit, sum, parts: all } = parts.found;
  return { position, target, against, logit, sum, parts: all };
}
