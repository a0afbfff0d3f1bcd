import assert from 'node:assert/strict';
import { iclScore, meanLoss, runningLoss } from '../../../src/analysis/contextLoss.ts';
import { BESIROGLU, fittedLoss, HOFFMANN, kaplanByParameters, kaplanByTokens } from '../../../src/analysis/scaling.ts';

describe('scaling laws', () => {
  it('give the losses that the papers and what was made of them give', () => {
    assert.equal(fittedLoss(HOFFMANN, 1e9, 2e10).toFixed(3), '2.580');
    assert.equal(fittedLoss(BESIROGLU, 1e9, 2e10).toFixed(3), '2.530');
    assert.equal(kaplanByParameters(8.8e13), 1);
    assert.equal(kaplanByTokens(5.4e13), 1);
    // A tenth of the size: 10^0.076 times the loss.
    assert.ok(Math.abs(kaplanByParameters(1e8) / kaplanByParameters(1e9) - 10 ** 0.076) < 1e-12);
  });
});

describe('loss by position', () => {
  it('the score is the last quarter less the second', () => {
    const logprob = [Number.NaN, -9, -3, -5, -7, -7, -1, -3];
    assert.deepEqual(iclScore(logprob), { score: 2 - 4, second: [2, 4], last: [6, 8], published: null });
  });

  it('a text that is too short has none', () => {
    assert.equal(iclScore([Number.NaN]), null);
    assert.equal(iclScore([]), null);
  });

  it('from the 500th token on the published one is there too', () => {
    const logprob = Float32Array.from({ length: 500 }, (_, p) => (p === 0 ? Number.NaN : -(1000 - p) / 1000));
    const { published } = iclScore(logprob)!;
    assert.ok(Math.abs(published! - ((1000 - 499) / 1000 - (1000 - 49) / 1000)) < 1e-6);
  });

  it('means leave out what has no score', () => {
    assert.equal(meanLoss([Number.NaN, -2, -4], 0, 3), 3);
    assert.equal(meanLoss([Number.NaN], 0, 1), null);
    assert.deepEqual([...runningLoss([Number.NaN, -2, -4, -6], 2)], [Number.NaN, 2, 3, 5]);
  });
});
