import { TokenscopeError } from '../errors.ts';
import type { TransformerConfig } from '../transformer/config.ts';
import type { Intervention, ModelInfo } from './api.ts';
import type { KeptScores } from './inspecting/keptScores.ts';
import type { StoredWeights } from './inspecting/storedWeights.ts';
import type { CachePool, CachePools } from './running/cachePool.ts';
import { ChangedNetwork } from './running/changedNetwork.ts';
import { Interventions } from './running/interventions.ts';
import type { Means } from './running/means.ts';
import type { Network } from './running/network.ts';
import type { Turn, Turns } from './running/turn.ts';
import type { Tokenizer } from './tokenizer/types.ts';

/** A loaded model, and what is kept beside it. */
export interface Loaded {
  info: ModelInfo;
  network: Network;
  tokenizer: Tokenizer;
  pools: CachePools;
  means: Means;
  weights: StoredWeights;
  /** What was worked out of the model before. */
  kept: KeptScores;
  turns: Turns;
  /** Aborted when the model is unloaded: whatever still runs on it ends. */
  unloading: AbortController;
}

/** Work ends with the model, and when who asked for it says so. */
export const ended = (unloading: AbortSignal, signal: AbortSignal | undefined): AbortSignal =>
  signal ? AbortSignal.any([signal, unloading]) : unloading;

/** The model as a request wants it. */
export interface Working {
  network: Network;
  tokenizer: Tokenizer;
  pool: CachePool;
}

export const working = ({ network, tokenizer, pools }: Loaded): Working => ({
  network,
  tokenizer,
  pool: pools.unchanged,
});

/** The model with what a request changes in it. */
export async function changed(
  loaded: Loaded,
  ids: readonly number[],
  interventions: readonly Intervention[],
  turn: Turn,
): Promise<Working> {
  const { network, tokenizer, pools, means } = loaded;
  for (const each of interventions) if (each.set === 'mean' && each.over) checkIds(each.over, network.config);
  const changes = new Interventions(network, await means.filledIn(interventions, ids, turn));
  const pool = pools.of(changes.lastingKey);
  return { network: new ChangedNetwork(network, changes, pools.unchanged), tokenizer, pool };
}

/** @throws TokenscopeError for no ids, too many, or one that the model does not have */
export function checkIds(ids: readonly number[], config: TransformerConfig): void {
  if (ids.length === 0) throw new TokenscopeError('There are no tokens.', 'The input', 'Give some text.');
  if (ids.length > config.contextLength)
    throw new TokenscopeError(
      `${ids.length} tokens are more than the model's context of ${config.contextLength}.`,
      'The input',
      'Give a shorter text, or score it in windows.',
    );
  const bad = ids.find((id) => !Number.isInteger(id) || id < 0 || id >= config.vocabSize);
  if (bad !== undefined)
    throw new TokenscopeError(
      `Token ${bad} does not exist: the vocabulary has ids 0 to ${config.vocabSize - 1}.`,
      'The input',
      'Give ids of this model.',
    );
}
