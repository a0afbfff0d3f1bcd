import assert from 'node:assert/strict';
import { continuationTree, nextPaths, nodesOf, pathKey } from '../../src/analysis/tree.ts';

const fork = (ids: number[], probabilities: number[]) => ({ ids, logprobs: probabilities.map(Math.log) });

describe('a tree of continuations', () => {
  const forks = new Map([
    [pathKey([]), fork([1, 2, 3], [0.5, 0.3, 0.1])],
    [pathKey([1]), fork([4, 5, 6], [0.9, 0.05, 0.01])],
  ]);
  const near = (found: number, expected: number) => assert.ok(Math.abs(found - expected) < 1e-12, `${found}`);

  it('has probabilities given what comes before, and of whole paths', () => {
    const tree = continuationTree(forks, 2);
    assert.deepEqual(
      nodesOf(tree).map(({ path }) => path),
      [[1], [1, 4], [1, 5], [2]],
    );
    near(tree.rest!, 0.2);
    const [one, four] = nodesOf(tree);
    near(one.rest!, 0.05);
    near(four.probability, 0.9);
    near(four.cumulative, 0.45);
    assert.equal(four.rest, undefined);
  });

  it('grows level by level, at the likeliest first', () => {
    const tree = continuationTree(forks, 3);
    assert.deepEqual(nextPaths(tree, 2, 10), [[2], [3]]);
    assert.deepEqual(nextPaths(tree, 3, 10), [[2], [3], [1, 4], [1, 5], [1, 6]]);
    assert.deepEqual(nextPaths(tree, 3, 1), [[2]]);
    assert.deepEqual(nextPaths(tree, 1, 10), []);
  });
});
