import assert from 'node:assert/strict';
import { arcPath } from '../../../webview/plots/arcs.ts';

describe('an arc between two tokens', () => {
  const view = { top: 100, bottom: 200 };
  const numbers = (path: string) => path.match(/-?[\d.]+/g)!.map(Number);
  /** The middle of a quadratic curve. */
  const middle = ([x1, y1, cx, cy, x2, y2]: number[]) => [(x1 + 2 * cx + x2) / 4, (y1 + 2 * cy + y2) / 4];

  for (const [name, from, to] of [
    ['to the left', { x: 300, y: 150 }, { x: 100, y: 150 }],
    ['to the right', { x: 100, y: 150 }, { x: 300, y: 150 }],
  ] as const) {
    it(`${name} on a line: from point to point, and above both by no more than a line of text`, () => {
      const path = numbers(arcPath(from, to, view));
      assert.deepEqual([path.slice(0, 2), path.slice(4)], [Object.values(from), Object.values(to)]);
      assert.deepEqual(middle(path), [200, 135]);
    });
  }

  it('a short one is flatter', () => {
    assert.deepEqual(middle(numbers(arcPath({ x: 100, y: 150 }, { x: 120, y: 150 }, view))), [110, 144]);
  });

  it('straight up or down, bowed to the side', () => {
    const [x, y] = middle(numbers(arcPath({ x: 100, y: 190 }, { x: 100, y: 110 }, view)));
    assert.deepEqual([Math.abs(x - 100), y], [9, 150]);
  });

  it('to itself, a loop over the token', () => {
    const path = numbers(arcPath({ x: 100, y: 150 }, { x: 100, y: 150 }, view));
    assert.deepEqual(path, [96, 150, 100, 126, 104, 150]);
  });

  it('an end beyond the edge stands just outside it; two beyond the same edge have no arc', () => {
    const path = numbers(arcPath({ x: 100, y: 150 }, { x: 300, y: -5000 }, view));
    assert.deepEqual(path.slice(4), [300, 76]);
    assert.deepEqual(numbers(arcPath({ x: 100, y: 150 }, { x: 300, y: 9000 }, view)).slice(4), [300, 224]);
    assert.equal(arcPath({ x: 100, y: 99 }, { x: 300, y: -5000 }, view), '');
    assert.equal(arcPath({ x: 100, y: 201 }, { x: 300, y: 5000 }, view), '');
    assert.notEqual(arcPath({ x: 100, y: 0 }, { x: 300, y: 5000 }, view), '');
  });
});
