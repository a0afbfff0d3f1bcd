import type { BranchesRequest, BranchToken } from '../api.ts';
import type { Tokenizer } from '../tokenizer/types.ts';
import { CHUNK } from './cachedRun.ts';
import type { CachePool } from './cachePool.ts';
import { append, type Network } from './network.ts';
import { NO_TARGET } from './positionResults.ts';
import type { RunCache } from './runCache.ts';
import { checkFinite } from './summaries.ts';
import type { Turn } from './turn.ts';

interface Branch {
  index: number;
  /** Its last token, which is not in the cache yet. */
  last: { id: number; logprob: number };
  /** Rows of the cache that hold its tokens before that. */
  rows: Set<number>;
  text: ReturnType<Tokenizer['stream']>;
}

/**
 * Continuations of one text, decoded greedily in lockstep: one token of each branch a run, as rows of one chunk at the same
 * position that see the text and their own branch alone (tree attention: SpecInfer, arXiv 2305.09781). One cache holds
 * them all, after the text.
 * @throws RangeError for a branch that begins with no token of the model
 */
export async function* decodeBranches(
  network: Network,
  pool: CachePool,
  tokenizer: Tokenizer,
  { ids, firsts, count, maxTokens }: BranchesRequest,
  turn: Turn,
): AsyncGenerator<BranchToken[]> {
  const { contextLength, vocabSize } = network.config;
  const bad = firsts?.find((id) => !Number.isInteger(id) || id < 0 || id >= vocabSize);
  if (bad !== undefined) throw new RangeError(`token ${bad} does not exist: the vocabulary has ${vocabSize}`);
  const cache = pool.write(ids, { all: true });
  try {
    const n = ids.length;
    while (cache.length < n) await append(network, cache, ids, Math.min(cache.length + CHUNK, n), turn);
    const beginnings = await choose(network, cache, n - 1, n, firsts, count);
    let live = beginnings.map((last, index): Branch => ({ index, last, rows: new Set(), text: tokenizer.stream() }));
    const keys = Array.from({ length: n }, (_, p) => p); // positions of the cache's rows
    for (let made = 1; live.length > 0; made++) {
      const full = made === maxTokens ? 'max' : n + made >= contextLength ? 'context' : undefined;
      const told = live.map(({ index, last, text }): BranchToken => {
        const stopped = tokenizer.eosIds.includes(last.id) ? 'eos' : full;
        const piece = stopped === 'eos' ? '' : text.push(last.id);
        return { branch: index, ...last, text: stopped ? piece + text.end() : piece, ...(stopped && { stopped }) };
      });
      yield told;
      live = live.filter((_, i) => !told[i].stopped);
      if (live.length === 0) return;

      const from = keys.length;
      live.forEach(({ rows }, i) => {
        keys.push(n + made - 1);
        rows.add(from + i);
      });
      const hidden = (query: number, key: number) => key >= n && !live[query - from].rows.has(key);
      const positions = { keys: Int32Array.from(keys), count: live.length, hidden };
      await network.extend(
        cache,
        live.map(({ last }) => last.id),
        positions,
        turn,
      );
      const next = await choose(network, cache, from, from + live.length);
      live.forEach((branch, i) => {
        branch.last = next[i];
      });
    }
  } finally {
    pool.doneWriting(cache);
  }
}

/**
 * The likeliest token after each row [from, to) of the cache; after a single row also several, or given ones with their
 * log-probs.
 */
async function choose(
  network: Network,
  cache: RunCache,
  from: number,
  to: number,
  given?: readonly number[],
  count = 1,
): Promise<Branch['last'][]> {
  const row = cache.residual(network.config.nLayers, from, to);
  if (given) {
    const d = network.config.dModel;
    const rows = Float32Array.from({ length: given.length * d }, (_, i) => row[i % d]);
    const { lse, targetLogprob } = await network.distributions(rows, given, 0);
    checkFinite(network, cache, lse.subarray(0, 1), from);
    return given.map((id, i) => ({ id, logprob: targetLogprob[i] }));
  }
  const targets = new Int32Array(to - from).fill(NO_TARGET);
  const { lse, topIds, topLogprobs } = await network.distributions(row, targets, count);
  checkFinite(network, cache, lse, from);
  return Array.from(topIds, (id, i) => ({ id, logprob: topLogprobs[i] }));
}
