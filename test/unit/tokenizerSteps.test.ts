import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { ModelError, TokenscopeError } from '../../src/errors.ts';
import { toAlphabet } from '../../src/runtime/tokenizer/byteAlphabet.ts';
import { normalize, normalizerOf } from '../../src/runtime/tokenizer/normalize.ts';
import { preTokenizerOf } from '../../src/runtime/tokenizer/preTokenizer.ts';
import { createTokenizer } from '../../src/runtime/tokenizer/tokenizer.ts';
import type { Token, Tokenizer } from '../../src/runtime/tokenizer/types.ts';
import { fixture, readJson } from '../fixtures.ts';

type Json = Record<string, unknown>;
const gpt2: Json = JSON.parse(readFileSync(fixture('models/gpt2/tokenizer.json'), 'utf8'));
const changed = (change: Json): Tokenizer =>
  createTokenizer({ tokenizer: { ...gpt2, ...change }, config: {}, eosIds: [] }, 'tokenizer.json', 320);
const ranges = (tokens: readonly Token[]) => tokens.map(({ start, end }) => [start, end]);
const wordsOf = (step: Json, text: string): string[] =>
  preTokenizerOf(step)
    .cut(text, true)
    .map((cut) => cut.text);

/** A vocabulary of single characters, and of bytes if it falls back to them. */
function characters(letters: string, more: Json = {}): Json {
  const tokens = [...letters, ...Array.from({ length: 256 }, (_, byte) => byteName(byte))];
  const vocab = Object.fromEntries(tokens.map((token, id) => [token, id]));
  return { type: 'BPE', vocab, merges: [], byte_fallback: true, ...more };
}
const byteName = (byte: number) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`;

const refusedBy = (act: () => unknown, message: RegExp): void =>
  assert.throws(act, (error) => {
    assert.ok(error instanceof ModelError, String(error));
    assert.match(error.message, message);
    assert.ok(error.message.length < 2500 && !/\p{Cc}/u.test(error.message), error.message);
    return true;
  });

describe('tokenizer: steps', () => {
  it('normalises and cuts as the reference does', () => {
    interface Case {
      normalizer: unknown;
      pre_tokenizer: unknown;
      text: string;
      normalized: string;
      words: string[];
    }
    for (const expected of readJson<{ cases: Case[] }>(fixture('tokenizers/steps.json')).cases) {
      const { text } = normalize(expected.text, normalizerOf(expected.normalizer), 1000);
      assert.equal(text, expected.normalized, JSON.stringify(expected));
      const { byteLevel, cut } = preTokenizerOf(expected.pre_tokenizer);
      const words = text === '' ? [] : cut(text, true).map((word) => word.text);
      const written = byteLevel ? words.map((word) => toAlphabet(new TextEncoder().encode(word))) : words;
      assert.deepEqual(written, expected.words, JSON.stringify(expected));
    }
  });

  it('does with a delimiter what a behavior says', () => {
    const split = (behavior: string) =>
      wordsOf({ type: 'Split', pattern: { String: '-' }, behavior, invert: false }, 'the-final--countdown');
    assert.deepEqual(split('Removed'), ['the', 'final', 'countdown']);
    assert.deepEqual(split('Isolated'), ['the', '-', 'final', '-', '-', 'countdown']);
    assert.deepEqual(split('MergedWithPrevious'), ['the-', 'final-', '-', 'countdown']);
    assert.deepEqual(split('MergedWithNext'), ['the', '-final', '-', '-countdown']);
    assert.deepEqual(split('Contiguous'), ['the', '-', 'final', '--', 'countdown']);
    const inverted = { type: 'Split', pattern: { Regex: '[a-z]+' }, behavior: 'Removed', invert: true };
    assert.deepEqual(wordsOf(inverted, 'to be, or'), ['to', 'be', 'or']);
  });

  it('cuts no character in two', () => {
    for (const Regex of ['\\z', '\\B', '(?!x)', '']) {
      const words = wordsOf({ type: 'Split', pattern: { Regex }, behavior: 'Isolated', invert: false }, 'a🙂🙂b');
      assert.ok(
        words.every((word) => !/\p{Surrogate}/u.test(word)),
        JSON.stringify(words),
      );
    }
  });

  it('repeats possessively where a pattern says so', () => {
    const words = (pattern: string, text: string) =>
      wordsOf({ type: 'Split', pattern: { Regex: pattern }, behavior: 'Isolated', invert: false }, text);
    // The cut of cl100k as tiktoken writes it: \s++$ must not give back the \n for which $ would then match.
    const cl100k =
      "'(?i:[sdmt]|ll|ve|re)|[^\\r\\n\\p{L}\\p{N}]?+\\p{L}++|\\p{N}{1,3}+| ?[^\\s\\p{L}\\p{N}]++[\\r\\n]*+|\\s++$|\\s*[\\r\\n]|\\s+(?!\\S)|\\s";
    assert.deepEqual(words(cl100k, " a\r\n\u00e9's !!\n  12345"), [
      ' a',
      '\r\n',
      'é',
      "'s",
      ' !!\n',
      ' ',
      ' ',
      '12345',
    ]);
    assert.deepEqual(words('a++a|b', 'aab'), ['aa', 'b']);
    assert.deepEqual(words('(?>a+|ab)b', 'ab aab'), ['ab', ' ', 'aab']);
    assert.deepEqual(words('(?>a|ab)c', 'abc'), ['abc']);
    assert.deepEqual(words('(?i:k?+)e|[)+]++|[]x]*+z', 'KE)+)]xz'), ['KE', ')+)', ']xz']);
  });

  it('refuses by name what it cannot do as the reference does', () => {
    const split = { type: 'Split', pattern: { String: ' ' }, behavior: 'Isolated', invert: false };
    const metaspace = { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always', split: true };
    const wrong: [Json, RegExp][] = [
      [{ ...split, pattern: { Glob: '*' } }, /"Split" has a pattern of an unknown kind/],
      [{ ...split, pattern: { Regex: 7 } }, /unknown kind/],
      [{ ...split, pattern: { Regex: 'a'.repeat(70_000) } }, /patterns of its pre-tokenizer have 70000 characters/],
      [{ ...split, pattern: { Regex: 'a\\Kb' } }, /"\\K" in it, which is not known/],
      [{ ...split, pattern: { Regex: '(?m:.)' } }, /"\(\?m:" in it/],
      [{ ...split, behavior: 7 }, /"Split" has the unknown behavior 7/],
      [{ ...split, behavior: 'removed' }, /unknown behavior "removed"/],
      [{ ...split, behavior: 'toString' }, /unknown behavior "toString"/],
      [{ ...split, invert: 'yes' }, /"Split" needs "invert" to be true or false/],
      [{ ...metaspace, replacement: '__' }, /"Metaspace" needs one character as "replacement", not "__"/],
      [{ ...metaspace, prepend_scheme: 'last' }, /unknown prepend_scheme "last"/],
      [{ ...metaspace, add_prefix_space: false }, /no prefix space, but prepend_scheme "always"/],
      [{ type: 'UnicodeScripts' }, /"UnicodeScripts" is not known/],
      [{ type: 'FixedLength', length: 5 }, /fixed length/],
      [{ type: 'Replace', pattern: { String: 'a' }, content: '' }, /"Replace" is not known/],
      [{ type: 'Sequence', pretokenizers: [{ type: 'ByteLevel' }, split] }, /"Split" after "ByteLevel"/],
      [{ type: 'Sequence', pretokenizers: [null] }, /pre-tokenizer cannot be read/],
      [{ type: '\u001b[2J' }, /"\\u\{1b\}\[2J" is not known/],
    ];
    for (const [pre_tokenizer, message] of wrong) refusedBy(() => changed({ pre_tokenizer }), message);
    const normalizers: [Json, RegExp][] = [
      [{ type: 'Replace', pattern: { Glob: '*' }, content: '' }, /unknown kind/],
      [{ type: 'Replace', pattern: { String: 'a' } }, /"Replace" needs a text as "content"/],
      [{ type: 'Prepend' }, /"Prepend" needs a text/],
      [{ type: 'Strip', strip_left: 1, strip_right: true }, /"strip_left" to be true or false/],
      [{ type: 'Precompiled', precompiled_charsmap: '' }, /"Precompiled" is not known/],
    ];
    for (const [normalizer, message] of normalizers) refusedBy(() => changed({ normalizer }), message);
  });

  it('refuses deep nesting anywhere with an error of its own', () => {
    let deep: Json = { type: 'Fuse' };
    for (let depth = 0; depth < 50_000; depth++) deep = { type: deep, normalizers: [deep], pretokenizers: [deep] };
    for (const key of ['normalizer', 'pre_tokenizer', 'decoder', 'post_processor', 'model'])
      refusedBy(() => changed({ [key]: deep }), /tokenizer/);
    refusedBy(() => changed({ decoder: { type: 'Sequence', decoders: [deep] } }), /kind an object/);
    refusedBy(() => changed({ model: { ...(gpt2.model as Json), type: deep } }), /kind an object; only BPE/);
  });

  it('counts tokens before it looks at merges, and bounds what is added', () => {
    const vocab = Object.fromEntries(Array.from({ length: 400 }, (_, id) => [`t${id}`, id]));
    refusedBy(() => changed({ model: { type: 'BPE', vocab, merges: [1] } }), /ids up to 399.*only 320 tokens/);
    const added = (content: string) => [{ id: 1, content, special: true }];
    refusedBy(() => changed({ added_tokens: added('x'.repeat(513)) }), /added tokens are too long: number 0 has 513/);
    const single = Array.from({ length: 65 }, () => ({ SpecialToken: { id: 'a' } }));
    refusedBy(() => changed({ post_processor: { type: 'TemplateProcessing', single } }), /template/);
  });

  it('bounds what a normaliser makes of a text', () => {
    const long = 'x'.repeat(1 << 20);
    const replace = (pattern: Json, content: string) => ({ type: 'Replace', pattern, content });
    const growing = [
      replace({ String: 'a' }, long),
      replace({ Regex: '' }, 'x'.repeat(100)),
      { type: 'Prepend', prepend: long },
      { type: 'Sequence', normalizers: Array.from({ length: 20 }, () => replace({ Regex: '.' }, 'xx')) },
    ];
    for (const normalizer of growing) {
      const tokenizer = changed({ normalizer, added_tokens: [] });
      assert.throws(
        () => tokenizer.encode('a b '.repeat(100)),
        (error) => error instanceof TokenscopeError && /normalizer makes a text longer than 2624/.test(error.message),
      );
    }
    // What Unicode itself makes of a character is let through, and so is a replacement that finds nothing.
    const forms = { type: 'Sequence', normalizers: [{ type: 'NFKC' }, replace({ String: 'q' }, long)] };
    const tokens = changed({ normalizer: forms }).encode('\ufdfa'.repeat(1000));
    assert.equal(tokens.at(-1)!.end, 1000);
    // A replacement is text, no template.
    const dollars = changed({ normalizer: replace({ String: 'b' }, '$&') }).encode('ab');
    assert.deepEqual(dollars.map(({ text }) => text).join(''), 'a$&');
  });

  it('leaves out white space, and nothing else', () => {
    const spaced = changed({ pre_tokenizer: { type: 'WhitespaceSplit' } });
    assert.deepEqual(ranges(spaced.encode(' a  b\n')), [
      [1, 2],
      [4, 5],
    ]);
    const split = { type: 'Split', pattern: { String: 'a' }, behavior: 'Removed', invert: false };
    assert.throws(
      () => changed({ pre_tokenizer: split }).encode('b a'),
      (error) => error instanceof TokenscopeError && /would leave out "a"/.test(error.message),
    );
    const fewLetters = changed({ model: { type: 'BPE', vocab: { a: 0, b: 1 }, merges: [] } });
    assert.throws(
      () => fewLetters.encode('a.?'),
      (error) => error instanceof TokenscopeError && /no tokens for "\.\?"/.test(error.message),
    );
  });

  it('gives byte-fallback tokens the range of the character they belong to', () => {
    const byteLevel = changed({ model: characters('ab'), added_tokens: [], post_processor: null });
    // A space is one byte, Ġ in the byte-level alphabet, and falls back to the two bytes of Ġ.
    assert.deepEqual(
      byteLevel.encode('a b').map(({ id, start, end }) => [id, start, end]),
      [
        [0, 0, 1],
        [2 + 0xc4, 1, 2],
        [2 + 0xa0, 1, 2],
        [1, 2, 3],
      ],
    );
    const plain = changed({ model: characters('ab'), added_tokens: [], pre_tokenizer: null, post_processor: null });
    assert.deepEqual(ranges(plain.encode('a猫b')), [
      [0, 1],
      [1, 2],
      [1, 2],
      [1, 2],
      [2, 3],
    ]);
    const ranged = changed({ model: characters('b'), added_tokens: [], post_processor: null }).encode('猫 b é🙂');
    assert.ok(ranged.every(({ start, end }) => start < end && end <= 7));
  });

  it('puts a prefix where it stands for nothing', () => {
    const byteLevel = { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true };
    const tokens = changed({ pre_tokenizer: byteLevel, model: characters('ab'), post_processor: null }).encode('ab');
    assert.deepEqual(ranges(tokens), [
      [0, 0],
      [0, 0],
      [0, 1],
      [1, 2],
    ]);
  });

  it('ends an encoding that is cancelled, and gives the same tokens in turns', async () => {
    const tokenizer = changed({});
    const text = 'one two three '.repeat(20_000);
    const short = text.slice(0, 30_000);
    assert.deepEqual(await tokenizer.encodeInTurns(short), tokenizer.encode(short));
    const controller = new AbortController();
    setImmediate(() => controller.abort(new Error('enough')));
    await assert.rejects(tokenizer.encodeInTurns(text, controller.signal), /^Error: enough$/);
  });
});
