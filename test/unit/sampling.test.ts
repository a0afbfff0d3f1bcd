import assert from 'node:assert/strict';
import {
  candidates,
  entropy,
  type SamplingSettings,
  sample,
  seededRandom,
  softmax,
  sortLogits,
} from '../../src/analysis/sampling.ts';

const ALL: SamplingSettings = { temperature: 1, topK: 0, topP: 1 };
const near = (actual: number, expected: number, tolerance = 1e-12) =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not ${expected}`);
/** Logits of given probabilities. */
const logitsOf = (...probabilities: number[]) => Float64Array.from(probabilities, Math.log);
const choose = (logits: ArrayLike<number>, settings: Partial<SamplingSettings>) =>
  candidates(sortLogits(logits), { ...ALL, ...settings });

describe('softmax and entropy', () => {
  it('give ln V for a uniform distribution', () => {
    const probabilities = softmax(new Float32Array(1000).fill(3));
    near(probabilities[17], 1 / 1000);
    near(entropy(probabilities), Math.log(1000), 1e-10);
  });

  it('follow the closed form of two logits, at any size', () => {
    near(softmax([2, 0])[0], 1 / (1 + Math.exp(-2)));
    near(softmax([2, 0], 2)[0], 1 / (1 + Math.exp(-1)));
    near(softmax([1e6 + 2, 1e6])[0], 1 / (1 + Math.exp(-2)));
    near(entropy(softmax([0, -Infinity])), 0);
  });
});

describe('sorted logits', () => {
  it('go from the largest to the smallest, equals by id', () => {
    const sorted = sortLogits(Float32Array.of(1, 3, -0, 3, 0, -5, -Infinity, Number.NaN, Infinity));
    assert.deepEqual([...sorted.ids], [8, 1, 3, 0, 2, 4, 5, 6, 7]);
    assert.deepEqual([...sorted.logits], [Infinity, 3, 3, 1, -0, 0, -5, -Infinity, -Infinity]);
  });

  it('agree with a plain sort over a vocabulary', () => {
    const random = seededRandom(5);
    const logits = Float32Array.from({ length: 50_000 }, () => Math.round((random() - 0.5) * 4000) / 100);
    const plain = Array.from(logits.keys()).sort((a, b) => logits[b] - logits[a] || a - b);
    assert.deepEqual([...sortLogits(logits).ids], plain);
  });
});

describe('candidates', () => {
  const logits = logitsOf(0.1, 0.4, 0.2, 0.3);

  it('are the whole distribution without limits', () => {
    const all = choose(logits, {});
    assert.deepEqual([...all.ids], [1, 3, 2, 0]);
    [0.4, 0.3, 0.2, 0.1].forEach((p, i) => {
      near(all.probabilities[i], p, 1e-7);
    });
    assert.equal(all.count, 4);
    near(all.keptMass, 1);
  });

  it('are the k most likely with top-k, renormalised', () => {
    const two = choose(logits, { topK: 2 });
    assert.deepEqual([...two.ids], [1, 3]);
    near(two.probabilities[0], 4 / 7, 1e-7);
    near(two.keptMass, 0.7, 1e-7);
    assert.equal(choose(logits, { topK: 99 }).count, 4);
  });

  it('are the smallest set that reaches p with top-p', () => {
    for (const [topP, count] of [
      [0, 1],
      [0.39, 1],
      [0.41, 2],
      [0.69, 2],
      [0.71, 3],
      [0.91, 4],
      [1, 4],
    ]) {
      assert.equal(choose(logits, { topP }).count, count, `top-p ${topP}`);
    }
    // Uniform over 1,000: p = k / 1000 takes exactly k.
    const uniform = new Float32Array(1000);
    for (const k of [1, 7, 100, 333, 900, 999]) assert.equal(choose(uniform, { topP: k / 1000 }).count, k);
  });

  it('take top-p of what top-k left', () => {
    // Of 0.4, 0.3, 0.2 remain 4/9, 3/9, 2/9: 7/9 = 0.78 reaches 0.75; of the whole it would take three.
    assert.equal(choose(logits, { topK: 3, topP: 0.75 }).count, 2);
    assert.equal(choose(logits, { topP: 0.75 }).count, 3);
  });

  it('apply the temperature first', () => {
    // At temperature 1/2 probabilities go as their squares: 16, 9, 4, 1 of 30.
    const sharp = choose(logits, { temperature: 0.5, topP: 0.8 });
    assert.equal(sharp.count, 2);
    near(sharp.probabilities[0], 16 / 25, 1e-7);
    near(sharp.keptMass, 25 / 30, 1e-7);
  });

  it('leave out what is below a share of the most likely with min-p', () => {
    assert.equal(choose(logits, { minP: 0.6 }).count, 2);
    assert.equal(choose(logits, { minP: 1 }).count, 1);
  });

  it('are one at temperature 0, the smaller id of equals', () => {
    const greedy = choose([1, 5, 5, 0], { temperature: 0, topK: 3 });
    assert.deepEqual([[...greedy.ids], [...greedy.probabilities], greedy.count], [[1], [1], 1]);
    near(greedy.keptMass, 1 / (2 + Math.exp(-4) + Math.exp(-5)));
  });

  it('hold at the edges', () => {
    assert.equal(choose([], {}).count, 0);
    near(choose([-Infinity, -Infinity], {}).probabilities[1], 0.5);
    near(choose([Infinity, 0], {}).probabilities[0], 1);
    near(choose([0, 1], { temperature: 1e-30 }).probabilities[0], 1);
  });
});

describe('sample', () => {
  it('draws the first whose cumulative probability exceeds the number', () => {
    const from = choose(logitsOf(0.5, 0.25, 0.25), {});
    const drawn = [0, 0.4999, 0.5001, 0.7499, 0.7501, 0.9999].map((u) => sample(from, () => u));
    assert.deepEqual(drawn, [0, 0, 1, 1, 2, 2]);
    // Rounding may leave the sum below the number.
    assert.equal(
      sample(
        { ids: Int32Array.of(4, 9), probabilities: Float64Array.of(0.5, 0.4999), count: 2, keptMass: 1 },
        () => 0.99995,
      ),
      9,
    );
  });

  it('covers a grid of numbers in proportion', () => {
    const from = choose(logitsOf(0.5, 0.3, 0.2), {});
    const counts = [0, 0, 0];
    for (let i = 0; i < 1000; i++) counts[sample(from, () => (i + 0.5) / 1000)]++;
    assert.deepEqual(counts, [500, 300, 200]);
  });
});

describe('seeded random numbers', () => {
  it('repeat with the seed and differ between seeds', () => {
    const draw = (seed: number) => Array.from({ length: 5 }, seededRandom(seed));
    assert.deepEqual(draw(42), draw(42));
    const firsts = [0, 1, 2, 42, -1, 2 ** 32, 2 ** 40].map((seed) => draw(seed)[0]);
    assert.equal(new Set(firsts).size, firsts.length);
  });

  it('fill [0, 1) evenly', () => {
    const random = seededRandom(1);
    const bins = new Array<number>(10).fill(0);
    for (let i = 0; i < 100_000; i++) {
      const u = random();
      assert.ok(u >= 0 && u < 1);
      bins[Math.floor(u * 10)]++;
    }
    // Six standard deviations of a binomial count around 10,000.
    for (const count of bins) assert.ok(Math.abs(count - 10_000) < 6 * Math.sqrt(9000), `${bins}`);
  });
});
