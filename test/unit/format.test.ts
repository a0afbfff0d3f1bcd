import assert from 'node:assert/strict';
import {
  bits,
  nats,
  percent,
  perplexity,
  rank,
  visibleBytes,
  visibleControls,
  visibleToken,
} from '../../src/analysis/format.ts';

describe('format', () => {
  it('writes probabilities in percent with three significant digits', () => {
    const shown: [number, string][] = [
      [1, '100 %'],
      [0.99996, '>99.9 %'],
      [0.214, '21.4 %'],
      [0.03149, '3.15 %'],
      [0.0001234, '0.0123 %'],
      [0.00001, '0.00100 %'],
      [0.0000099, '<0.001 %'],
      [0, '0 %'],
      [Number.NaN, '–'],
    ];
    for (const [probability, text] of shown) assert.equal(percent(probability), text);
  });

  it('writes surprisal with one decimal, nats with two', () => {
    assert.deepEqual(
      [bits(5.04), bits(0), bits(-0.01), bits(Infinity), bits(Number.NaN)],
      ['5.0 bits', '0.0 bits', '0.0 bits', '∞ bits', '–'],
    );
    assert.deepEqual([nats(-1.386), nats(-0.001)], ['-1.39 nats', '0.00 nats']);
  });

  it('writes ranks and perplexity with thousands separators', () => {
    assert.deepEqual([1, 999, 1000, 49152, 1234567, 0].map(rank), ['1', '999', '1,000', '49,152', '1,234,567', '–']);
    assert.deepEqual([8.6123, 99.96, 3740.088, Infinity].map(perplexity), ['8.61', '100', '3,740', '∞']);
  });

  it('makes spaces, newlines, tabs and controls visible', () => {
    const shown: [string, string][] = [
      ['tired', 'tired'],
      [' tired', '·tired'],
      ['  x y', '··x y'],
      ['   ', '···'],
      ['x ', 'x·'],
      ['\n', '⏎'],
      ['\n\n\t', '⏎⏎⇥'],
      ['\r\n', '␍⏎'],
      ['\u0000\u001b\u007f', '␀␛␡'],
      ['\u0085', '⟨U+0085⟩'],
      ['\u00a0nbsp', '⟨U+00A0⟩nbsp'],
      ['\u200b', '⟨U+200B⟩'],
      ['\u202e', '⟨U+202E⟩'],
      ['\ufeff', '⟨U+FEFF⟩'],
      ['\ufffe', '⟨U+FFFE⟩'],
      ['👩‍👧', '👩‍👧'],
      ['\u200d', '⟨U+200D⟩'],
      ['\u0301', '◌\u0301'],
      ['<b>', '<b>'],
      ['', '∅'],
    ];
    for (const [text, visible] of shown) assert.equal(visibleToken({ text }), visible, JSON.stringify(text));
  });

  it('lets nothing through that steers a terminal, alone or inside a token', () => {
    const units = [...Array(0x20).keys(), ...Array.from({ length: 0x21 }, (_, i) => 0x7f + i)];
    const turning = [0x061c, 0x200e, 0x200f, 0x2028, 0x2029, 0x202a, 0x202b, 0x202c, 0x202d, 0x202e];
    const isolating = [0x2066, 0x2067, 0x2068, 0x2069, 0xd800, 0xdfff];
    const steering = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}]/u;
    for (const unit of [...units, ...turning, ...isolating]) {
      const character = String.fromCharCode(unit);
      assert.doesNotMatch(visibleToken({ text: character }), steering, unit.toString(16));
      assert.doesNotMatch(visibleToken({ text: `a${character}b` }), steering, unit.toString(16));
      if (!'\n\t'.includes(character)) assert.doesNotMatch(visibleControls(character), steering, unit.toString(16));
    }
    assert.equal(visibleControls(' naïve\t猫 👩‍👧\n'), ' naïve\t猫 👩‍👧\n');
    assert.equal(visibleControls('a\u001b[2Jb\r\u202ec'), 'a␛[2Jb␍⟨U+202E⟩c');
  });

  it('shows part of a character as its bytes', () => {
    assert.equal(visibleToken({ text: '\uFFFD', bytes: Uint8Array.of(0xe7, 0x8c) }), '⟨E7 8C⟩');
    assert.equal(visibleBytes([0x0a]), '⟨0A⟩');
  });
});
