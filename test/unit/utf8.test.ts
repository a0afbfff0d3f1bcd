import assert from 'node:assert/strict';
import { seededRandom } from '../../src/analysis/sampling.ts';
import { byteRanges, fromUtf8, isWholeUtf8, toUtf8, wellFormed } from '../../src/runtime/tokenizer/utf8.ts';

describe('utf8', () => {
  it('finds the character of every byte', () => {
    const { start, end } = byteRanges(toUtf8('aé猫🙂'));
    assert.deepEqual([...start], [0, 1, 1, 2, 2, 2, 3, 3, 3, 3]);
    assert.deepEqual([...end], [1, 2, 2, 3, 3, 3, 5, 5, 5, 5]);
  });

  it('cuts ill-formed bytes as the decoder does', () => {
    const random = seededRandom(11);
    const bytesOfNote = [
      0x41, 0x80, 0xbf, 0xc1, 0xc2, 0xe0, 0xe7, 0x8c, 0xab, 0xed, 0xa0, 0xf0, 0x9f, 0x99, 0x82, 0xf4, 0x90, 0xf5,
    ];
    for (let round = 0; round < 5000; round++) {
      const bytes = Uint8Array.from({ length: 6 }, () => bytesOfNote[Math.floor(random() * bytesOfNote.length)]);
      const text = fromUtf8(bytes);
      const { start, end } = byteRanges(bytes);
      assert.equal(end[5], text.length, `${bytes}`);
      const characters = [...text];
      const starts = characters.map((_, i) => characters.slice(0, i).join('').length);
      assert.deepEqual([...new Set(start)], starts, `${bytes}`);
      assert.equal(isWholeUtf8(bytes), !text.includes('\uFFFD'));
    }
  });

  it('replaces lone surrogates without moving anything', () => {
    assert.equal(wellFormed('a\ud800b🙂\udc00'), 'a\uFFFDb🙂\uFFFD');
  });
});
