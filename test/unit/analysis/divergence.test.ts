import assert from 'node:assert/strict';
import { divergence, referenceOf } from '../../../src/analysis/divergence.ts';

describe('divergence of a distribution from another', () => {
  const logits = (...p: number[]) => Float32Array.from(p, Math.log);
  const near = (a: number, b: number) => assert.ok(Math.abs(a - b) < 1e-6, `${a}, ${b}`);

  it('is the mean of ln p / q under p', () => {
    const [p, q] = [
      [0.5, 0.25, 0.25],
      [0.25, 0.25, 0.5],
    ];
    const wanted = p.reduce((sum, x, i) => sum + x * Math.log(x / q[i]), 0);
    near(divergence(referenceOf(logits(...p)), logits(...q)), wanted);
    // Logits are known up to what is added to all of them.
    near(
      divergence(
        referenceOf(logits(...p).map((x) => x + 3)),
        logits(...q).map((x) => x - 5),
      ),
      wanted,
    );
    near(referenceOf(logits(...p)).entropy, 1.5 * Math.LN2);
  });

  it('is 0 from itself, and never below', () => {
    near(divergence(referenceOf(logits(0.7, 0.2, 0.1)), logits(0.7, 0.2, 0.1)), 0);
    assert.ok(divergence(referenceOf(logits(0.7, 0.2, 0.1)), logits(0.7, 0.2, 0.1)) >= 0);
  });
});
