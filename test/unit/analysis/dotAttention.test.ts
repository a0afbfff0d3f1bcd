import assert from 'node:assert/strict';
import { dots, factorOf, softmax } from '../../../src/analysis/dotAttention.ts';

describe('a row of attention', () => {
  it('dot products of a vector with rows', () => {
    assert.deepEqual(dots(Float32Array.of(1, 2), Float32Array.of(3, 4, -1, 0.5)), Float32Array.of(11, 0));
  });

  it('softmax: shares of exponentials, nothing for what is hidden, however large the scores', () => {
    const third = Math.fround(1 / 3);
    assert.deepEqual(
      softmax(Float32Array.of(1000, 1000 + Math.LN2, Number.NEGATIVE_INFINITY)).map((x) => Math.round(x * 1000)),
      Float32Array.of(333, 667, 0),
    );
    assert.deepEqual(softmax(Float32Array.of(5, 5, 5)), Float32Array.of(third, third, third));
  });

  it('the factor between products and scores, not told by hidden ones or by none', () => {
    const hidden = Number.NEGATIVE_INFINITY;
    assert.equal(factorOf(Float32Array.of(64, -8, 2), Float32Array.of(hidden, -1, 0.25)), 0.125);
    assert.ok(Number.isNaN(factorOf(Float32Array.of(0), Float32Array.of(0))));
    assert.ok(Number.isNaN(factorOf(Float32Array.of(3), Float32Array.of(hidden))));
  });
});
