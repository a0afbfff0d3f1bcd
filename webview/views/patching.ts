/** Activation patching between the text and another prompt, as a map that grows from the last layer down. */
import type { Actions } from '../actions.ts';
import { errorOf, type Question, type Result, resultOf } from '../answers.ts';
import { button, checkbox, choice, laterChoice, textField } from '../controls.ts';
import { el, setText } from '../dom.ts';
import { t } from '../l10n.ts';
import { paletteOf } from '../plots/palette.ts';
import { divergingScale, ramp as rampOf } from '../plots/scale.ts';
import { announce } from '../speech.ts';
import type { State } from '../store.ts';
import { shortened, shown } from '../tokens.ts';
import { cellName, headColumns, indexOf, layerMap, type MapCell, type MapColumn } from './layerMap.ts';
import { problemSection } from './problem.ts';
import type { PatchedMap } from './rolesPicture.ts';

type PatchQuestion = Extract<Question, { kind: 'patch' }>;
type At = PatchQuestion['at'];
type Part = Result<PatchQuestion>;

/** Layers that are asked for at a time: few, so that rows are soon there and the map can be left. */
const PART = 3;
/** CSS pixels of a column. */
const WIDTH: Record<At, string> = { resid: '64px', z: '34px' };
/** Characters of a token over its column. */
const MOST = 9;

type Pair = Pick<Part, 'answer' | 'against'>;

/** What is known of a map. */
interface Patched {
  columns: MapColumn[];
  /** [layers, columns], NaN where it is not known. */
  restored: Float32Array;
  /** Layers that are known. */
  done: number;
  first: Part;
}

export function patchingSection(actions: Actions) {
  const { store } = actions;
  /** The run whose map was asked for. */
  let asked = -1;
  /** The last part that came: what may be chosen is known from it. */
  let seen: Part | null = null;
  let pointed: MapCell | null = null;
  let last: { results: readonly unknown[]; patched: Patched } | undefined;

  /** Another map is another wish. */
  const change = (part: Partial<State['patching']>) => {
    asked = -1;
    store.set({ patching: { ...store.state.patching, ...part } });
  };
  /** Other prompts go on in other ways. */
  const changePrompts = (part: Partial<State['patching']>) => change({ ...part, pair: null });
  const field = textField(t('Other prompt, of as many tokens'), (other) => changePrompts({ other }));
  const places: [At, string][] = [
    ['resid', t('residual stream, by position')],
    ['z', t('heads, at all positions')],
  ];
  const place = choice(t('What is put in'), places, (at) => change({ at }));
  const swapped = checkbox(t('the text is the corrupt prompt'), (swap) => changePrompts({ swap }));
  const compute = button(t('Compute the map'), () => begin(), true);
  const pick = (which: keyof Pair) => (id: string) => {
    const { patching } = store.state;
    const { answer, against } = patching.pair ?? seen!;
    store.set({ patching: { ...patching, pair: { answer, against, [which]: Number(id) } } });
  };
  const answers = laterChoice(t('answer'), pick('answer'));
  const againsts = laterChoice(t('less'), pick('against'));
  const tokens = el('div', { class: 'patching-form' }, answers.element, againsts.element);
  const waiting = el('p', { class: 'waiting', role: 'status' });
  const problem = problemSection(actions);
  const line = el('p', { class: 'patching-line' });
  const value = el('p', { class: 'role-value' });
  const ramp = el('span', { class: 'ramp' });
  const legend = el('div', { class: 'legend' }, el('span', {}, '−1'), ramp, el('span', {}, '1'));
  const map = layerMap(t('Restored by layer: arrow keys move, Enter chooses'), {
    point(cell) {
      pointed = cell;
      showValue(store.state);
      if (cell && found.contains(document.activeElement)) announce(value.textContent);
    },
    choose,
    toggle: choose,
    open: choose,
  });
  const found = el('div', {}, line, legend, value, el('div', { class: 'roles-scroller' }, map.element));
  const element = el(
    'details',
    { class: 'patching' },
    el('summary', {}, t('patching')),
    el(
      'p',
      { class: 'note' },
      t(
        'The corrupt prompt is run again with one activation of the clean one put in: which of them bring the answer back?',
      ),
    ),
    el('div', { class: 'patching-form' }, field, place.element, swapped, compute),
    tokens,
    problem.element,
    waiting,
    found,
  );
  element.addEventListener('toggle', () => store.refresh());
  field.addEventListener('keydown', (event) => {
    if (event.key === 'Enter') begin();
  });

  function begin(): void {
    const { patching, tokens, run } = store.state;
    if (patching.other === '' || tokens.length === 0) return;
    asked = run;
    store.refresh();
  }

  function choose({ layer, column }: MapCell): void {
    if (store.state.patching.at === 'z') actions.chooseHead(layer, column);
    else actions.choose(column);
  }

  /** All parts of the map, the last layers first. */
  function parts({ model, run, patching }: Readonly<State>): PatchQuestion[] {
    if (!model || asked !== run) return [];
    const { pair, ...wanted } = patching;
    const questions: PatchQuestion[] = [];
    for (let to = model.nLayers; to > 0; to -= PART) {
      const from = Math.max(0, to - PART);
      questions.push({ kind: 'patch', ...wanted, ...pair, from, count: to - from });
    }
    return questions;
  }

  function patchedOf(state: Readonly<State>): Patched | null {
    const questions = parts(state);
    const results = questions.map((question) => resultOf(state, question));
    const [first] = results;
    if (!first) return null;
    if (last?.results.every((result, i) => result === results[i]) && last.results.length === results.length)
      return last.patched;
    const columns = state.patching.at === 'z' ? headColumns(state.model!.nHeads) : tokenColumns(state, first);
    const restored = new Float32Array(state.model!.nLayers * columns.length).fill(Number.NaN);
    let done = 0;
    for (const [i, result] of results.entries()) {
      if (!result) continue;
      restored.set(result.restored, questions[i].from * columns.length);
      done += questions[i].count;
    }
    last = { results, patched: { columns, restored, done, first } };
    return last.patched;
  }

  /** The corrupt prompt's tokens, and what the clean one has in their place. */
  function tokenColumns({ tokens, patching }: Readonly<State>, { tokens: others }: Part): MapColumn[] {
    const [clean, corrupt] = patching.swap ? [others, tokens] : [tokens, others];
    return corrupt.map((token, p) => {
      const [here, there] = [shown(token), shown(clean[p])];
      return { short: shortened(token, MOST), name: here === there ? here : t('{0} (clean: {1})', here, there) };
    });
  }

  function showPair({ patching: { pair } }: Readonly<State>): void {
    tokens.hidden = seen === null;
    if (!seen) return;
    const { likely, pieces } = seen;
    const { answer, against } = pair ?? seen;
    const names = likely.map((id): [string, string] => [String(id), shown(pieces[id])]);
    answers.show(names, String(answer));
    againsts.show(names, String(against));
  }

  function showValue(state: Readonly<State>): void {
    const patched = patchedOf(state);
    setText(value, patched && pointed ? spokenCell(patched, pointed) : t('Point at a cell to read its number.'));
  }

  return {
    element,
    /** One part after the other, and nothing before it is asked for. */
    needs(state: Readonly<State>): Question[] {
      if (!element.open) return [];
      const questions = parts(state);
      const next = questions.findIndex((question) => !resultOf(state, question));
      return next < 0 ? questions : questions.slice(0, next + 1);
    },
    show(state: Readonly<State>): void {
      if (!element.open) return;
      const { model, patching } = state;
      const { other, swap, at } = patching;
      if (field.value !== other) field.value = other;
      if (swapped.checked !== swap) swapped.checked = swap;
      place.select(at);
      compute.toggleAttribute('disabled', other === '' || state.tokens.length === 0);
      const questions = parts(state);
      const error = questions.map((question) => errorOf(state, question)).find((one) => one !== null) ?? null;
      problem.show(error);
      const patched = patchedOf(state);
      if (asked !== state.run) seen = null;
      seen = patched?.first ?? seen;
      showPair(state);
      found.hidden = patched === null;
      const done = patched?.done ?? 0;
      const under = questions.length > 0 && !error && done < model!.nLayers;
      setText(waiting, under ? t('{0} of {1} layers', done, model!.nLayers) : '');
      if (!patched) {
        pointed = null;
        return;
      }
      const { columns, restored, first } = patched;
      const colour = divergingScale(paletteOf(state), 1);
      map.element.style.setProperty('--column', WIDTH[at]);
      map.show({
        nLayers: model!.nLayers,
        columns,
        values: restored,
        colour,
        said: (x) => x.toFixed(3),
        chosen: at === 'z' ? { layer: state.layer, column: state.head } : null,
        look: String(state.theme),
      });
      ramp.style.setProperty(
        'background-image',
        rampOf((x) => colour(x * 2 - 1), 1),
      );
      setText(line, ends(first));
      showValue(state);
    },
    picture(state: Readonly<State>): PatchedMap | null {
      const patched = patchedOf(state);
      if (!patched) return null;
      const { columns, restored, first } = patched;
      const byToken = state.patching.at === 'resid';
      return { columns: columns.map(({ short }) => short), byToken, restored, line: ends(first) };
    },
    /** For a file; undefined without a map. */
    about(state: Readonly<State>) {
      const patched = patchedOf(state);
      if (!patched) return undefined;
      const { columns, restored, first } = patched;
      const { answer, against, clean, corrupt } = first;
      const { other, swap, at } = state.patching;
      const row = (layer: number) =>
        Array.from(restored.subarray(layer * columns.length, (layer + 1) * columns.length), (x) =>
          Number.isNaN(x) ? null : x,
        );
      const map = Array.from({ length: state.model!.nLayers }, (_, layer) => row(layer));
      return { other, textIs: swap ? 'corrupt' : 'clean', at, answer, against, clean, corrupt, map };
    },
  };
}

/** What 0 and 1 are. */
const ends = ({ corrupt, clean, pieces, answer, against }: Part): string =>
  t(
    '0 = corrupt, 1 = clean: difference of logits {0} and {1} of {2} less {3}',
    logit(corrupt),
    logit(clean),
    shown(pieces[answer]),
    shown(pieces[against]),
  );

function spokenCell({ columns, restored }: Patched, cell: MapCell): string {
  const name = cellName(cell, columns);
  const number = restored[indexOf(cell, columns.length)];
  return Number.isNaN(number) ? t('{0}: not known yet', name) : `${name}: ${exact(number)}`;
}

const exact = (value: number): string => String(Number(value.toPrecision(7))).replace('-', '−');
const logit = (value: number): string => value.toFixed(2).replace('-', '−');
