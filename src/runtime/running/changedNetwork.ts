import type { TransformerConfig } from '../../transformer/config.ts';
import type { HookShape } from '../../transformer/hooks.ts';
import type { Positions } from '../../transformer/positions.ts';
import type { HookTensor } from '../api.ts';
import type { CachePool } from './cachePool.ts';
import type { Interventions } from './interventions.ts';
import type { Distributions, Network, Watch } from './network.ts';
import type { RunCache } from './runCache.ts';
import type { Turn } from './turn.ts';

/** A network in which something is changed: whatever runs on it, runs so. */
export class ChangedNetwork implements Network {
  readonly config: TransformerConfig;
  readonly hooks: ReadonlyMap<string, HookShape>;
  readonly intervenes = true;

  /** @param unchanged caches of the unchanged network: what they know of layers before the first change holds here too */
  constructor(
    private readonly network: Network,
    private readonly interventions: Interventions,
    private readonly unchanged: CachePool,
  ) {
    this.config = network.config;
    this.hooks = network.hooks;
  }

  async extend(
    cache: RunCache,
    ids: readonly number[],
    positions: Positions,
    turn: Turn,
    watch: Watch = { hooks: [], see: () => {} },
  ): Promise<void> {
    const changed = { ...watch, interventions: this.interventions };
    // Rows of branches are in no other cache, and hooks of all layers are to be seen.
    const comparable = watch.hooks.length === 0 && !positions.hidden;
    const text = [...cache.ids, ...ids];
    const known = comparable ? this.unchanged.read(text) : undefined;
    if (!known) return this.network.extend(cache, ids, positions, turn, changed);
    try {
      const layers = { cache: known, before: this.interventions.firstLayer };
      await this.network.extend(cache, ids, positions, turn, { ...changed, known: layers });
    } finally {
      this.unchanged.doneReading(known, text.length);
    }
  }

  layerHooks(cache: RunCache, layer: number, from: number, to: number, names: readonly string[]) {
    return this.network.layerHooks(cache, layer, from, to, names, this.interventions);
  }

  distributions(resid: Float32Array, targets: ArrayLike<number>, topK: number): Promise<Distributions> {
    return this.network.distributions(resid, targets, topK);
  }

  finalHooks(resid: Float32Array, names: readonly string[]): Promise<Map<string, HookTensor>> {
    return this.network.finalHooks(resid, names);
  }

  /** The network is another's. */
  async release(): Promise<void> {}
}
