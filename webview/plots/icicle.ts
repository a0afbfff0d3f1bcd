/** A tree as columns: a node's height is its probability given its parent, so that each column is a stacked distribution. Pure. */
import { nodesOf, type TreeNode } from '../../src/analysis/tree.ts';

export interface Box {
  /** Undefined: what may come here and is not shown. */
  node?: TreeNode;
  /** Probability given the parent. */
  probability: number;
  /** 0 for the first token. */
  column: number;
  /** Shares of the whole height, 0 to 1. */
  top: number;
  height: number;
}

/** Every node and every rest as a box, parents first. */
export function boxesOf(tree: TreeNode): Box[] {
  const boxes: Box[] = [];
  const place = (parent: TreeNode, column: number, top: number, height: number) => {
    let at = top;
    for (const node of parent.children) {
      const own = height * node.probability;
      boxes.push({ node, probability: node.probability, column, top: at, height: own });
      place(node, column + 1, at, own);
      at += own;
    }
    if (parent.rest) boxes.push({ probability: parent.rest, column, top: at, height: height * parent.rest });
  };
  place(tree, 0, 0, 1);
  return boxes;
}

/** The node that a key leads to: the parent, the likeliest child, or the sibling beside. */
export function neighbour(tree: TreeNode, node: TreeNode, key: string): TreeNode | undefined {
  const all = nodesOf(tree);
  const parent = all.find(({ children }) => children.includes(node)) ?? tree;
  const index = parent.children.indexOf(node);
  if (key === 'ArrowLeft') return parent === tree ? undefined : parent;
  if (key === 'ArrowRight') return node.children[0];
  if (key === 'ArrowUp') return parent.children[index - 1];
  return key === 'ArrowDown' ? parent.children[index + 1] : undefined;
}
