import type { TransformerConfig } from '../../transformer/config.ts';
import { RunCache } from './runCache.ts';

/** Losing more positions than this is worth a copy of those that stay. */
const WORTH_KEEPING = 32;

/** Changed models whose caches are kept, and caches of each. */
const CHANGED_MODELS = 2;
const CHANGED_CACHES = 2;

/** Who uses a cache now: one who writes, and any number who read its first positions. */
interface Use {
  writing: boolean;
  /** Lengths that are read. */
  reading: number[];
}

/**
 * Caches of a model, and apart from them those of a few changed ones, by the name of what is changed: positions of another
 * model are other positions.
 */
export class CachePools {
  readonly unchanged: CachePool;
  /** The one used last at the end. */
  private readonly changed = new Map<string, CachePool>();

  constructor(private readonly config: TransformerConfig) {
    this.unchanged = new CachePool(config);
  }

  /** @param changes undefined: one that nobody else uses */
  of(changes: string | undefined): CachePool {
    const pool = this.changed.get(changes ?? '') ?? new CachePool(this.config, CHANGED_CACHES);
    if (changes === undefined) return pool;
    this.changed.delete(changes);
    this.changed.set(changes, pool);
    for (const oldest of this.changed.keys()) {
      if (this.changed.size <= CHANGED_MODELS) break;
      this.changed.delete(oldest);
    }
    return pool;
  }
}

/**
 * A few caches, so that two uses of the engine (the panel and ghost text, say) do not push each other's out. What is
 * read is never written: a cache in use is copied as far as its text is shared.
 */
export class CachePool {
  /** Most recently used last. */
  private readonly caches = new Map<RunCache, Use>();

  constructor(
    private readonly config: TransformerConfig,
    private readonly size = 3,
  ) {}

  /**
   * A cache for a run over `ids` to write: it holds what is known of their beginning, and nothing of another text.
   * Give it back with `doneWriting`.
   * @param all whether text beyond `ids` is to go too; otherwise it stays if all of `ids` is there
   */
  write(ids: readonly number[], { all = false } = {}): RunCache {
    const best = this.longestShared(ids);
    const shared = best?.commonPrefix(ids) ?? 0;
    const kept = best && shared === ids.length && !all ? best.length : shared;
    const cache = best && shared > 0 ? this.taken(best, kept) : new RunCache(this.config);
    cache.truncate(kept);
    this.caches.set(cache, { writing: true, reading: this.caches.get(cache)?.reading ?? [] });
    return cache;
  }

  doneWriting(cache: RunCache): void {
    const use = this.caches.get(cache);
    if (use) use.writing = false;
    this.shrink();
  }

  /** A cache that holds all of `ids`, also while another run goes on with it. Give it back with `doneReading`. */
  read(ids: readonly number[]): RunCache | undefined {
    for (const [cache, { reading }] of this.caches) {
      if (cache.commonPrefix(ids) < ids.length) continue;
      reading.push(ids.length);
      return cache;
    }
    return undefined;
  }

  doneReading(cache: RunCache, length: number): void {
    const reading = this.caches.get(cache)?.reading;
    reading?.splice(reading.indexOf(length), 1);
    this.shrink();
  }

  private longestShared(ids: readonly number[]): RunCache | undefined {
    let best: RunCache | undefined;
    let longest = 0;
    for (const cache of this.caches.keys()) {
      const shared = cache.commonPrefix(ids);
      // Of two that share as much, the one that loses less: it need not be copied.
      const better = shared > longest || (shared === longest && cache.length <= (best?.length ?? Infinity));
      if (better) [best, longest] = [cache, shared];
    }
    return best;
  }

  /** The cache itself, or a copy where somebody uses what would be lost or changed. */
  private taken(cache: RunCache, kept: number): RunCache {
    const { writing, reading } = this.caches.get(cache)!;
    const inUse = writing || reading.some((length) => length > kept);
    if (inUse || cache.length - kept > WORTH_KEEPING) return cache.fork(kept);
    const use = this.caches.get(cache)!;
    this.caches.delete(cache);
    this.caches.set(cache, use); // now the most recently used
    return cache;
  }

  private shrink(): void {
    for (const [cache, { writing, reading }] of this.caches) {
      if (this.caches.size <= this.size) return;
      if (!writing && reading.length === 0) this.caches.delete(cache);
    }
  }
}
