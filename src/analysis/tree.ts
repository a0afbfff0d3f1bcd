/** A tree of continuations: tokens that may follow a text, each with its probability given those before it. Pure. */

/** What may come after one path of tokens, the likeliest first. */
export interface Fork {
  ids: ArrayLike<number>;
  /** Nats. */
  logprobs: ArrayLike<number>;
}

export interface TreeNode {
  /** Ids from the text's end to this token, itself included. */
  path: readonly number[];
  /** Given the tokens before it. */
  probability: number;
  /** Of the whole path, given the text. */
  cumulative: number;
  /** Empty where it is not expanded. */
  children: TreeNode[];
  /** Probability of what may come after it and is not shown; undefined where it is not expanded. */
  rest?: number;
}

export const pathKey = (path: readonly number[]): string => path.join(' ');

/**
 * The tree of the forks that are known.
 * @param forks by pathKey; that of the empty path is what may follow the text
 * @param breadth tokens that are shown after each
 */
export function continuationTree(forks: ReadonlyMap<string, Fork>, breadth: number): TreeNode {
  const grow = (path: readonly number[], probability: number, cumulative: number): TreeNode => {
    const fork = forks.get(pathKey(path));
    if (!fork) return { path, probability, cumulative, children: [] };
    const children = Array.from({ length: Math.min(breadth, fork.ids.length) }, (_, i) => {
      const own = Math.exp(fork.logprobs[i]);
      return grow([...path, fork.ids[i]], own, cumulative * own);
    });
    const shown = children.reduce((sum, child) => sum + child.probability, 0);
    return { path, probability, cumulative, children, rest: Math.max(0, 1 - shown) };
  };
  return grow([], 1, 1);
}

/** All nodes but the root, parents before children, the likelier child first. */
export const nodesOf = ({ children }: TreeNode): TreeNode[] => children.flatMap((child) => [child, ...nodesOf(child)]);

/**
 * Paths to expand next so that the tree grows to a depth: the likeliest that are not expanded yet.
 * @param room how many at most
 */
export function nextPaths(tree: TreeNode, depth: number, room: number): (readonly number[])[] {
  return nodesOf(tree)
    .filter(({ path, rest }) => rest === undefined && path.length < depth)
    .sort((a, b) => a.path.length - b.path.length || b.cumulative - a.cumulative)
    .slice(0, Math.max(0, room))
    .map(({ path }) => path);
}
