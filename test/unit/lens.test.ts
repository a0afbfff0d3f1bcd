import assert from 'node:assert/strict';
import {
  bornAt,
  cellIndex,
  compareOutput,
  emptyGrid,
  isKnownCell,
  type LensNumbers,
  placeWindow,
} from '../../src/analysis/lens.ts';

/** [rows, count], the top ids as given; other numbers follow from them. */
const numbers = (topIds: number[]): LensNumbers => ({
  topIds: Int32Array.from(topIds),
  topLogprobs: Float32Array.from(topIds, (id) => -id),
  entropy: Float32Array.from(topIds, (id) => id / 2),
  targetLogprob: Float32Array.from(topIds, (id) => -2 * id),
  targetRank: Int32Array.from(topIds, (id) => id + 1),
});

describe('the lens as a grid', () => {
  it('windows have their place, by row and position; the rest is not known', () => {
    const grid = emptyGrid(2, 5);
    placeWindow(grid, numbers([1, 2, 3, 4]), 3, 2);
    assert.deepEqual([...grid.topIds], [-1, -1, -1, 1, 2, -1, -1, -1, 3, 4]);
    assert.equal(grid.targetRank[cellIndex(grid, 1, 3)], 4);
    assert.equal(grid.entropy[cellIndex(grid, 1, 4)], 2);
    assert.deepEqual([isKnownCell(grid, 1, 2), isKnownCell(grid, 1, 3)], [false, true]);
  });

  it('the output alone can be known', () => {
    const grid = emptyGrid(3, 2);
    placeWindow(grid, numbers([7, 8]), 0, 2, () => 2);
    assert.deepEqual([...grid.topIds], [-1, -1, -1, -1, 7, 8]);
    assert.equal(bornAt(grid, 0), 3);
  });

  it('nothing known changes nothing', () => {
    const grid = emptyGrid(2, 1);
    placeWindow(grid, numbers([]), 0, 0, () => 1);
    assert.deepEqual([...grid.topIds], [-1, -1]);
  });

  it('rows go where they belong; one that is nowhere is left out', () => {
    const grid = emptyGrid(3, 1);
    placeWindow(grid, numbers([7, 8, 9]), 0, 1, (row) => [2, -1, 0][row]);
    assert.deepEqual([...grid.topIds], [9, -1, 7]);
  });

  it('an answer is born where all rows from there on agree with the output', () => {
    const grid = emptyGrid(4, 3);
    placeWindow(grid, numbers([5, 9, 1, 6, 9, 2, 5, 9, 3, 5, 9, 4]), 0, 3);
    assert.deepEqual(
      [0, 1, 2].map((column) => bornAt(grid, column)),
      [2, 0, 3],
    );
  });

  it('the last row against the output: equal, or by how much it is not', () => {
    const lens = numbers([1, 2, 3, 4]);
    const output = numbers([3, 4]);
    assert.deepEqual(compareOutput(lens, output), { compared: 2, others: 0, most: 0 });
    output.entropy[1] += 0.25;
    assert.deepEqual(compareOutput(lens, output), { compared: 2, others: 0, most: 0.25 });
    output.topIds[0] = 9;
    output.targetRank[1] = 9;
    assert.equal(compareOutput(lens, output).others, 2);
  });

  it('a rank that the output does not know is not compared', () => {
    const [lens, output] = [numbers([3]), numbers([3])];
    output.targetRank[0] = 0;
    output.targetLogprob[0] = Number.NaN;
    assert.deepEqual(compareOutput(lens, output), { compared: 1, others: 0, most: 0 });
  });

  it('where nothing comes next, NaN equals NaN; a number does not', () => {
    const [lens, output] = [numbers([3]), numbers([3])];
    lens.targetLogprob[0] = output.targetLogprob[0] = Number.NaN;
    assert.equal(compareOutput(lens, output).most, 0);
    output.targetLogprob[0] = -1;
    assert.ok(Number.isNaN(compareOutput(lens, output).most));
  });
});
