import assert from 'node:assert/strict';
import { CachePool, CachePools } from '../../../src/runtime/running/cachePool.ts';
import type { RunCache } from '../../../src/runtime/running/runCache.ts';
import { layersOf } from '../../../src/weights/families/family.ts';

const config = {
  family: 'test',
  nLayers: 2,
  dModel: 4,
  nHeads: 2,
  nKvHeads: 1,
  dHead: 2,
  dMlp: 4,
  vocabSize: 100,
  contextLength: 512,
  norm: { kind: 'rms' as const, eps: 1e-5 },
  learnedPositions: false,
  attention: { bias: { q: false, k: false, v: false, o: false } },
  mlp: { activation: 'silu' as const, gated: true, bias: false },
  tiedUnembedding: true,
  unembedBias: false,
  layers: layersOf(2, () => ({ scale: 1 })),
};

/** Stands for a run: every row of position p holds its id. */
function fill(cache: RunCache, ids: readonly number[]): void {
  cache.reserve(ids.length);
  for (let p = cache.length; p < ids.length; p++) {
    for (const rows of [...cache.k, ...cache.v]) rows.fill(ids[p], p * 2, p * 2 + 2);
    for (const rows of cache.resid) rows.fill(ids[p], p * 4, p * 4 + 4);
    cache.ids.push(ids[p]);
  }
}

const rows = (cache: RunCache, n: number) => Array.from({ length: n }, (_, p) => cache.residual(1, p, p + 1)[0]);
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

describe('pool of caches', () => {
  let pool: CachePool;
  const written = (ids: number[], options?: { all?: boolean }) => {
    const cache = pool.write(ids, options);
    fill(cache, ids);
    pool.doneWriting(cache);
    return cache;
  };
  beforeEach(() => {
    pool = new CachePool(config);
  });

  it('goes on where a text was left, and keeps a longer one whole', () => {
    const first = written(range(0, 50));
    assert.equal(pool.write(range(0, 60)), first);
    assert.equal(first.length, 50);
    pool.doneWriting(first);
    assert.equal(pool.write(range(0, 20)), first);
    assert.equal(first.length, 50, 'the rest is of the same text');
    pool.doneWriting(first);
    assert.equal(pool.write(range(0, 40), { all: true }).length, 40);
  });

  it('what is read is not written: an edit goes on in a copy', () => {
    const ids = range(0, 50);
    const cache = written(ids);
    assert.equal(pool.read(ids), cache);
    const edited = [...range(0, 45), 99];
    const other = written(edited);
    assert.notEqual(other, cache);
    assert.deepEqual(rows(cache, 50), ids);
    assert.deepEqual(rows(other, 46), edited);
    pool.doneReading(cache, 50);
  });

  it('a text that is read may be continued in place', () => {
    const cache = written(range(0, 50));
    pool.read(range(0, 50));
    assert.equal(written(range(0, 60)), cache);
    assert.deepEqual(rows(cache, 60), range(0, 60));
    pool.doneReading(cache, 50);
  });

  it('two writers never share a cache; the second has what the first has finished', () => {
    const first = pool.write(range(0, 50));
    fill(first, range(0, 30));
    const second = pool.write(range(0, 50));
    assert.notEqual(second, first);
    assert.deepEqual(rows(second, second.length), range(0, 30));
    pool.doneWriting(first);
    pool.doneWriting(second);
  });

  it('an edit far from the end keeps the old text too, for its undoing', () => {
    const ids = range(0, 80);
    const cache = written(ids);
    written([...range(0, 10), 99]);
    assert.equal(pool.read(ids), cache);
    pool.doneReading(cache, 80);
  });

  it('a changed model has positions of its own, which are kept for the two used last', () => {
    const pools = new CachePools(config);
    const first = pools.of('head 3 off');
    assert.notEqual(first, pools.unchanged);
    assert.equal(pools.of('head 3 off'), first);
    const second = pools.of('head 4 off');
    assert.notEqual(second, first);
    assert.equal(pools.of('head 3 off'), first);
    pools.of('head 5 off');
    assert.equal(pools.of('head 3 off'), first);
    assert.notEqual(pools.of('head 4 off'), second);
    assert.notEqual(pools.of(undefined), pools.of(undefined));
  });

  it('holds the three used last, and never drops one in use', () => {
    const read = written([1, 1]);
    pool.read([1, 1]);
    for (const id of [2, 3, 4, 5]) written([id, id]);
    assert.equal(pool.read([1, 1]), read);
    assert.equal(pool.read([2, 2]), undefined);
    assert.equal(pool.read([3, 3]), undefined);
    assert.ok(pool.read([5, 5]));
  });
});
