import type { ExpandRequest, Expansion } from '../api.ts';
import { CHUNK, fill } from './cachedRun.ts';
import type { CachePool } from './cachePool.ts';
import type { Network } from './network.ts';
import { NO_TARGET } from './positionResults.ts';
import { checkFinite } from './summaries.ts';
import type { Turn } from './turn.ts';

/** A token of the tree that the paths make together. */
interface Node {
  id: number;
  /** Tokens from the text's end to it, itself included. */
  depth: number;
  /** Rows of the tree that it sees: its own and those of the tokens before it on its path. */
  seen: Set<number>;
  children: Map<number, number>;
}

/**
 * What comes after each of several continuations of one text. Their common beginnings are run once, all of them as rows
 * of one chunk that see the text and their own path alone (tree attention: SpecInfer, arXiv 2305.09781).
 * @throws RangeError for a path of a token that the model has not, for more tokens than a chunk holds, or beyond the context
 */
export async function expandPaths(
  network: Network,
  pool: CachePool,
  { ids, paths, topK }: ExpandRequest,
  turn: Turn,
): Promise<Expansion> {
  const { contextLength, vocabSize, nLayers, dModel: d } = network.config;
  const { nodes, ends } = treeOf(paths);
  const bad = nodes.find(({ id }) => !Number.isInteger(id) || id < 0 || id >= vocabSize);
  if (bad) throw new RangeError(`token ${bad.id} does not exist: the vocabulary has ${vocabSize}`);
  if (nodes.length > CHUNK) throw new RangeError(`${nodes.length} tokens of continuations are more than ${CHUNK}`);
  if (nodes.some(({ depth }) => ids.length + depth > contextLength))
    throw new RangeError(`a continuation is beyond the context of ${contextLength} tokens`);
  const cache = pool.write(ids, { all: true });
  try {
    const n = ids.length;
    await fill(network, cache, ids, turn);
    if (nodes.length > 0) {
      const keys = Int32Array.from({ length: n + nodes.length }, (_, row) =>
        row < n ? row : n + nodes[row - n].depth - 1,
      );
      const hidden = (query: number, key: number) => key >= n && !nodes[query - n].seen.has(key - n);
      const positions = { keys, count: nodes.length, hidden };
      await network.extend(
        cache,
        nodes.map(({ id }) => id),
        positions,
        turn,
      );
    }
    // The last row of the text, then those of the tree.
    const rows = cache.residual(nLayers, n - 1, n + nodes.length);
    const asked = new Float32Array(ends.length * d);
    ends.forEach((end, i) => {
      asked.set(rows.subarray((end + 1) * d, (end + 2) * d), i * d);
    });
    const found = await network.distributions(asked, new Int32Array(ends.length).fill(NO_TARGET), topK);
    checkFinite(network, cache, found.lse, n - 1);
    const { entropy, topIds, topLogprobs } = found;
    return { entropy, topK: found.topK, topIds, topLogprobs };
  } finally {
    pool.doneWriting(cache);
  }
}

/** The tree of the paths, parents first, and at which node each path ends; -1: at the text's own end. */
function treeOf(paths: readonly (readonly number[])[]): { nodes: Node[]; ends: number[] } {
  const nodes: Node[] = [];
  const roots = new Map<number, number>();
  const ends = paths.map((path) => {
    let at = -1;
    for (const id of path) {
      const parent = nodes[at] as Node | undefined;
      const siblings = parent?.children ?? roots;
      let next = siblings.get(id);
      if (next === undefined) {
        next = nodes.length;
        nodes.push({
          id,
          depth: (parent?.depth ?? 0) + 1,
          seen: new Set([...(parent?.seen ?? []), next]),
          children: new Map(),
        });
        siblings.set(id, next);
      }
      at = next;
    }
    return at;
  });
  return { nodes, ends };
}
