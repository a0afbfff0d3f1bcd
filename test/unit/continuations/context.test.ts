import assert from 'node:assert/strict';
import { contextStart } from '../../../src/continuations/context.ts';

const before = (text: string) => ({ length: text.length, slice: (a: number, b: number) => text.slice(a, b) });
const LINES = Array.from({ length: 200 }, (_, i) => `line ${i} of the text\n`).join('');

describe('the context of a caret', () => {
  it('a text within what is allowed is taken whole', () => {
    assert.equal(contextStart(before('x'.repeat(300)), 100), 0);
  });

  it('begins at a line, and holds between half and all of what is allowed', () => {
    for (let length = 301; length < LINES.length; length += 7) {
      const start = contextStart(before(LINES.slice(0, length)), 100);
      assert.equal(LINES[start - 1], '\n', `at ${length}`);
      assert.ok(length - start <= 300 && length - start > 100, `${length - start} of 300 at ${length}`);
    }
  });

  it('stays while the caret moves on: it slides once in half of what is allowed', () => {
    const starts = new Set<number>();
    for (let length = 1000; length < 2500; length++) starts.add(contextStart(before(LINES.slice(0, length)), 100));
    assert.ok(starts.size <= 11, `${starts.size} beginnings`);
  });

  it('is halved where tokens are shorter than thought', () => {
    const text = before(LINES.slice(0, 3000));
    assert.ok(3000 - contextStart(text, 100, 1) <= 150);
    assert.ok(3000 - contextStart(text, 100, 2) <= 75);
  });

  it('a line without an end is cut, never inside a character', () => {
    for (const unit of ['x', '😀']) {
      const text = unit.repeat(2000).slice(0, 2000);
      const start = contextStart(before(text), 100);
      assert.ok(2000 - start <= 300 && 2000 - start > 100);
      assert.doesNotMatch(text.slice(start, start + 1), /[\uDC00-\uDFFF]/);
    }
  });
});
