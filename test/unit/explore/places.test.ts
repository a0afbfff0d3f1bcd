import assert from 'node:assert/strict';
import { clipTokens, textEnd, UNITS_PER_TOKEN } from '../../../src/explore/clip.ts';
import { candidateRange, tokenAt, tokenSelected } from '../../../src/explore/tokenPlaces.ts';
import { type Change, trackRange } from '../../../src/explore/trackedRange.ts';

describe('a range followed through edits', () => {
  const text = '0123456789';
  const range = { start: 3, end: 7 };

  /** Where "3456" is after the change, by what the text says. */
  function after(change: Change, inserted: string) {
    const next = text.slice(0, change.offset) + inserted + text.slice(change.offset + change.length);
    const { start, end, touched } = trackRange(range, change);
    return { text: next.slice(start, end), touched };
  }

  for (const [what, offset, length, inserted, expected, touched] of [
    ['typed before', 0, 0, 'ab', '3456', false],
    ['typed right before', 3, 0, 'ab', '3456', false],
    ['deleted right before', 1, 2, '', '3456', false],
    ['replaced before', 0, 3, 'abcdef', '3456', false],
    ['typed inside', 5, 0, 'ab', '34ab56', true],
    ['deleted inside', 4, 2, '', '36', true],
    ['all deleted', 3, 4, '', '', true],
    ['typed at the end', 7, 0, 'ab', '3456ab', true],
    ['replaced right after', 7, 2, 'ab', '3456', false],
    ['typed after', 8, 0, 'ab', '3456', false],
    ['replaced over the start', 2, 2, 'ab', 'ab456', true],
    ['replaced over the end', 6, 2, 'ab', '345ab', true],
    ['replaced around', 2, 6, 'ab', 'ab', true],
  ] as const) {
    it(what, () => {
      assert.deepEqual(after({ offset, length, inserted: inserted.length }, inserted), { text: expected, touched });
    });
  }

  it('an empty range takes what is typed into it', () => {
    const empty = { start: 3, end: 3 };
    assert.deepEqual(trackRange(empty, { offset: 3, length: 0, inserted: 2 }), { start: 3, end: 5, touched: true });
    assert.deepEqual(trackRange(empty, { offset: 0, length: 1, inserted: 0 }), { start: 2, end: 2, touched: false });
  });
});

describe('a selection longer than the limit', () => {
  it('text is cut before it is tokenised, never inside a surrogate pair', () => {
    const cut = 2 * UNITS_PER_TOKEN;
    assert.equal(textEnd('x'.repeat(cut), 2), cut);
    assert.equal(textEnd('x'.repeat(cut + 1), 2), cut);
    assert.equal(textEnd(`${'x'.repeat(cut - 1)}😀`, 2), cut - 1);
    assert.equal(textEnd(`${'x'.repeat(cut - 2)}😀x`, 2), cut);
  });

  const tokens = [{ end: 2 }, { end: 5 }, { end: 9 }];

  it('all tokens of a text within the limit', () => {
    assert.deepEqual(clipTokens(tokens, 3, 9, 9), { tokens, end: 9, clipped: false });
  });

  it('the first tokens up to the limit, and where they end', () => {
    assert.deepEqual(clipTokens(tokens, 2, 9, 9), { tokens: tokens.slice(0, 2), end: 5, clipped: true });
  });

  it('the last token of a cut text is not used: it might have gone on', () => {
    assert.deepEqual(clipTokens(tokens, 8, 9, 20), { tokens: tokens.slice(0, 2), end: 5, clipped: true });
    assert.deepEqual(clipTokens(tokens.slice(0, 1), 8, 2, 20), { tokens: tokens.slice(0, 1), end: 2, clipped: true });
  });
});

describe('places of tokens', () => {
  // "a", then a character of four bytes in two tokens, then "b".
  const tokens = [
    { start: 0, end: 1 },
    { start: 1, end: 3, bytes: [0xf0, 0x9f] },
    { start: 1, end: 3, bytes: [0x98, 0x80] },
    { start: 3, end: 4 },
  ];

  it('a candidate takes the place of the token, or comes after the last one', () => {
    assert.deepEqual(candidateRange(tokens, 0), { start: 0, end: 1 });
    assert.deepEqual(candidateRange(tokens, 1), { start: 1, end: 3 });
    assert.deepEqual(candidateRange(tokens, 4), { start: 4, end: 4 });
  });

  it('no candidate inside a character', () => {
    assert.equal(candidateRange(tokens, 2), undefined);
  });

  it('the token at an offset; of the parts of a character the chosen one', () => {
    assert.equal(tokenAt(tokens, 0, 3), 0);
    assert.equal(tokenAt(tokens, 2, 0), 1);
    assert.equal(tokenAt(tokens, 2, 2), 2);
    assert.equal(tokenAt(tokens, 4, 0), 3);
    assert.equal(tokenAt(tokens, 4, 4), 4);
    assert.equal(tokenAt(tokens, 5, 0), null);
    assert.equal(tokenAt(tokens, -1, 0), null);
    assert.equal(tokenAt([], 0, 0), null);
  });
});

describe('the token that a selection or a caret is about', () => {
  const text = 'an unlikely foo(bar.\nIt';
  const pieces = ['an', ' un', 'likely', ' foo', '(', 'bar', '.', '\n', 'It'];
  const tokens = pieces.map((piece, i) => {
    const start = pieces.slice(0, i).join('').length;
    return { start, end: start + piece.length };
  });
  const about = (start: number, end: number, chosen = 0, caret = end) =>
    pieces[tokenSelected(tokens, { start, end, caret }, text.slice(0, caret), chosen) ?? -1];
  const caret = (before: string, chosen?: number) => about(before.length, before.length, chosen);

  it('a selected word is itself, with its space or without, whichever way it was selected', () => {
    for (const word of ['unlikely', ' unlikely']) {
      const start = text.indexOf(word);
      assert.equal(about(start, start + word.length), 'likely');
      assert.equal(about(start, start + word.length, 0, start), 'likely');
    }
    assert.equal(about(text.indexOf('bar'), text.indexOf('bar') + 3), 'bar');
    assert.equal(about(0, 2), 'an');
  });

  it('the last token that is touched by more than its edge', () => {
    assert.equal(about(0, 4), ' un');
    assert.equal(about(0, 3), ' un');
    assert.equal(about(1, text.indexOf('(')), ' foo');
    assert.equal(about(0, text.length), 'It');
    assert.equal(about(0, text.length, pieces.length), 'It');
    assert.equal(about(-5, 1), 'an');
  });

  it('a selection that ends before or after the tokens is about the token at its caret', () => {
    assert.equal(about(-5, 0), 'an');
    assert.equal(about(3, text.length + 4, 0, 3), ' un');
    assert.equal(about(3, text.length + 4), undefined);
  });

  it('a caret in a word, between its tokens or at its end is about what stands before it', () => {
    assert.equal(caret('an un'), ' un');
    assert.equal(caret('an unli'), 'likely');
    assert.equal(caret('an unlikely'), 'likely');
    assert.equal(caret('an'), 'an');
    assert.equal(caret('an', 1), 'an');
    assert.equal(caret('an unlikely foo(bar'), 'bar');
    assert.equal(caret(text), 'It');
  });

  it('a caret before a word, or that no word ends at, is about what it stands before', () => {
    assert.equal(caret(''), 'an');
    assert.equal(caret('an '), ' un');
    assert.equal(caret('an unlikely foo('), 'bar');
    assert.equal(caret('an unlikely foo(bar.'), '\n');
    assert.equal(caret('an unlikely foo(bar.\n'), 'It');
  });

  it('what is before the text is no token, and the place after the last one stays chosen', () => {
    assert.equal(tokenSelected(tokens, { start: 0, end: 0, caret: 0 }, 'word', 3), 0);
    const end = { start: text.length, end: text.length, caret: text.length };
    assert.equal(tokenSelected(tokens, end, text, pieces.length), pieces.length);
    assert.equal(tokenSelected([], { start: 0, end: 0, caret: 0 }, '', 0), null);
  });

  it('letters of any script end a word, also those of two code units; of the parts of one, the chosen', () => {
    const parts = [
      { start: 0, end: 2 },
      { start: 0, end: 2 },
      { start: 2, end: 3 },
    ];
    const after = { start: 2, end: 2, caret: 2 };
    assert.equal(tokenSelected(parts, after, '𝒜', 1), 1);
    assert.equal(tokenSelected(parts, after, '𝒜', 2), 0);
    assert.equal(tokenSelected(parts, after, '😀', 1), 2);
    assert.equal(tokenSelected(parts, { start: 0, end: 2, caret: 2 }, '😀', 2), 1);
  });
});
