import assert from 'node:assert/strict';
import { HEAT_STEPS, heatStep } from '../../src/analysis/heat.ts';
import { HeatMarks } from '../../src/editor/heat/marks.ts';

const facts = (logprob: number, rank = 1, entropy = 0) => ({ logprob, rank, entropy });
const bits = (count: number) => -count * Math.LN2;

describe('heat of a token', () => {
  it('surprisal: steps of a bit and a half, the last one for twelve and more', () => {
    const steps = [0, 1.4, 1.6, 5.9, 6.1, 11.9, 12, 40].map((count) => heatStep('surprisal', facts(bits(count))));
    assert.deepEqual(steps, [0, 0, 1, 3, 4, 7, 7, 7]);
  });

  it('rank: the first, then by powers of ten', () => {
    const steps = [1, 2, 10, 11, 100, 101, 1000, 1001].map((rank) => heatStep('rank', facts(-1, rank)));
    assert.deepEqual(steps, [0, 2, 2, 4, 4, 6, 6, 7]);
  });

  it('entropy in bits, and improbability', () => {
    assert.equal(heatStep('entropy', facts(-1, 1, 6 * Math.LN2)), HEAT_STEPS / 2);
    assert.equal(heatStep('probability', facts(Math.log(0.99))), 0);
    assert.equal(heatStep('probability', facts(Math.log(0.01))), HEAT_STEPS - 1);
  });

  it('is not known of the first token', () => {
    for (const measure of ['surprisal', 'entropy', 'probability'] as const)
      assert.equal(heatStep(measure, facts(Number.NaN, 0, Number.NaN)), undefined);
    assert.equal(heatStep('rank', facts(Number.NaN, 0, Number.NaN)), undefined);
  });
});

describe('tinted tokens under edits', () => {
  const mark = (start: number, end: number, stale = false) => ({ start, end, step: 3, stale });
  const marked = () => {
    const marks = new HeatMarks();
    marks.scored([mark(0, 3), mark(3, 7), mark(7, 12)], 12);
    return marks;
  };

  it('those before an edit stay as they are, those after it move and are stale', () => {
    const marks = marked();
    marks.edited({ offset: 7, length: 0, inserted: 2 });
    assert.deepEqual(marks.all, [mark(0, 3), mark(3, 7), mark(9, 14, true)]);
  });

  it('a token that was edited inside is gone', () => {
    const marks = marked();
    marks.edited({ offset: 4, length: 1, inserted: 0 });
    assert.deepEqual(marks.all, [mark(0, 3), mark(6, 11, true)]);
  });

  it('drawn anew only where more than places change: VS Code moves what it has', () => {
    const marks = marked();
    assert.equal(marks.edited({ offset: 12, length: 0, inserted: 1 }), false, 'written after them');
    assert.equal(marks.edited({ offset: 7, length: 0, inserted: 1 }), true, 'one becomes stale');
    assert.equal(marks.edited({ offset: 8, length: 0, inserted: 1 }), false, 'it was stale before');
    assert.equal(marks.edited({ offset: 8, length: 1, inserted: 0 }), false);
    assert.equal(marks.edited({ offset: 4, length: 0, inserted: 1 }), true, 'one is none any more');
  });

  it('new numbers take the place of old ones as far as they reach', () => {
    const marks = marked();
    marks.edited({ offset: 3, length: 0, inserted: 1 });
    marks.scored([mark(0, 3), mark(3, 8)], 8);
    assert.deepEqual(marks.all, [mark(0, 3), mark(3, 8), mark(8, 13, true)]);
  });
});
