import assert from 'node:assert/strict';
import { clearestRow, mostTelling, strongest, telling } from '../../src/analysis/patterns.ts';

/** A pattern from what each row gives each column. */
function pattern(n: number, weight: (row: number, column: number) => number): number[] {
  return Array.from({ length: n * n }, (_, i) => {
    const [row, column] = [Math.floor(i / n), i % n];
    return column <= row ? weight(row, column) : 0;
  });
}

const N = 10;
const heads = {
  first: pattern(N, (_, column) => (column === 0 ? 1 : 0)),
  itself: pattern(N, (row, column) => (column === row ? 1 : 0)),
  previous: pattern(N, (row, column) => (column === Math.max(0, row - 1) ? 1 : 0)),
  /** Rests on token 3 as soon as there is one. */
  sink: pattern(N, (row, column) => (column === (row < 3 ? 0 : 3) ? 1 : 0)),
  /** Looks two tokens back. */
  second: pattern(N, (row, column) => (column === Math.max(0, row - 2) ? 1 : 0)),
};

describe('what patterns show', () => {
  it('rest on one token, on itself or on the one before tells nothing', () => {
    for (const name of ['first', 'itself', 'previous', 'sink'] as const) {
      assert.equal(telling(Float32Array.from(heads[name]), 0, N), 0, name);
    }
  });

  it('two back: row i ≥ 3 gives column i - 2 weight 1, which the n - (i - 2) rows below it share', () => {
    let sum = 0;
    for (let row = 3; row < N; row++) sum += 1 - 1 / (N - (row - 2));
    const value = telling(Float32Array.from(heads.second), 0, N);
    assert.ok(Math.abs(value - sum / (N - 2)) < 1e-12, String(value));
  });

  it('the most telling of a layer, of equals the first; short texts have the first head', () => {
    const data = Float32Array.from([heads.first, heads.sink, heads.second, heads.previous].flat());
    assert.equal(mostTelling({ shape: [4, N, N], data }), 2);
    assert.equal(mostTelling({ shape: [2, N, N], data }), 0);
    assert.equal(mostTelling({ shape: [3, 1, 1], data: Float32Array.of(1, 1, 1) }), 0);
  });

  it('the clearest row of the second half: first token and the looking one do not count', () => {
    const shape = [2, N, N];
    /** Half on the token itself, the rest on the first; row 6 gives 0.3 to token 2, row 8 gives 0.2 to token 3. */
    const some = pattern(N, (row, column) => {
      if (row === 6 && column === 2) return 0.3;
      if (row === 8 && column === 3) return 0.2;
      if (row === 2 && column === 1) return 0.9;
      return column === row || column === 0 ? 0.5 : 0;
    });
    assert.equal(clearestRow({ shape, data: Float32Array.from([...heads.first, ...some]) }, 1), 6);
    assert.equal(clearestRow({ shape, data: Float32Array.from([...heads.first, ...some]) }, 0), N - 1);
  });

  it('the strongest weights, equals in their order, none below the least', () => {
    assert.deepEqual(strongest([0.1, 0.4, 0.004, 0.4, 0.096], 3, 0.005), [1, 3, 0]);
    assert.deepEqual(strongest([0.1, 0.4, 0.004, 0.4, 0.096], 9, 0.005), [1, 3, 0, 4]);
    assert.deepEqual(strongest([], 3, 0), []);
  });
});
