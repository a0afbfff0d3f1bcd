import assert from 'node:assert/strict';
import { pack } from '../../src/runtime/pack.ts';

describe('pack', () => {
  // Two parts of 40 and 3 outputs over 5 inputs; value = 100 * output + input.
  const part = (rows: number, first: number) => ({
    rows,
    data: Float32Array.from({ length: rows * 5 }, (_, i) => 100 * (first + Math.floor(i / 5)) + (i % 5)),
  });

  it('lays parts side by side, transposed', () => {
    const { weight, scale } = pack([part(40, 0), part(3, 40)], 5, 'fp32');
    assert.equal(scale, undefined);
    for (let i = 0; i < 5; i++) for (let o = 0; o < 43; o++) assert.equal(weight[i * 43 + o], 100 * o + i);
  });

  it('multiplies columns and divides rows', () => {
    const columns = Float32Array.of(1, 2, 4, 8, 16);
    const divideRows = Float32Array.of(1, 2, 4);
    const { weight } = pack([{ ...part(3, 1), divideRows }], 5, 'fp32', columns);
    for (let i = 0; i < 5; i++)
      for (let o = 0; o < 3; o++) assert.equal(weight[i * 3 + o], ((100 * (o + 1) + i) * columns[i]) / divideRows[o]);
  });

  it('rounds to 1/127 of each output’s largest weight, to nearest, both signs', () => {
    const data = Float32Array.of(127, -126.6, 0.4, -0.4, 0.6, /* all zero: */ 0, 0, 0, 0, 0, -2, 1, 0, 0, 0);
    const { weight, scale } = pack([{ rows: 3, data }], 5, 'int8');
    const column = (o: number) => [0, 1, 2, 3, 4].map((i) => weight[i * 3 + o]);
    assert.deepEqual(column(0), [127, -127, 0, 0, 1]);
    assert.deepEqual(column(1), [0, 0, 0, 0, 0]);
    assert.deepEqual(column(2), [-127, 64, 0, 0, 0]);
    assert.deepEqual([scale![0], scale![2]], [1, Math.fround(2 / 127)]);
  });
});
