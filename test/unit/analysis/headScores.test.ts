import assert from 'node:assert/strict';
import { HeadScoreSums, meanScores, notRepeated, repeatedTokens } from '../../../src/analysis/headScores.ts';
import { seededRandom } from '../../../src/analysis/sampling.ts';
import { close } from '../../reference/compare.ts';

describe('scores of heads', () => {
  const n = 8;
  const half = n / 2;

  /** A head that looks with all its weight where it is told. [n, n] */
  const looking = (at: (p: number) => number): Float32Array => {
    const pattern = new Float32Array(n * n);
    for (let p = 0; p < n; p++) pattern[p * n + at(p)] = 1;
    return pattern;
  };
  const even = new Float32Array(n * n);
  for (let p = 0; p < n; p++) even.fill(1 / (p + 1), p * n, p * n + p + 1);
  const patterns = [
    looking((p) => Math.max(0, p - half + 1)), // induction
    looking((p) => Math.max(0, p - 1)), // previous token
    looking((p) => Math.max(0, p - half)), // duplicate token
    looking(() => 0), // rests on the first
    even,
  ];

  /** @param cuts where the rows are cut into chunks */
  const scored = (cuts: number[]) => {
    const sums = new HeadScoreSums(1, patterns.length, n);
    const ends = [...cuts, n];
    ends.forEach((to, i) => {
      const from = i === 0 ? 0 : ends[i - 1];
      const rows = new Float32Array(patterns.length * (to - from) * to);
      patterns.forEach((pattern, h) => {
        for (let p = from; p < to; p++)
          rows.set(pattern.subarray(p * n, p * n + to), (h * (to - from) + p - from) * to);
      });
      sums.add(0, rows, from, to - from);
    });
    return sums.means();
  };

  it('heads that do one thing have its score, and no other', () => {
    const found = scored([]);
    close(found.induction, [1, 0, 0, 0, (1 / 5 + 1 / 6 + 1 / 7 + 1 / 8) / 4], 1e-6, 'induction');
    // The first tokens rest at 0, which is also the token before token 1.
    assert.equal(found.previousToken[1], 1);
    assert.equal(found.duplicateToken[2], 1);
    assert.equal(found.firstToken[3], 1);
    // Duplicate: token `half` looks at token 0.
    assert.equal(found.duplicateToken[3], 1 / half);
    close(found.entropy, [0, 0, 0, 0, 1], 1e-6, 'entropy');
  });

  it('are the same however the rows are cut', () => {
    const [whole, cut] = [scored([]), scored([3, 5])];
    for (const name of Object.keys(whole) as (keyof typeof whole)[]) close(cut[name], whole[name], 1e-7, name);
  });

  it('means are over the sequences', () => {
    const one = scored([]);
    const none = { ...one, induction: one.induction.map(() => 0) };
    assert.equal(meanScores([one, none]).induction[0], 0.5);
  });

  it('a sequence twice is recognised; random ones are made of ordinary ids and come again with the same seed', () => {
    assert.equal(notRepeated([1, 2, 1, 2]), undefined);
    assert.match(notRepeated([1, 2, 3])!, /3 tokens/);
    assert.match(notRepeated([1, 2, 1, 3])!, /token 1 is 2, but 3/);
    assert.match(notRepeated([])!, /0 tokens/);
    const make = (seed: number) => repeatedTokens(seededRandom(seed), 100, 20, (id) => id % 2 === 0);
    assert.equal(notRepeated(make(1)), undefined);
    assert.equal(make(1).length, 40);
    assert.ok(make(1).every((id) => id % 2 === 0));
    assert.deepEqual(make(1), make(1));
    assert.notDeepEqual(make(1), make(2));
  });
});
