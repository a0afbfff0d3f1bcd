import assert from 'node:assert/strict';
import { maxOverHeads, meanOverHeads, valueWeighted } from '../../src/analysis/patterns.ts';
import { rollRows, unmixed } from '../../src/analysis/rollout.ts';

const N = 5;

/** Rolled out through layers that all have this mean pattern. */
function rolled(layers: number, weight: (row: number, column: number) => number): Float32Array {
  const mean = Float32Array.from({ length: N * N }, (_, i) => {
    const [row, column] = [Math.floor(i / N), i % N];
    return column <= row ? weight(row, column) : 0;
  });
  let rollout = unmixed(N);
  for (let layer = 0; layer < layers; layer++) {
    const next = new Float32Array(N * N);
    // In two parts, as it is done between other work.
    rollRows(mean, rollout, next, N, 0, 2);
    rollRows(mean, rollout, next, N, 2, N);
    rollout = next;
  }
  return rollout;
}

function near(found: Float32Array, expected: (row: number, column: number) => number): void {
  for (let row = 0; row < N; row++)
    for (let column = 0; column < N; column++)
      assert.ok(Math.abs(found[row * N + column] - expected(row, column)) < 1e-6, `${row}, ${column}`);
}

describe('attention rollout', () => {
  it('of heads that look at their own token leaves each token itself', () => {
    near(
      rolled(7, (row, column) => (row === column ? 1 : 0)),
      (row, column) => (row === column ? 1 : 0),
    );
  });

  it('of heads that rest on the first token: 2^-L is left of the token after L layers, the rest is the first’s', () => {
    near(
      rolled(4, (_, column) => (column === 0 ? 1 : 0)),
      (row, column) => {
        if (row === 0) return column === 0 ? 1 : 0;
        return column === row ? 2 ** -4 : column === 0 ? 1 - 2 ** -4 : 0;
      },
    );
  });

  it('of heads that look one back: after L layers k back has L choose k of 2^L, and the first what is beyond', () => {
    const choose = [1, 3, 3, 1];
    near(
      rolled(3, (row, column) => (column === Math.max(0, row - 1) ? 1 : 0)),
      (row, column) => {
        if (column > row) return 0;
        const back = row - column;
        if (column > 0) return (choose[back] ?? 0) / 8;
        return choose.slice(back).reduce((a, b) => a + b, 0) / 8;
      },
    );
  });

  it('rows add up to 1', () => {
    const found = rolled(6, (row) => 1 / (row + 1));
    for (let row = 0; row < N; row++) {
      const sum = found.subarray(row * N, (row + 1) * N).reduce((a, b) => a + b, 0);
      assert.ok(Math.abs(sum - 1) < 1e-6);
    }
  });
});

describe('all heads of a layer together', () => {
  const data = Float32Array.of(1, 0, 0.25, 0.75, 1, 0, 0.75, 0.25);

  it('their mean, and the largest weight of any', () => {
    assert.deepEqual([...meanOverHeads({ shape: [2, 2, 2], data })], [1, 0, 0.5, 0.5]);
    assert.deepEqual([...maxOverHeads({ shape: [2, 2, 2], data })], [1, 0, 0.75, 0.75]);
  });

  it('weights times the norms of what they mix: each column its token’s, of the head', () => {
    const pattern = { shape: [2, 2, 2], data };
    assert.deepEqual([...valueWeighted(pattern, Float32Array.of(2, 4, 8, 0))], [2, 0, 0.5, 3, 8, 0, 6, 0]);
  });
});
