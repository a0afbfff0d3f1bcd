/** Generate: how the text may go on from the chosen place, as a tree, and ways of sampling compared. */
import { percent } from '../../src/analysis/format.ts';
import { continuationTree, type Fork, nextPaths, nodesOf, pathKey, type TreeNode } from '../../src/analysis/tree.ts';
import type { PieceView } from '../../src/panel/protocol.ts';
import type { Actions } from '../actions.ts';
import { errorOf, type Question, resultOf } from '../answers.ts';
import { button, slider } from '../controls.ts';
import { el, setText } from '../dom.ts';
import { t } from '../l10n.ts';
import { paletteOf } from '../plots/palette.ts';
import { type Changed, isGivenUp, type State, touches } from '../store.ts';
import { shown } from '../tokens.ts';
import { compareView } from './compare.ts';
import { problemSection } from './problem.ts';
import { treePane } from './treePane.ts';
import { treeDrawing } from './treePicture.ts';
import { explanation, type View } from './view.ts';

/** Continuations that are known at once, at most. */
const MOST_PATHS = 40;

const treeQuestion = ({ chosen, tree }: Readonly<State>) =>
  ({ kind: 'tree', position: chosen, paths: tree.paths, top: tree.breadth }) as const satisfies Question;

export function generateView(actions: Actions): View {
  const { store } = actions;
  /** Known forks of this place, while more are asked for. */
  let forks = new Map<string, Fork>();
  let pieces = new Map<number, PieceView>();
  let pointed: TreeNode | null = null;
  let lastResult: unknown;

  const path = el('p', { class: 'path', role: 'status' });
  const take = button(t('Put in'), () => pointed && putIn(pointed));
  const waiting = el('p', { class: 'waiting', role: 'status' });
  const problem = problemSection(actions);
  const compare = compareView(actions);
  const setTree = (patch: Partial<State['tree']>) => store.set({ tree: { ...store.state.tree, ...patch } });
  const depth = slider({
    name: el('span', {}, t('depth')),
    label: t('depth'),
    min: 1,
    max: 6,
    step: 1,
    decimals: 0,
    onInput: (value) => setTree({ depth: value }),
  });
  const breadth = slider({
    name: el('span', {}, t('breadth')),
    label: t('breadth'),
    min: 2,
    max: 8,
    step: 1,
    decimals: 0,
    onInput: (value) => {
      forget();
      setTree({ breadth: value, paths: [[]] });
    },
  });

  const pane = treePane({
    point(node) {
      pointed = node ?? pointed;
      pane.mark(pointed?.path ?? null);
      preview(node);
      say();
    },
    expand(node) {
      const { paths } = store.state.tree;
      if (node.rest === undefined && paths.length < MOST_PATHS) setTree({ paths: [...paths, [...node.path]] });
    },
    putIn,
  });

  /** Shows a path in the editor, where it would stand. */
  function preview(node: TreeNode | null): void {
    const { run, chosen, outdated } = store.state;
    if (!outdated) actions.send({ type: 'preview', run, position: chosen, ids: node ? [...node.path] : null });
  }

  function putIn({ path: ids }: TreeNode): void {
    const { run, chosen, outdated } = store.state;
    if (!outdated) actions.send({ type: 'putIn', run, position: chosen, ids: [...ids] });
  }

  function forget(): void {
    forks = new Map();
    pieces = new Map();
    pointed = null;
    lastResult = undefined;
  }

  /** Takes a new answer into the tree, and asks for the next level of it. */
  function learn(state: Readonly<State>): void {
    const question = treeQuestion(state);
    const result = resultOf(state, question);
    if (!result || result === lastResult) return;
    lastResult = result;
    const { top, paths } = question;
    paths.forEach((each, i) => {
      const range = [i * top, (i + 1) * top] as const;
      forks.set(pathKey(each), { ids: result.ids.subarray(...range), logprobs: result.logprobs.subarray(...range) });
    });
    for (const [id, piece] of Object.entries(result.pieces)) pieces.set(Number(id), piece);
    grow(state);
  }

  function grow({ tree: { depth: wanted, breadth: wide, paths } }: Readonly<State>): void {
    const known = continuationTree(forks, wide);
    const more = nextPaths(known, wanted, MOST_PATHS - paths.length).filter(({ length }) => length > 0);
    const asked = new Set(paths.map(pathKey));
    const fresh = more.filter((each) => !asked.has(pathKey(each)));
    if (fresh.length > 0) queueMicrotask(() => setTree({ paths: [...paths, ...fresh.map((each) => [...each])] }));
  }

  function say(): void {
    take.hidden = pointed === null || store.state.outdated;
    if (!pointed) {
      setText(path, t('Point at a box: its path stands here.'));
      return;
    }
    const text = pointed.path.map((id) => (pieces.has(id) ? shown(pieces.get(id)) : `${id}`)).join('');
    setText(path, t('{0} — {1} of all continuations', text, percent(pointed.cumulative)));
  }

  const below = el('div', {}, el('div', { class: 'path-line' }, path, take), compare.element);
  const element = el(
    'div',
    { class: 'view generate' },
    explanation(
      t('Each column is what may come next; a box is as high as its token is probable after the one to its left.'),
      'generate',
      t('Help: continuations'),
      actions,
    ),
    el('div', { class: 'sliders' }, depth.element, breadth.element),
    el('div', { class: 'tree-place' }, waiting, problem.element, pane.element),
    below,
  );

  return {
    element,
    needs: (state) => (state.chosen < 1 ? [] : [treeQuestion(state), ...compare.needs(state)]),
    update(state: Readonly<State>, changed: Changed): void {
      depth.set(state.tree.depth);
      breadth.set(state.tree.breadth);
      if (touches(changed, 'run', 'chosen') && (forks.size > 0 || state.tree.paths.length > 1)) {
        forget();
        if (state.tree.paths.length > 1) {
          queueMicrotask(() => setTree({ paths: [[]] }));
          return;
        }
      }
      learn(state);
      if (touches(changed, 'tree')) grow(state);
      problem.show(errorOf(state, treeQuestion(state)));
      const known = forks.has('');
      setText(waiting, notYet(state, known));
      pane.element.hidden = !known;
      // Its place is kept while the next token's tree grows.
      below.style.setProperty('visibility', known ? 'visible' : 'hidden');
      if (known && touches(changed, 'answers', 'tree', 'view', 'theme', 'tokens')) {
        pane.draw(continuationTree(forks, state.tree.breadth), pieces);
        pane.mark(pointed?.path ?? null);
      }
      say();
      compare.update(state, changed);
    },
    figure(state) {
      const tree = continuationTree(forks, state.tree.breadth);
      if (tree.children.length === 0) return null;
      const name = (id: number) => pieces.get(id)?.text ?? '';
      const rows = nodesOf(tree).map((node) => [
        node.path.length,
        node.path.map(name).join(''),
        node.path.join(' '),
        node.probability,
        node.cumulative,
        node.rest ?? null,
      ]);
      return {
        about: { position: state.chosen, ...state.tree },
        table: { columns: ['depth', 'text', 'ids', 'probability', 'cumulative', 'notShownAfter'], rows },
        picture: {
          title: t('How the text may go on'),
          lines: [t('depth {0} · breadth {1}', state.tree.depth, state.tree.breadth)],
          body: treeDrawing(tree, (id) => shown(pieces.get(id)), paletteOf(state)),
        },
      };
    },
  };
}

function notYet(state: Readonly<State>, known: boolean): string {
  if (state.chosen < 1)
    return t('Nothing comes before the first token, so nothing can be continued: choose a later one.');
  if (known || state.status === 'error' || errorOf(state, treeQuestion(state))) return '';
  if (isGivenUp(state)) return t('Not computed: the run was cancelled.');
  const waits = state.status === 'loading' || state.status === 'computing';
  return waits ? t('Continuations are computed when the scores are there.') : t('Computing…');
}
