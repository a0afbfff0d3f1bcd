import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { rankBand, surprisal, totals } from '../../src/analysis/surprisal.ts';

const near = (actual: number, expected: number, tolerance = 1e-12) =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not ${expected}`);

describe('surprisal', () => {
  it('is bits: a probability of 1/8 is 3', () => {
    near(surprisal(Math.log(1 / 8)), 3);
    assert.ok(Object.is(surprisal(0), 0));
    assert.ok(Number.isNaN(surprisal(Number.NaN)));
    assert.equal(surprisal(-Infinity), Infinity);
  });

  it('adds up to a mean and a perplexity over the scored tokens', () => {
    const quarter = Math.log(1 / 4);
    const result = totals(Float64Array.of(Number.NaN, quarter, quarter, Math.log(1 / 16)));
    assert.deepEqual([result.tokens, result.scored], [4, 3]);
    near(result.meanSurprisal, 8 / 3);
    near(result.perplexity, 2 ** (8 / 3));
    assert.equal(totals([null, quarter]).scored, 1);
    assert.ok(Number.isNaN(totals([Number.NaN]).perplexity));
    assert.deepEqual([totals([]).tokens, totals([]).scored], [0, 0]);
  });

  it("gives the reference's perplexity of a prompt", () => {
    const { prompts } = JSON.parse(readFileSync(new URL('../fixtures/smollm2/prompts.json', import.meta.url), 'utf8'));
    for (const { ids, nll, perplexity } of prompts as { ids: number[]; nll?: number[]; perplexity: number }[]) {
      if (!nll?.length) continue; // a single token has none
      const result = totals([null, ...nll.map((x) => -x)]);
      assert.equal(result.tokens, ids.length);
      assert.ok(Math.abs(result.perplexity / perplexity - 1) < 1e-3, `${result.perplexity} ${perplexity}`);
    }
  });

  it('puts ranks into bands', () => {
    assert.deepEqual([0, 1, 2, 10, 11, 100, 101, 1000, 1001, 49152].map(rankBand), [
      undefined,
      'top1',
      'top10',
      'top10',
      'top100',
      'top100',
      'top1000',
      'top1000',
      'beyond',
      'beyond',
    ]);
  });
});
