import assert from 'node:assert/strict';
import { type Part, pack } from '../../src/runtime/loading/pack.ts';

describe('pack', () => {
  // Two parts of 40 and 3 outputs over 5 inputs; value = 100 * output + input.
  const matrix = (rows: number, data: Float32Array, divideRows?: Float32Array): Part => ({
    rows,
    read: async (from, to) => data.subarray(from * 5, to * 5),
    divideRows,
  });
  const part = (rows: number, first: number) =>
    matrix(
      rows,
      Float32Array.from({ length: rows * 5 }, (_, i) => 100 * (first + Math.floor(i / 5)) + (i % 5)),
    );

  it('lays parts side by side, transposed', async () => {
    const { weight, scale } = await pack([part(40, 0), part(3, 40)], 5, 'fp32');
    assert.equal(scale, undefined);
    for (let i = 0; i < 5; i++) for (let o = 0; o < 43; o++) assert.equal(weight[i * 43 + o], 100 * o + i);
  });

  it('multiplies columns and divides rows', async () => {
    // Each row of w becomes (127, 0, …) or so once columns and rows are taken into account.
    const columns = Float32Array.of(1, 2, 4, 8, 16);
    const data = Float32Array.from({ length: 15 }, (_, i) => 127 / columns[i % 5]);
    const { weight, scale } = await pack([matrix(3, data, Float32Array.of(1, 2, 4))], 5, 'int8', columns);
    assert.ok(weight.every((q) => q === 127));
    assert.deepEqual([...scale!], [1, 0.5, 0.25]);
  });

  it('rounds to 1/127 of each output’s largest weight, to nearest, both signs', async () => {
    const data = Float32Array.of(127, -126.6, 0.4, -0.4, 0.6, /* all zero: */ 0, 0, 0, 0, 0, -2, 1, 0, 0, 0);
    const { weight, scale } = await pack([matrix(3, data)], 5, 'int8');
    const column = (o: number) => [0, 1, 2, 3, 4].map((i) => weight[i * 3 + o]);
    assert.deepEqual(column(0), [127, -127, 0, 0, 1]);
    assert.deepEqual(column(1), [0, 0, 0, 0, 0]);
    assert.deepEqual(column(2), [-127, 64, 0, 0, 0]); // 63.5, the even neighbour
    assert.ok(Math.abs(scale![0] - 1) < 1e-6 && Math.abs(scale![2] - 2 / 127) < 1e-8);
  });
});
