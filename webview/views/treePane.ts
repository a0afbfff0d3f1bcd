/** The tree of continuations, as boxes that can be walked, expanded and put into the text. */
import { percent } from '../../src/analysis/format.ts';
import { pathKey, type TreeNode } from '../../src/analysis/tree.ts';
import type { PieceView } from '../../src/panel/protocol.ts';
import { el, setText } from '../dom.ts';
import { t } from '../l10n.ts';
import { boxesOf, neighbour } from '../plots/icicle.ts';
import { spokenText } from '../speech.ts';
import { shown } from '../tokens.ts';

/** Least width of a column, in CSS pixels. */
const COLUMN = 124;
const HEIGHT = 340;
/** Height a box needs for its label, in CSS pixels. */
const LABEL = 17;

export interface TreeHands {
  /** Pointed at, or has the focus; null: none. */
  point(node: TreeNode | null): void;
  expand(node: TreeNode): void;
  putIn(node: TreeNode): void;
}

export function treePane(hands: TreeHands) {
  const element = el('div', { class: 'tree', role: 'tree', 'aria-label': t('Tree of continuations') });
  element.style.height = `${HEIGHT}px`;
  let tree: TreeNode | null = null;
  let current = '';

  const buttonOf = (node: TreeNode | undefined) =>
    node && element.querySelector<HTMLButtonElement>(`[data-path="${pathKey(node.path)}"]`);

  function nodeBox(node: TreeNode, piece: PieceView | undefined, height: number): HTMLButtonElement {
    const name = piece ? shown(piece) : `${node.path.at(-1)}`;
    const spoken = piece ? spokenText(piece) : name;
    const facts = t('{0}, {1}, the whole path {2}', spoken, percent(node.probability), percent(node.cumulative));
    const box = el('button', {
      class: 'node',
      type: 'button',
      role: 'treeitem',
      'aria-level': node.path.length,
      'aria-expanded': node.rest !== undefined,
      'aria-label': height < LABEL ? facts : undefined,
      title: facts,
      tabindex: -1,
      'data-path': pathKey(node.path),
    });
    if (height >= LABEL)
      box.append(el('span', { class: 'name' }, name), ' ', el('span', { class: 'p' }, percent(node.probability)));
    box.addEventListener('pointerenter', () => hands.point(node));
    box.addEventListener('focus', () => {
      current = pathKey(node.path);
      hands.point(node);
    });
    box.addEventListener('click', () => hands.expand(node));
    box.addEventListener('dblclick', () => hands.putIn(node));
    box.addEventListener('keydown', (event) => {
      if (event.key === 'Enter') hands.putIn(node);
      else if (event.key === ' ' || (event.key === 'ArrowRight' && node.rest === undefined)) hands.expand(node);
      else {
        const next = buttonOf(tree ? neighbour(tree, node, event.key) : undefined);
        if (!event.key.startsWith('Arrow')) return;
        next?.focus();
      }
      event.preventDefault();
    });
    return box;
  }

  element.addEventListener('pointerleave', () => hands.point(null));
  return {
    element,
    draw(next: TreeNode, pieces: ReadonlyMap<number, PieceView>): void {
      const hadFocus = element.contains(document.activeElement);
      tree = next;
      const boxes = boxesOf(next);
      const columns = Math.max(1, ...boxes.map(({ column }) => column + 1));
      const canvas = el('div', { class: 'tree-inside' });
      canvas.style.minWidth = `${columns * COLUMN}px`;
      for (const { node, probability, column, top, height } of boxes) {
        const pixels = height * HEIGHT;
        if (pixels < 1) continue;
        const rest = t('{0} not shown', percent(probability));
        const box = node
          ? nodeBox(node, pieces.get(node.path[node.path.length - 1]), pixels)
          : el('div', { class: 'rest', title: rest });
        if (!node && pixels >= LABEL) box.append(el('span', {}, rest));
        Object.assign(box.style, {
          left: `${(100 * column) / columns}%`,
          top: `${top * 100}%`,
          height: `${height * 100}%`,
          width: `${100 / columns}%`,
        });
        canvas.append(box);
      }
      element.replaceChildren(canvas);
      const focus =
        element.querySelector<HTMLButtonElement>(`[data-path="${current}"]`) ?? element.querySelector('button');
      focus?.setAttribute('tabindex', '0');
      if (hadFocus) focus?.focus();
    },
    /** Marks the boxes of a path. */
    mark(path: readonly number[] | null): void {
      for (const box of element.querySelectorAll<HTMLElement>('.node')) {
        const own = box.dataset.path!.split(' ');
        box.classList.toggle('on-path', path !== null && own.every((id, i) => id === String(path[i])));
      }
    },
    clear(note: string): void {
      tree = null;
      setText(element, note);
    },
  };
}
