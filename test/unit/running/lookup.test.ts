import assert from 'node:assert/strict';
import { findEarlier, Lookup, proposeTogether } from '../../../src/runtime/running/lookup.ts';

describe('look-up of what followed before', () => {
  it('finds the longest run of the last tokens, and of those the latest', () => {
    assert.deepEqual(findEarlier([1, 2, 3, 9, 1, 2, 3]), { length: 3, next: [9, 1, 2, 3] });
    assert.deepEqual(findEarlier([2, 3, 8, 7, 2, 3, 9, 5, 2, 3])?.next.slice(0, 2), [9, 5]);
    assert.deepEqual(findEarlier([4, 1, 2, 3, 4]), { length: 1, next: [1, 2, 3, 4] });
    assert.deepEqual(findEarlier([5, 5, 5, 5]), { length: 3, next: [5] });
  });

  it('finds nothing where nothing came twice', () => {
    assert.equal(findEarlier([1, 2, 3]), undefined);
    assert.equal(findEarlier([1]), undefined);
    assert.equal(findEarlier([]), undefined);
  });

  it('proposes more while proposals hold, fewer and then none while they fail, and begins again when they would have held', () => {
    const lookup = new Lookup();
    const text = [1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3];
    const first = lookup.propose(text, 10).length;
    assert.ok(first > 0);
    for (let i = 0; i < 6; i++) {
      lookup.propose(text, 10);
      lookup.learn([4, 5, 6, 7]);
    }
    assert.equal(lookup.propose(text, 10).length, 7);
    for (let i = 0; i < 20; i++) {
      lookup.propose(text, 10);
      lookup.learn([99]);
    }
    assert.deepEqual(lookup.propose(text, 10), []);
    for (let i = 0; i < 20; i++) {
      lookup.propose(text, 10);
      lookup.learn([4]); // one token a run, as without proposals
    }
    assert.ok(lookup.propose(text, 10).length > 0);
  });

  it('proposes no more than there is room for', () => {
    const lookup = new Lookup();
    assert.equal(lookup.propose([1, 2, 3, 4, 5, 1, 2, 3], 1).length, 1);
    assert.deepEqual(lookup.propose([1, 2, 3, 4, 5, 1, 2, 3], 0), []);
  });

  it('knows from the end of the text how well its matches hold', () => {
    const chorus = [1, 2, 3, 4, 5, 6, 7, 8];
    const repeats = [...chorus, ...chorus, ...chorus, 1, 2, 3];
    assert.deepEqual(new Lookup(repeats).propose(repeats, 10), [4, 5, 6, 7, 8, 1, 2]);
    // Each pair of tokens comes back, and something else follows.
    const misleads = Array.from({ length: 20 }, (_, i) => [1, 2, 10 + i])
      .flat()
      .concat(1, 2);
    assert.deepEqual(new Lookup(misleads).propose(misleads, 10), []);
    assert.ok(new Lookup().propose(misleads, 10).length > 0);
  });

  it('proposes nothing for texts in lockstep where one that cannot go faster holds them up', () => {
    const repeats = [1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3];
    const repeating = () => ({ lookup: new Lookup(repeats), ids: repeats, room: 7 });
    const fresh = { lookup: new Lookup(), ids: [...repeats, 99], room: 7 };
    assert.deepEqual(proposeTogether([repeating(), fresh]), [[], []]);
    const [first, second] = proposeTogether([repeating(), repeating()]);
    assert.ok(first.length > 0 && second.length > 0);
    // One that is nearly done needs no proposals to keep pace with one that has far to go.
    const [far, near] = proposeTogether([
      { ...repeating(), room: 31 },
      { ...repeating(), room: 1 },
    ]);
    assert.ok(far.length > 0);
    assert.deepEqual(near, []);
  });
});
