import assert from 'node:assert/strict';
import { blockOf, ranked, thumbnails } from '../../src/analysis/thumbnails.ts';

/** A layer's patterns from what each row of a head gives each column. */
function layer(heads: number, n: number, weight: (head: number, row: number, column: number) => number) {
  const data = new Float32Array(heads * n * n);
  for (let head = 0; head < heads; head++)
    for (let row = 0; row < n; row++)
      for (let column = 0; column <= row; column++) data[(head * n + row) * n + column] = weight(head, row, column);
  return { shape: [heads, n, n], data };
}

describe('thumbnails of heads', () => {
  it('of few tokens have each weight, as a share of the largest below row 0', () => {
    const { side, bytes, max, elsewhere, rest } = thumbnails(
      layer(2, 3, (head, row, column) => (head === 0 ? 1 / (row + 1) : column === 0 ? 0.5 : 0.25)),
      8,
    );
    assert.deepEqual([side, max, elsewhere], [3, 0.5, 0.5]);
    assert.deepEqual([...bytes.subarray(0, 9)], [255, 0, 0, 255, 255, 0, 170, 170, 170]);
    assert.deepEqual([...bytes.subarray(9)], [255, 0, 0, 255, 128, 0, 255, 128, 128]);
    // (1/2 + 1/3) / 2, and 1/2.
    assert.ok(Math.abs(rest[0] - 5 / 12) < 1e-6 && rest[1] === 0.5);
  });

  it('of many tokens have the largest weight of each block: none is lost', () => {
    const n = 10;
    const { side, bytes, max } = thumbnails(
      layer(1, n, (_, row, column) => (row === 7 && column === 4 ? 0.8 : 0)),
      4,
    );
    assert.equal(side, 4);
    assert.ok(Math.abs(max - 0.8) < 1e-6);
    const at = blockOf(7, n, side) * side + blockOf(4, n, side);
    assert.deepEqual(
      [...bytes].map((byte, i) => (byte > 0 ? i : -1)).filter((i) => i >= 0),
      [at],
    );
    assert.equal(bytes[at], 255);
  });

  it('one token has one cell', () => {
    const { bytes, rest } = thumbnails(
      layer(1, 1, () => 1),
      4,
    );
    assert.deepEqual([[...bytes], [...rest]], [[255], [0]]);
  });

  it('are put in order by layer, by a weight, or by how little they rest on the first token', () => {
    // Head h of layer l gives the first token 0.1 (h + 1), and token 2 the more the later the layer.
    const of = (l: number) =>
      thumbnails(
        layer(2, 4, (head, _, column) => (column === 0 ? 0.1 * (head + 1) : column === 2 ? 0.2 * (l + 1) : 0)),
        8,
      );
    const layers = [of(0), undefined, of(2)];
    const names = (order: Parameters<typeof ranked>[1]) =>
      ranked(layers, order, 3, 2).map((each) => `${each.layer}.${each.head}`);
    assert.deepEqual(names('layer'), ['2.0', '2.1', '0.0', '0.1']);
    assert.deepEqual(names('weight'), ['2.0', '2.1', '0.0', '0.1']);
    assert.deepEqual(names('rest'), ['0.0', '2.0', '0.1', '2.1']);
  });
});
