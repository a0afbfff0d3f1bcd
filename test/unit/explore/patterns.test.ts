import assert from 'node:assert/strict';
import { Patterns } from '../../../src/explore/patterns.ts';
import type { HookTensor } from '../../../src/runtime/api.ts';

const IDS = [1, 2];

describe('patterns of a run', () => {
  let calls: { layer: number; finish(pattern: HookTensor): void; fail(error: Error): void; signal: AbortSignal }[];
  let patterns: Patterns;

  beforeEach(() => {
    calls = [];
    patterns = new Patterns(
      {
        pattern: (ids, layer, _, signal) => {
          assert.equal(ids, IDS);
          return new Promise((finish, fail) => calls.push({ layer, finish, fail, signal: signal! }));
        },
      },
      IDS,
    );
  });

  const of = (layer: number, abort = new AbortController()) => patterns.of(layer, abort.signal);
  const tensor = (megabytes = 0): HookTensor => ({
    shape: [1, 2, 2],
    data: new Float32Array(4 + megabytes * 2 ** 18),
  });
  const layers = () => calls.map(({ layer }) => layer);

  it('a layer is computed once, whoever asks and whenever', async () => {
    const both = [of(3), of(3)];
    const pattern = tensor();
    calls[0].finish(pattern);
    for (const found of await Promise.all(both)) assert.equal(found, pattern);
    assert.equal(await of(3), pattern);
    assert.deepEqual(layers(), [3]);
  });

  it('is given up once nobody waits for it, and computed again when it is asked for again', async () => {
    const [first, second] = [new AbortController(), new AbortController()];
    const waiting = [of(1, first), of(1, second)];
    first.abort();
    await assert.rejects(waiting[0], { name: 'AbortError' });
    assert.equal(calls[0].signal.aborted, false);
    second.abort();
    await assert.rejects(waiting[1], { name: 'AbortError' });
    assert.equal(calls[0].signal.aborted, true);
    const again = of(1);
    calls[1].finish(tensor());
    await again;
  });

  it('what failed is asked for again', async () => {
    const waiting = of(1);
    calls[0].fail(new Error('no'));
    await assert.rejects(waiting, { message: 'no' });
    void of(1);
    assert.deepEqual(layers(), [1, 1]);
  });

  it('of many large ones, those asked for last are kept', async () => {
    for (const layer of [0, 1, 2]) {
      const waiting = of(layer);
      calls[layer].finish(tensor(40));
      await waiting;
    }
    await of(2);
    await of(1);
    assert.deepEqual(layers(), [0, 1, 2]);
    void of(0);
    assert.deepEqual(layers(), [0, 1, 2, 0]);
  });
});
