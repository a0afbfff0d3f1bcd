import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { Tokenizer as Library } from '@huggingface/tokenizers';
import { seededRandom } from '../../src/analysis/sampling.ts';
import { ModelError } from '../../src/errors.ts';
import { createTokenizer } from '../../src/runtime/tokenizer/tokenizer.ts';
import type { Token, Tokenizer } from '../../src/runtime/tokenizer/types.ts';

const fixture = (path: string) => JSON.parse(readFileSync(new URL(`../fixtures/${path}`, import.meta.url), 'utf8'));
const tokenizerOf = (folder: string, vocab = 1 << 20, change: Record<string, unknown> = {}): Tokenizer =>
  createTokenizer(
    { tokenizer: { ...fixture(`${folder}/tokenizer.json`), ...change }, config: {}, eosIds: [] },
    folder,
    vocab,
  );
const idsOf = (tokens: readonly Token[]): number[] => tokens.map((token) => token.id);

interface Case {
  text: string;
  ids: number[];
  ids_no_special: number[];
  decoded: string;
}

/** Ranges go forward, leave nothing out and never leave the text. */
function assertCovers(tokens: readonly Token[], text: string): void {
  let start = 0;
  let end = 0;
  for (const token of tokens) {
    assert.ok(token.start >= start && token.start <= end, `token ${token.id} starts at ${token.start} in ${text}`);
    assert.ok(token.end >= end && token.end >= token.start, `token ${token.id} ends at ${token.end} in ${text}`);
    ({ start, end } = token);
  }
  assert.equal(end, text.length, text);
}

const MODELS = ['gpt2', 'llama_mha', 'llama_gqa_tied', 'llama3_rope_sharded'].map((name) => `models/${name}`);
const STYLES = ['mistral', 'gemma2', 'qwen2', 'gpt_neox', 'opt', 'smollm3'].map((name) => `tokenizers/${name}`);

describe('tokenizer', () => {
  for (const folder of [...MODELS, ...STYLES]) {
    const reference = fixture(`${folder}/${folder.startsWith('models') ? 'reference' : 'cases'}.json`);

    describe(folder, () => {
      it('encodes and decodes as the reference does', () => {
        const tokenizer = tokenizerOf(folder, reference.model_vocab);
        const bare = tokenizerOf(folder, reference.model_vocab, { post_processor: null });
        for (const expected of reference.tokenizer_cases as Case[]) {
          assert.deepEqual(idsOf(tokenizer.encode(expected.text)), expected.ids, expected.text);
          assert.deepEqual(idsOf(bare.encode(expected.text)), expected.ids_no_special, expected.text);
          assert.equal(tokenizer.decode(expected.ids_no_special), expected.decoded);
        }
        for (const prompt of Object.values<{ text: string; input_ids: number[] }>(reference.prompts ?? {})) {
          assert.deepEqual(idsOf(tokenizer.encode(prompt.text)), prompt.input_ids);
        }
      });

      it('says where each token stands', () => {
        const tokenizer = tokenizerOf(folder);
        const composes = folder.endsWith('qwen2') || folder.endsWith('gpt_neox');
        for (const { text, ids_no_special } of reference.tokenizer_cases as Case[]) {
          const tokens = tokenizer.encode(text);
          assertCovers(tokens, text);
          for (const token of tokens) {
            if (token.bytes || token.start === token.end) continue;
            const there = composes
              ? text.slice(token.start, token.end).normalize('NFC')
              : text.slice(token.start, token.end);
            // SentencePiece's first token carries a space that is not in the text.
            assert.ok(token.text === there || token.text === ` ${there}`, JSON.stringify({ token, there }));
          }
          const described = tokenizer.describe(ids_no_special);
          assert.equal(described.text, tokenizer.decode(ids_no_special));
          assertCovers(described.tokens, described.text);
        }
      });

      it('decodes a growing text to the same text', () => {
        const tokenizer = tokenizerOf(folder);
        for (const { ids_no_special, decoded } of reference.tokenizer_cases as Case[]) {
          const stream = tokenizer.stream();
          const text = ids_no_special.map((id) => stream.push(id)).join('') + stream.end();
          assert.ok(text === decoded || text === ` ${decoded}`, JSON.stringify({ text, decoded }));
        }
      });
    });
  }

  it('encodes SmolLM2 prompts and a licence as the reference does', () => {
    const tokenizer = tokenizerOf('smollm2', 49152);
    for (const { text, ids, decoded, greedy_16, greedy_text } of fixture('smollm2/prompts.json').prompts) {
      assert.equal(tokenizer.decode(greedy_16), greedy_text);
      if (text === undefined) continue; // random ids
      const tokens = tokenizer.encode(text);
      assert.deepEqual(idsOf(tokens), ids, text);
      assert.equal(tokenizer.decode(ids), decoded);
      assertCovers(tokens, text);
    }
    const { text, ids } = fixture('smollm2/perplexity.json');
    assert.deepEqual(idsOf(tokenizer.encode(text)), ids);
  });

  it('gives parts of a character the whole character and their bytes', () => {
    const tokens = tokenizerOf('models/llama_mha').encode('a猫b');
    assert.deepEqual(
      tokens.map(({ text, start, end, bytes }) => ({ text, start, end, bytes: bytes && [...bytes] })),
      [
        { text: 'a', start: 0, end: 1, bytes: undefined },
        { text: '\uFFFD', start: 1, end: 2, bytes: [0xe7] },
        { text: '\uFFFD', start: 1, end: 2, bytes: [0x8c] },
        { text: '\uFFFD', start: 1, end: 2, bytes: [0xab] },
        { text: 'b', start: 2, end: 3, bytes: undefined },
      ],
    );
    const surrogates = tokenizerOf('tokenizers/mistral').encode('🙂');
    assert.deepEqual(
      surrogates.slice(-4).map(({ start, end }) => [start, end]),
      [
        [0, 2],
        [0, 2],
        [0, 2],
        [0, 2],
      ],
    );
  });

  it('marks special tokens, those in the text and those it adds', () => {
    const tokens = tokenizerOf('models/llama3_rope_sharded').encode('x<|eot_id|>y');
    assert.deepEqual(
      tokens.map(({ text, start, end, special }) => [text, start, end, special ?? false]),
      [
        ['<|begin_of_text|>', 0, 0, true],
        ['x', 0, 1, false],
        ['<|eot_id|>', 1, 11, true],
        ['y', 11, 12, false],
      ],
    );
    assert.equal(tokenizerOf('models/llama3_rope_sharded').addsBos, true);
    assert.equal(tokenizerOf('models/gpt2').addsBos, false);
  });

  it('keeps ranges right where the normaliser changes the text', () => {
    // e + combining acute becomes one character; Hangul letters become a syllable.
    const text = 'e\u0301 x \u1112\u1161\u11ab y';
    const tokens = tokenizerOf('tokenizers/qwen2').encode(text);
    assertCovers(tokens, text);
    assert.deepEqual([tokens[0].text, tokens[0].start, tokens[0].end], ['é', 0, 2]);
    const x = tokens.find((token) => token.text.endsWith('x'))!;
    assert.equal(text.slice(x.start, x.end).trim(), 'x');
    const y = tokens.at(-1)!;
    assert.deepEqual([y.text.trim(), y.end], ['y', text.length]);
    // The ▁ in front of a text stands for nothing in it.
    const mistral = tokenizerOf('tokenizers/mistral').encode('🙂');
    assert.deepEqual([mistral[1].text, mistral[1].start, mistral[1].end], [' ', 0, 0]);
  });

  it('follows normalisers that replace, strip and prepend', () => {
    const steps = (normalizer: unknown) => tokenizerOf('models/gpt2', 320, { normalizer });
    const find = (tokens: Token[], text: string) => tokens.filter((token) => token.text.trim() === text);
    const text = '  ab --- z ';
    const stripped = steps({ type: 'Strip', strip_left: true, strip_right: true }).encode(text);
    assert.deepEqual([stripped[0].start, stripped.at(-1)!.end], [2, 10]);
    const replaced = steps({ type: 'Replace', pattern: { Regex: '-+' }, content: '=' }).encode(text);
    assertCovers(replaced, text);
    const equals = find(replaced, '=').at(-1)!;
    assert.match(text.slice(equals.start, equals.end), /^ ?---$/);
    const lower = steps({ type: 'Lowercase' }).encode('\u0130XY'); // İ becomes two characters
    assertCovers(lower, '\u0130XY');
    assert.deepEqual([lower.at(-1)!.text, lower.at(-1)!.start], ['y', 2]);
    const both = steps({
      type: 'Sequence',
      normalizers: [
        { type: 'Prepend', prepend: '>' },
        { type: 'NFKC' },
        { type: 'Replace', pattern: { String: ' ' }, content: '_' },
      ],
    }).encode('\ufb01 n'); // the ligature becomes two letters
    assertCovers(both, '\ufb01 n');
    assert.deepEqual([both.at(-1)!.text, both.at(-1)!.start], ['n', 2]);
    assert.deepEqual([both[0].text, both[0].start, both[0].end], ['>', 0, 0]);
  });

  it('takes lone surrogates and any other text', () => {
    const random = seededRandom(7);
    for (const folder of ['models/gpt2', 'tokenizers/mistral', 'tokenizers/qwen2', 'tokenizers/gpt_neox']) {
      const tokenizer = tokenizerOf(folder);
      for (let round = 0; round < 40; round++) {
        const pool = [
          '\ud800',
          '\udc00',
          'e',
          '\u0301',
          ' ',
          '\n',
          '가',
          '\u1161',
          '<|endoftext|>',
          '\ufeff',
          '\0',
          '𝒳',
          '\u0344',
        ];
        const text = Array.from({ length: 30 }, () => pool[Math.floor(random() * pool.length)]).join('');
        assertCovers(tokenizer.encode(text), text);
      }
    }
  });

  it('merges as the library does', () => {
    const random = seededRandom(3);
    for (const folder of ['models/gpt2', 'models/llama3_rope_sharded', 'tokenizers/gemma2']) {
      const library = new Library(fixture(`${folder}/tokenizer.json`), {});
      const tokenizer = tokenizerOf(folder);
      for (let round = 0; round < 30; round++) {
        const text = Array.from({ length: 200 }, () => 'theandourw  st\n'[Math.floor(random() * 15)]).join('');
        assert.deepEqual(idsOf(tokenizer.encode(text)), library.encode(text).ids);
      }
    }
  });

  it('takes a line of a million characters', function () {
    this.timeout(60_000);
    const tokenizer = tokenizerOf('smollm2', 49152);
    for (const unit of ['a', ' ']) {
      const text = unit.repeat(1_000_000 / unit.length);
      const tokens = tokenizer.encode(text);
      assertCovers(tokens, text);
      assert.equal(tokenizer.decode(idsOf(tokens)), text);
    }
  });

  it('shows ids that the tokenizer does not know as nothing', () => {
    const tokenizer = tokenizerOf('tokenizers/qwen2', 360);
    assert.deepEqual(tokenizer.piece(359), { text: '', special: true });
    assert.equal(tokenizer.decode([359]), '');
    assert.equal(tokenizer.vocabSize, 360);
  });

  it('says what is wrong with a tokenizer', () => {
    const model = { type: 'BPE', vocab: { a: 0, b: 1, ab: 2 }, merges: ['a b'] };
    const create = (tokenizer: Record<string, unknown>, vocab = 10, eosIds: number[] = []) =>
      createTokenizer({ tokenizer, config: {}, eosIds }, 'tokenizer.json', vocab);
    assert.deepEqual(idsOf(create({ model }).encode('abab')), [2, 2]);
    let nested: unknown = { type: 'Fuse' };
    for (let depth = 0; depth < 50_000; depth++) nested = { type: 'Sequence', decoders: [nested] };
    const wrong: [Record<string, unknown>, RegExp][] = [
      [{}, /no model/],
      [{ model: { type: 'WordPiece', vocab: {} } }, /"WordPiece".*only BPE/],
      [{ model: { ...model, vocab: ['a'] } }, /no vocabulary/],
      [{ model: { ...model, vocab: {}, merges: [] } }, /no tokens/],
      [{ model: { ...model, vocab: { a: -1 } } }, /no usable id/],
      [{ model: { ...model, vocab: { a: 'x' } } }, /no usable id/],
      [{ model: { ...model, merges: ['a'] } }, /Merge 0 is not a pair/],
      [{ model: { ...model, merges: [['a', 'c']] } }, /not in the vocabulary/],
      [{ model, added_tokens: [{ id: 3 }] }, /Added token 0/],
      [{ model, pre_tokenizer: { type: 'Nonsense' } }, /Nonsense/],
      [{ model, pre_tokenizer: { type: 'Split', pattern: { Regex: '(' } } }, /cannot be used/],
      [{ model, pre_tokenizer: { type: 'FixedLength', length: 0 } }, /fixed length/],
      [{ model, normalizer: { type: 'Nonsense' } }, /Nonsense/],
      [{ model, decoder: nested }, /decoder that cannot be read/],
      [{ model, decoder: { type: 'CTC' } }, /"CTC"/],
      [{ model, post_processor: { type: 'TemplateProcessing', single: 1 } }, /post-processor/],
      [
        { model, post_processor: { type: 'TemplateProcessing', single: [{ SpecialToken: { id: '<s>' } }] } },
        /"<s>".*not in its vocabulary/,
      ],
    ];
    for (const [tokenizer, message] of wrong) {
      assert.throws(
        () => create(tokenizer),
        (error) => error instanceof ModelError && message.test(error.message),
      );
    }
    assert.throws(() => create({ model }, 2), /ids up to 2.*only 2 tokens/);
    assert.throws(() => create({ model }, 10, [10]), /token 10.*only 10 tokens/);
  });
});
