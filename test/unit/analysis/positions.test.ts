import assert from 'node:assert/strict';
import {
  alibiBias,
  meanCosine,
  rotarySimilarity,
  sinusoid,
  unitRows,
  wavelength,
} from '../../../src/analysis/positions.ts';

describe('positions', () => {
  it('rotated by no distance, or by a whole turn, a vector is what it was', () => {
    assert.equal(rotarySimilarity([1, 0.1, 0.01], 0), 1);
    assert.ok(Math.abs(rotarySimilarity([0.5], wavelength(0.5)) - 1) < 1e-12);
    assert.ok(Math.abs(rotarySimilarity([0.5], wavelength(0.5) / 2) + 1) < 1e-12);
  });

  it('sinusoidal codes are sine and cosine of the same angle, slower by dimension', () => {
    assert.equal(sinusoid(0, 0, 8), 0);
    assert.equal(sinusoid(0, 1, 8), 1);
    assert.ok(Math.abs(sinusoid(3, 4, 8) - Math.sin(3 / 10000 ** 0.5)) < 1e-12);
    assert.ok(Math.abs(sinusoid(3, 5, 8) ** 2 + sinusoid(3, 4, 8) ** 2 - 1) < 1e-12);
  });

  it('rows by distance: the mean cosine of all pairs so far apart, whatever their lengths', () => {
    // Directions at 0, 90, 180 degrees.
    const unit = unitRows([2, 0, 0, 3, -5, 0], 2);
    assert.deepEqual([...unit], [1, 0, 0, 1, -1, 0]);
    assert.equal(meanCosine(unit, 2, 0), 1);
    assert.equal(meanCosine(unit, 2, 1), 0);
    assert.equal(meanCosine(unit, 2, 2), -1);
    assert.deepEqual([...unitRows([0, 0], 2)], [0, 0]);
  });

  it('alibi takes away in proportion to the distance, half as much by head where there are eight', () => {
    assert.equal(alibiBias(1, 8, 10), -5);
    assert.equal(alibiBias(2, 8, 10), -2.5);
    assert.equal(alibiBias(1, 8, 0), -0);
  });
});
