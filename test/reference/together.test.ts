import assert from 'node:assert/strict';
import { TokenscopeError } from '../../src/errors.ts';
import type { RunChunk } from '../../src/runtime/api.ts';
import type { Engine } from '../../src/runtime/engine.ts';
import { fixture } from '../fixtures.ts';
import { all, close, loadedEngine } from './compare.ts';

// Many askers at once: every answer is the one that a lone asker gets.
describe('engine asked several things at once', () => {
  let engine: Engine;
  const text = (seed: number, length = 70) => Array.from({ length }, (_, i) => (i * (31 + 2 * seed) + 7 * seed) % 300);
  const scores = async (ids: number[], signal?: AbortSignal) =>
    (await all(engine.run({ ids, topK: 2 }, signal))).flatMap((chunk: RunChunk) => [...chunk.logprob]).slice(1);
  const alone = async (ids: number[]) => {
    const chunks = await all(engine.run({ ids, topK: 2, hooks: ['blocks.1.attn.hook_pattern', 'logits'] }));
    return {
      scores: chunks.flatMap(({ logprob }) => [...logprob]).slice(1),
      logits: chunks[chunks.length - 1].hooks!.logits.data.slice(-320),
    };
  };

  before(async () => {
    ({ engine } = await loadedEngine(fixture('models', 'llama_gqa_tied')));
  });
  after(() => engine.unload());

  it('scores, pattern and distribution of the same tokens', async () => {
    for (let round = 0; round < 30; round++) {
      const ids = text(round);
      const expected = await alone(ids);
      const [found, pattern, logits] = await Promise.all([
        scores(ids),
        engine.pattern(ids, 1),
        engine.logits(ids, ids.length - 1),
        scores(text(round + 100)), // pushes at the pool
        engine.pattern(text(round + 200), 0),
      ]);
      close(found, expected.scores, 1e-4, 'scores');
      close(logits, expected.logits, 1e-4, 'logits');
      assert.deepEqual(pattern.shape, [4, 70, 70]);
      for (let row = 0; row < 4 * 70; row++) {
        let sum = 0;
        for (let k = 0; k < 70; k++) sum += pattern.data[row * 70 + k];
        assert.ok(Math.abs(sum - 1) < 1e-5, `row ${row} sums to ${sum}`);
      }
    }
  });

  it('a lens is read while its text is edited, cut and continued', async () => {
    const ids = text(1);
    const expected = await all(engine.lens({ ids, topK: 1 }));
    await scores(ids);
    const others = (async () => {
      for (let i = 0; i < 12; i++) {
        await scores(ids.with(5 + i, 299)); // overwrites what follows
        await all(
          engine.generate({
            ids: ids.slice(0, 20 + i),
            maxTokens: 3,
            sampling: { temperature: 0, topK: 0, topP: 1 },
            seed: 0,
            ignoreEos: true,
          }),
        );
      }
    })();
    for (let i = 0; i < 12; i++) {
      const found = await all(engine.lens({ ids, topK: 1 }));
      found.forEach((layer, l) => {
        close(layer.entropy, expected[l].entropy, 1e-4, `entropy at ${layer.hook}`);
        assert.deepEqual(layer.topIds, expected[l].topIds);
      });
    }
    await others;
  });

  it('a storm of calls, some given up: only right answers and the errors of this project', async () => {
    let next = 12345;
    const random = (n: number) => {
      next = (next * 1103515245 + 12345) % 2 ** 31;
      return Math.floor((next / 2 ** 31) * n);
    };
    const texts = Array.from({ length: 6 }, (_, i) => text(i, 20 + 7 * i));
    const expected = await Promise.all(texts.map(alone));
    const call = async () => {
      const i = random(texts.length);
      const ids = texts[i];
      const abort = new AbortController();
      if (random(4) === 0) setImmediate(() => abort.abort(new DOMException('Given up', 'AbortError')));
      try {
        const kind = random(4);
        if (kind === 0) close(await scores(ids, abort.signal), expected[i].scores, 1e-4, 'scores');
        else if (kind === 1)
          close(await engine.logits(ids, ids.length - 1, undefined, abort.signal), expected[i].logits, 1e-4, 'logits');
        else if (kind === 2)
          assert.equal((await engine.pattern(ids, random(2), undefined, abort.signal)).shape[1], ids.length);
        else assert.equal((await all(engine.lens({ ids, topK: 0 }, abort.signal))).length, 3);
      } catch (error) {
        if (!abort.signal.aborted && !(error instanceof TokenscopeError)) throw error;
        assert.ok(error instanceof DOMException || error instanceof TokenscopeError, String(error));
      }
    };
    for (let round = 0; round < 20; round++) await Promise.all(Array.from({ length: 15 }, call));
  });

  it('work in the background stands back while any in the foreground is under way', async () => {
    const order: string[] = [];
    const background = all(engine.run({ ids: text(50, 120), topK: 0, priority: 'background' })).then(() =>
      order.push('background'),
    );
    const foreground = Promise.all([scores(text(51, 128)), scores(text(52, 128))]).then(() => order.push('foreground'));
    await Promise.all([background, foreground]);
    assert.deepEqual(order, ['foreground', 'background']);
  });
});
