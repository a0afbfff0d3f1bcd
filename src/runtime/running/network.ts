import type { TransformerConfig } from '../../transformer/config.ts';
import type { HookShape } from '../../transformer/hooks.ts';
import type { Positions } from '../../transformer/positions.ts';
import type { HookTensor } from '../api.ts';
import type { Interventions } from './interventions.ts';
import type { RunCache } from './runCache.ts';
import type { Turn } from './turn.ts';

/**
 * What runs need of a model, however it is computed. Everything else (prefill, decoding, patterns, the lens, ablation)
 * is built on these.
 */
export interface Network {
  readonly config: TransformerConfig;
  /** What it can show of a run, in the order of the computation; what is not here is not to be had. */
  readonly hooks: ReadonlyMap<string, HookShape>;
  /** Whether it can run with interventions. */
  readonly intervenes: boolean;

  /**
   * Runs new tokens through all layers, after the cached ones, and leaves their keys, values and residual stream in the
   * cache, in the rows that follow `positions.keys.length - ids.length`. Whose ids they are is for the caller to say.
   * @throws the turn's reason, at most one block after it was aborted
   */
  extend(cache: RunCache, ids: readonly number[], positions: Positions, turn: Turn, watch?: Watch): Promise<void>;

  /**
   * Hook points of one layer at cached positions [from, to), in the names they have inside a block. What the cache holds
   * is taken from there; for all else together the block is run once.
   */
  layerHooks(
    cache: RunCache,
    layer: number,
    from: number,
    to: number,
    names: readonly string[],
    interventions?: Interventions,
  ): Promise<Map<string, HookTensor>>;

  /**
   * The distributions that rows of a residual stream lead to, summed up.
   * @param resid [n, d]
   * @param targets ids whose log-prob and rank are wanted, NO_TARGET for none. [n]
   */
  distributions(resid: Float32Array, targets: ArrayLike<number>, topK: number): Promise<Distributions>;

  /** Hook points after the last block, by name. @param resid [n, d] */
  finalHooks(resid: Float32Array, names: readonly string[]): Promise<Map<string, HookTensor>>;

  /** Frees its memory. */
  release(): Promise<void>;
}

/** What a run is watched and changed by. */
export interface Watch {
  /** Hook points to fetch, by their full names. */
  hooks: readonly string[];
  /** Is handed each, for the new tokens. */
  see(name: string, tensor: HookTensor): void;
  interventions?: Interventions;
  /** A cache that holds the same tokens: its rows of the layers before this one are taken as they are. */
  known?: { cache: RunCache; before: number };
}

/** Distributions after n positions. Log-probs in nats; rank 1-based, 0 where there was no target. */
export interface Distributions {
  /** log of the sum of exp(logit). [n] */
  lse: Float32Array;
  entropy: Float32Array;
  /** NaN where there was none. */
  targetLogprob: Float32Array;
  targetRank: Int32Array;
  topK: number;
  /** [n, topK], most likely first. */
  topIds: Int32Array;
  topLogprobs: Float32Array;
}

/** Appends the tokens `ids[cache.length … to)` to a cache. A run that is cancelled on the way leaves it as it was. */
export async function append(
  network: Network,
  cache: RunCache,
  ids: readonly number[],
  to: number,
  turn: Turn,
  watch?: Watch,
): Promise<void> {
  const from = cache.length;
  const keys = Int32Array.from({ length: to }, (_, i) => i);
  cache.results.forget(from);
  await network.extend(cache, ids.slice(from, to), { keys, count: to - from }, turn, watch);
  for (let p = from; p < to; p++) cache.ids.push(ids[p]);
}
