import assert from 'node:assert/strict';
import { Nearest } from '../../../src/analysis/nearest.ts';

describe('nearest rows', () => {
  it('by cosine, whatever their length, the own row left out, over several pieces', () => {
    const rows = Float32Array.of(1, 0, /**/ 0, 5, /**/ 3, 3, /**/ -2, 0, /**/ 0, 0, /**/ 9, 1);
    const nearest = new Nearest(rows.slice(0, 2), 0, 3);
    nearest.add(rows.subarray(0, 6), 2, 0);
    nearest.add(rows.subarray(6), 2, 3);
    const { ids, cosines } = nearest.list();
    assert.deepEqual([...ids], [5, 2, 1]);
    assert.ok(Math.abs(cosines[0] - 9 / Math.sqrt(82)) < 1e-7);
    assert.ok(Math.abs(cosines[1] - Math.SQRT1_2) < 1e-7);
    // A row of zeros has no direction.
    assert.equal(cosines[2], 0);
  });
});
