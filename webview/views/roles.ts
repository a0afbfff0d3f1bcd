/** What each head is for, and the model without some of them. */
import { overlap } from '../../src/analysis/ablation.ts';
import type { Actions } from '../actions.ts';
import { button, checkbox, choice, slider } from '../controls.ts';
import { el, setText } from '../dom.ts';
import { t } from '../l10n.ts';
import { paletteOf } from '../plots/palette.ts';
import { ramp as rampOf } from '../plots/scale.ts';
import { announce } from '../speech.ts';
import { type Changed, isGivenUp, type State, touches } from '../store.ts';
import { changedView, differenceNeeds } from './difference.ts';
import { cellName, headColumns, indexOf, layerMap, type MapCell } from './layerMap.ts';
import { patchingSection } from './patching.ts';
import { problemSection } from './problem.ts';
import {
  hereQuestion,
  MEASURES,
  type RoleMeasure,
  type Roles,
  roleError,
  roleNeeds,
  roleScale,
  rolesOf,
  topHeads,
} from './rolesMeasures.ts';
import { rolesPicture } from './rolesPicture.ts';
import { differences } from './tints.ts';
import { explanation, type View } from './view.ts';

/** Heads that are listed, the largest first. */
const LISTED = 5;
/** What "all above" begins with. */
const ABOVE = 0.3;

export function rolesView(actions: Actions): View {
  const { store } = actions;
  let measure: RoleMeasure = 'induction';
  let selected = new Set<number>();
  let pointed: MapCell | null = null;

  const measures = choice(
    t('What is shown of each head'),
    MEASURES.map(([id, name]): [RoleMeasure, string] => [id, name]),
    (id) => {
      measure = id;
      store.refresh();
    },
  );
  const above = slider({
    name: el('span', {}, t('all above')),
    label: t('Select all heads above'),
    min: 0,
    max: 1,
    step: 0.05,
    decimals: 2,
    onInput: (value) => {
      above.set(value);
      const roles = rolesOf(store.state, measure);
      if (roles) select(new Set(topHeads(roles.values, roles.values.length).filter((i) => roles.values[i] > value)));
    },
  });
  above.set(ABOVE);
  const mean = checkbox(t('mean instead of zero'), (checked) => {
    const { parts } = store.state.changed;
    if (parts.length > 0) actions.switchOff(parts, checked);
  });
  mean.title = t('What is switched off is set to its mean over a fixed text, or to zero');
  const off = button('', () => switchOff(), true);
  const clear = button(t('Select none'), () => select(new Set()));
  const restore = button(t('Restore the model'), () => actions.switchOff([]));
  const ends = [el('span'), el('span')];
  const ramp = el('span', { class: 'ramp' });
  const legend = el('div', { class: 'legend' }, ends[0], ramp, ends[1]);
  const about = el('p', { class: 'note' });
  const value = el('p', { class: 'role-value' });
  const waiting = el('p', { class: 'waiting', role: 'status' });
  const problem = problemSection(actions);
  const top = el('ol', { class: 'roles-top' });
  const map = layerMap(t('Heads by layer: arrow keys move, Space selects, Enter opens'), {
    point(cell) {
      pointed = cell;
      showValue(store.state);
      if (cell && document.activeElement?.closest('.roles-map')) announce(spokenCell(store.state, cell));
    },
    choose(cell) {
      select(new Set([indexOf(cell, store.state.model!.nHeads)]));
      actions.chooseHead(cell.layer, cell.column);
    },
    toggle(cell) {
      const index = indexOf(cell, store.state.model!.nHeads);
      const next = new Set(selected);
      if (!next.delete(index)) next.add(index);
      select(next);
      announce(next.has(index) ? t('selected') : t('not selected'));
    },
    open,
  });
  const example = button('', () => {
    const { layer, head } = store.state;
    actions.send({ type: 'headExample', layer, head });
  });
  example.title = t('Words that come twice, at the token where this head looks the most clearly');
  const changes = changedView(actions);
  const patching = patchingSection(actions);
  const element = el(
    'div',
    { class: 'view roles' },
    explanation(
      t(
        'Layers upwards, heads to the right: what each does on random tokens, repeated. Click chooses, Shift+click selects more, a double-click opens the head.',
      ),
      'roles',
      t('Help: heads'),
      actions,
    ),
    el('div', { class: 'choosers' }, measures.element, legend, about),
    value,
    problem.element,
    waiting,
    el(
      'div',
      { class: 'roles-body' },
      el('div', { class: 'roles-scroller' }, map.element),
      el(
        'div',
        { class: 'roles-side' },
        el('h2', {}, t('most')),
        top,
        example,
        el('h2', {}, t('switch off')),
        above.element,
        el('div', { class: 'buttons' }, off, clear, restore),
        mean,
        changes.element,
      ),
    ),
    patching.element,
  );

  function select(next: Set<number>): void {
    selected = next;
    show(store.state);
  }

  function open({ layer, column }: MapCell): void {
    actions.chooseHead(layer, column);
    actions.setView('attention');
  }

  /** What was off stays off. */
  function switchOff(): void {
    const { changed, model } = store.state;
    const parts = [...selected].map((index) => ({
      layer: Math.floor(index / model!.nHeads),
      part: index % model!.nHeads,
    }));
    const fresh = parts.filter((part) => !changed.parts.some((other) => overlap(part, other)));
    actions.switchOff([...changed.parts, ...fresh], mean.checked);
    select(new Set());
  }

  function show(state: Readonly<State>): void {
    const { model, changed } = state;
    const roles = rolesOf(state, measure);
    measures.select(measure);
    setText(about, MEASURES.find(([id]) => id === measure)![2]);
    setText(waiting, whyNotAll(state, measure, roles));
    problem.show(roleError(state, measure) ?? null);
    const count = selected.size;
    setText(off, count === 1 ? t('Switch off 1 head') : t('Switch off {0} heads', count));
    off.toggleAttribute('disabled', count === 0);
    clear.toggleAttribute('disabled', count === 0);
    restore.toggleAttribute('disabled', changed.parts.length === 0);
    above.element.hidden = measure === 'copying' || measure === 'here';
    changes.show(state);
    patching.show(state);
    if (!model) return;
    setText(example, t('{0} on an example', `${state.layer}.${state.head}`));
    const none = new Float32Array(model.nLayers * model.nHeads).fill(Number.NaN);
    const values = roles?.values ?? none;
    const palette = paletteOf(state);
    const scale = roleScale(measure, values, palette);
    const offHeads = new Set<number>();
    for (let i = 0; i < values.length; i++) {
      const cell = { layer: Math.floor(i / model.nHeads), part: i % model.nHeads };
      if (changed.parts.some((part) => overlap(part, cell))) offHeads.add(i);
    }
    map.show({
      nLayers: model.nLayers,
      columns: headColumns(model.nHeads),
      values,
      colour: scale.colour,
      said,
      selected,
      off: offHeads,
      chosen: { layer: state.layer, column: state.head },
      look: `${measure} ${state.theme} ${scale.max}`,
    });
    legend.hidden = roles === null;
    setText(ends[0], scale.signed ? said(-scale.max) : '0');
    setText(ends[1], said(scale.max));
    const shift = scale.signed ? (x: number) => scale.colour(x * 2 - scale.max) : scale.colour;
    ramp.style.setProperty('background-image', rampOf(shift, scale.max));
    showTop(values);
    showValue(state);
  }

  function showTop(values: Float32Array): void {
    const { nHeads } = store.state.model!;
    const items = topHeads(values, LISTED).map((index) => {
      const cell = { layer: Math.floor(index / nHeads), column: index % nHeads };
      const link = el(
        'button',
        { class: 'link', type: 'button' },
        `${cell.layer}.${cell.column}`,
        el('span', { class: 'number' }, said(values[index])),
      );
      link.title = t('Open the head in Attention');
      link.addEventListener('click', () => open(cell));
      return el('li', {}, link);
    });
    top.replaceChildren(...items);
  }

  function showValue(state: Readonly<State>): void {
    setText(value, pointed && state.model ? spokenCell(state, pointed) : t('Point at a head to read its number.'));
  }

  function spokenCell(state: Readonly<State>, cell: MapCell): string {
    const values = rolesOf(state, measure)?.values;
    const name = cellName(cell, headColumns(state.model!.nHeads));
    const found = values?.[indexOf(cell, state.model!.nHeads)];
    return found === undefined || Number.isNaN(found) ? t('{0}: not known yet', name) : `${name}: ${exact(found)}`;
  }

  return {
    element,
    needs: (state) => [...roleNeeds(state, measure), ...differenceNeeds(state), ...patching.needs(state)],
    tints: (state, palette) => differences(state, palette),
    update(state: Readonly<State>, changed: Changed): void {
      if (changed.has('model')) selected = new Set();
      if (touches(changed, 'changed')) mean.checked = state.changed.mean;
      show(state);
    },
    figure(state) {
      const roles = rolesOf(state, measure);
      if (!roles || !state.model) return null;
      const { nHeads } = state.model;
      const [, name, sentence] = MEASURES.find(([id]) => id === measure)!;
      return {
        about: {
          view: 'heads',
          measure,
          definition: sentence,
          sequences: measure === 'copying' || measure === 'here' ? undefined : roles.done,
          question: measure === 'here' ? hereQuestion(state) : undefined,
          patching: patching.about(state),
        },
        table: {
          columns: ['layer', 'head', measure],
          rows: Array.from(roles.values, (x, i) => [Math.floor(i / nHeads), i % nHeads, Number.isNaN(x) ? null : x]),
        },
        picture: rolesPicture(
          state,
          roles.values,
          roleScale(measure, roles.values, paletteOf(state)),
          name,
          patching.picture(state),
        ),
      };
    },
  };
}

const said = (value: number): string => value.toFixed(3);
const exact = (value: number): string => String(Number(value.toPrecision(7)));

/** What is missing still, and why. */
function whyNotAll(state: Readonly<State>, measure: RoleMeasure, roles: Roles | null): string {
  const { status, tokens } = state;
  if (tokens.length === 0 || status === 'error' || roleError(state, measure)) return '';
  if (isGivenUp(state)) return t('Not computed: the run was cancelled.');
  if (measure === 'here' && !hereQuestion(state)) return t('Nothing comes before the first token: choose a later one.');
  if (!roles) return t('The heads are looked at when the scores are there…');
  return roles.done < roles.of ? t('{0} of {1} sequences', roles.done, roles.of) : '';
}
