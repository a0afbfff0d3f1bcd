import type { BranchesRequest, BranchToken } from '../api.ts';
import type { Tokenizer } from '../tokenizer/types.ts';
import { CHUNK, fill } from './cachedRun.ts';
import type { CachePool } from './cachePool.ts';
import { Lookup, proposeTogether } from './lookup.ts';
import type { Network } from './network.ts';
import { NO_TARGET } from './positionResults.ts';
import type { RunCache } from './runCache.ts';
import { checkFinite, summarise } from './summaries.ts';
import type { Turn } from './turn.ts';

interface Branch {
  index: number;
  /** Its tokens so far; the last is not in the cache yet. */
  ids: number[];
  /** Rows of the cache that hold its tokens before the last. */
  rows: Set<number>;
  lookup: Lookup;
  text: ReturnType<Tokenizer['stream']>;
}

/**
 * Continuations of one text, decoded greedily in lockstep: the next tokens of all branches are rows of one chunk that
 * see the text and their own branch alone (tree attention: SpecInfer, arXiv 2305.09781). One cache holds them all, after
 * the text. Each branch proposes what followed the same words before, so that one run may bring several of its tokens;
 * rows of wrong proposals stay in the cache, and nobody looks at them.
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
    await fill(network, cache, ids, turn);
    const beginnings = await begin(network, cache, ids, firsts, count);
    const keys = Array.from({ length: n }, (_, p) => p); // positions of the cache's rows

    /** Takes tokens onto a branch, up to its end. */
    const tell = (branch: Branch, came: readonly Choice[]): BranchToken[] => {
      const told: BranchToken[] = [];
      for (const { id, logprob } of came) {
        branch.ids.push(id);
        const made = branch.ids.length;
        const full = made === maxTokens ? 'max' : n + made >= contextLength ? 'context' : undefined;
        const stopped = tokenizer.eosIds.includes(id) ? 'eos' : full;
        const piece = stopped === 'eos' ? '' : branch.text.push(id);
        const text = stopped ? piece + branch.text.end() : piece;
        told.push({ branch: branch.index, id, logprob, text, ...(stopped && { stopped }) });
        if (stopped) break;
      }
      return told;
    };
    const branches = beginnings.map(
      (_, index): Branch => ({
        index,
        ids: [],
        rows: new Set(),
        lookup: new Lookup(ids),
        text: tokenizer.stream(),
      }),
    );
    let told = branches.map((branch, i) => tell(branch, [beginnings[i]]));
    for (;;) {
      yield told.flat();
      const live = branches.filter((_, i) => told[i].length > 0 && !told[i][told[i].length - 1].stopped);
      if (live.length === 0) return;

      const from = keys.length;
      const proposals = proposeTogether(
        live.map((branch) => {
          const made = branch.ids.length;
          const left = Math.min(maxTokens, contextLength - n) - made - 1;
          const room = Math.max(0, Math.min(left, Math.floor(CHUNK / live.length) - 1));
          return { lookup: branch.lookup, ids: [...ids, ...branch.ids], room };
        }),
      );
      const steps = live.map((branch, i) => ({ branch, proposed: proposals[i] }));
      // Of each row: whose it is, and how many of the same chunk stand before it on its branch.
      const rows = steps.flatMap(({ branch, proposed }) =>
        [branch.ids[branch.ids.length - 1], ...proposed].map((id, ahead) => ({ branch, id, ahead })),
      );
      for (const { branch, ahead } of rows) keys.push(n + branch.ids.length - 1 + ahead);
      const hidden = (query: number, key: number) => {
        if (key < n) return false;
        const { branch, ahead } = rows[query - from];
        return key < from ? !branch.rows.has(key) : key > query || key < query - ahead;
      };
      const positions = { keys: Int32Array.from(keys), count: rows.length, hidden };
      await network.extend(
        cache,
        rows.map(({ id }) => id),
        positions,
        turn,
      );
      const next = await choose(network, cache, from, from + rows.length);
      told = branches.map(() => []);
      let row = 0;
      for (const { branch, proposed } of steps) {
        // What was chosen after a wrong proposal was chosen after another text.
        let right = 0;
        while (right < proposed.length && proposed[right] === next[row + right].id) right++;
        for (let i = 0; i <= right; i++) branch.rows.add(from + row + i);
        const came = next.slice(row, row + right + 1);
        branch.lookup.learn(came.map(({ id }) => id));
        told[branch.index] = tell(branch, came);
        row += proposed.length + 1;
      }
    }
  } finally {
    pool.doneWriting(cache);
  }
}

interface Choice {
  id: number;
  /** Nats, under the plain distribution. */
  logprob: number;
}

/** The likeliest tokens after the text, or given ones with their log-probs: of what the cache knows already if it does. */
async function begin(
  network: Network,
  cache: RunCache,
  ids: readonly number[],
  firsts: readonly number[] | undefined,
  count: number,
): Promise<Choice[]> {
  const at = ids.length - 1;
  const topK = Math.max(count, cache.results.topK);
  const { topIds, topLogprobs } = await summarise(network, cache, ids, at, at + 1, topK, true);
  const choices = Array.from(topIds, (id, i) => ({ id, logprob: topLogprobs[i] }));
  const likeliest = firsts?.map((first) => choices.find(({ id }) => id === first)) ?? choices.slice(0, count);
  if (likeliest.every((choice) => choice !== undefined)) return likeliest;
  const resid = cache.residual(network.config.nLayers, at, at + 1);
  const rows = Float32Array.from({ length: firsts!.length * resid.length }, (_, i) => resid[i % resid.length]);
  const { targetLogprob } = await network.distributions(rows, firsts!, 0);
  return firsts!.map((id, i) => ({ id, logprob: targetLogprob[i] }));
}

/** The likeliest token after each row [from, to) of the cache. */
async function choose(network: Network, cache: RunCache, from: number, to: number): Promise<Choice[]> {
  const rows = cache.residual(network.config.nLayers, from, to);
  const { lse, topIds, topLogprobs } = await network.distributions(rows, new Int32Array(to - from).fill(NO_TARGET), 1);
  checkFinite(network, cache, lse, from);
  return Array.from(topIds, (id, i) => ({ id, logprob: topLogprobs[i] }));
}
