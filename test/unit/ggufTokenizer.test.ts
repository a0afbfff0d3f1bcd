import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { ModelError } from '../../src/errors.ts';
import { createTokenizer } from '../../src/runtime/tokenizer/tokenizer.ts';
import type { GgufValue } from '../../src/weights/gguf.ts';
import { tokenizerFromGguf } from '../../src/weights/ggufTokenizer.ts';

const fixture = (path: string) => JSON.parse(readFileSync(new URL(`../fixtures/${path}`, import.meta.url), 'utf8'));

interface TokenizerJson {
  model: { vocab: Record<string, number>; merges: (string | [string, string])[] };
  added_tokens: { id: number; content: string }[];
}

/** `tokenizer.ggml.*` as a converter writes it from a tokenizer.json. */
function metadataOf(json: TokenizerJson, more: Record<string, GgufValue>): Map<string, GgufValue> {
  const tokens: string[] = [];
  for (const [token, id] of Object.entries(json.model.vocab)) tokens[id] = token;
  const types = new Int32Array(Math.max(tokens.length, ...json.added_tokens.map(({ id }) => id + 1))).fill(1);
  for (const { id, content } of json.added_tokens) {
    tokens[id] = content;
    types[id] = 3;
  }
  const values: Record<string, GgufValue> = { tokens, token_type: types, ...more };
  return new Map(Object.entries(values).map(([key, value]) => [`tokenizer.ggml.${key}`, value]));
}

const joined = (merge: string | [string, string]): string => (typeof merge === 'string' ? merge : merge.join(' '));

function assertCases(metadata: Map<string, GgufValue>, path: string): void {
  const vocab = (metadata.get('tokenizer.ggml.tokens') as string[]).length;
  const tokenizer = createTokenizer(tokenizerFromGguf(metadata, path, vocab), path, vocab);
  for (const { text, ids, ids_no_special, decoded } of fixture(path).tokenizer_cases) {
    assert.deepEqual(
      tokenizer.encode(text).map(({ id }) => id),
      ids,
      text,
    );
    assert.equal(tokenizer.decode(ids_no_special), decoded);
  }
}

describe('tokenizer of a GGUF', () => {
  const byteLevel: [string, string, Record<string, GgufValue>][] = [
    ['models/gpt2', 'reference', { pre: 'gpt-2', eos_token_id: 0 }],
    ['models/llama_mha', 'reference', { pre: 'default' }],
    ['models/llama_gqa_tied', 'reference', { pre: 'smollm', bos_token_id: 1, eos_token_id: 2, add_bos_token: false }],
    ['models/llama3_rope_sharded', 'reference', { pre: 'llama-bpe', bos_token_id: 381, eos_token_id: 382 }],
    ['tokenizers/qwen2', 'cases', { pre: 'qwen2', eos_token_id: 351 }],
  ];
  for (const [folder, cases, more] of byteLevel) {
    it(`gives the reference ids: ${folder}`, () => {
      const json = fixture(`${folder}/tokenizer.json`);
      const merges = json.model.merges.map(joined);
      assertCases(metadataOf(json, { model: 'gpt2', merges, ...more }), `${folder}/${cases}.json`);
    });
  }

  /** Scores as SentencePiece has them: the earlier a piece was learned, the higher. */
  function sentencePiece(more: Record<string, GgufValue> = {}): Map<string, GgufValue> {
    const json: TokenizerJson = fixture('tokenizers/mistral/tokenizer.json');
    const metadata = metadataOf(json, { model: 'llama', bos_token_id: 1, eos_token_id: 2, ...more });
    const tokens = metadata.get('tokenizer.ggml.tokens') as string[];
    const types = metadata.get('tokenizer.ggml.token_type') as Int32Array;
    types[0] = 2;
    tokens.forEach((token, id) => {
      if (/^<0x..>$/.test(token)) types[id] = 6;
    });
    const scores = new Float32Array(tokens.length).fill(-1e6);
    json.model.merges.forEach((merge, rank) => {
      const id = tokens.indexOf(joined(merge).replace(' ', ''));
      scores[id] = Math.max(scores[id], -rank);
    });
    return metadata.set('tokenizer.ggml.scores', scores);
  }

  it('makes merges out of SentencePiece scores', () => {
    assertCases(sentencePiece(), 'tokenizers/mistral/cases.json');
  });

  it('puts no space in front where the file says so', () => {
    const definition = tokenizerFromGguf(sentencePiece({ add_space_prefix: false, add_bos_token: false }), 'file', 400);
    const tokenizer = createTokenizer(definition, 'file', 400);
    const tokens = tokenizer.encode('the end');
    assert.deepEqual(tokens[0].start, 0);
    assert.ok(!tokens[0].text.startsWith(' '));
    assert.equal(tokenizer.decode(tokens.map(({ id }) => id)), 'the end');
  });

  const small = (more: Record<string, GgufValue>): Map<string, GgufValue> =>
    new Map<string, GgufValue>(
      Object.entries({
        model: 'gpt2',
        pre: 'gpt-2',
        tokens: ['a', 'b', 'ab', '<end>', '<turn>', '[PAD5]', '__proto__', '<tool>'],
        token_type: Int32Array.of(1, 1, 1, 3, 3, 5, 1, 4),
        merges: ['a b'],
        eos_token_id: 3,
        ...more,
      }).map(([key, value]) => [`tokenizer.ggml.${key}`, value]),
    );

  it('knows control tokens, what ends a text, padding, and any name', () => {
    const metadata = small({
      eot_token_id: 4n,
      eom_token_id: 3,
      bos_token_id: 4,
      add_bos_token: true,
      add_eos_token: true,
    });
    const definition = tokenizerFromGguf(metadata, 'file', 8);
    assert.deepEqual(definition.eosIds, [3, 4]);
    const tokenizer = createTokenizer(definition, 'file', 8);
    assert.deepEqual(
      tokenizer.encode('ab<end>b<tool>').map(({ id, special }) => [id, special ?? false]),
      [
        [4, true],
        [2, false],
        [3, true],
        [1, false],
        [7, false],
        [3, true],
      ],
    );
    assert.deepEqual(tokenizer.piece(5), { text: '', special: true });
    assert.deepEqual(tokenizer.piece(6), { text: '__proto__' });
  });

  it('says what is wrong with the metadata', () => {
    const wrong: [Map<string, GgufValue>, RegExp][] = [
      [new Map(), /tokenizer\.ggml\.model is missing/],
      [small({ model: 'bert' }), /"bert"/],
      [small({ model: 7 }), /tokenizer\.ggml\.model is not a text/],
      [small({ pre: 'toString' }), /"toString".*not known; known are default/],
      [small({ tokens: 'a' }), /tokenizer\.ggml\.tokens is not a list of texts/],
      [small({ token_type: Int32Array.of(1) }), /8 tokens, but types for 1/],
      [small({ token_type: 'x' }), /token_type is not a list of numbers/],
      [small({ eos_token_id: 8 }), /eos_token_id is not one of the file's 8 tokens/],
      [small({ eos_token_id: -1 }), /eos_token_id/],
      [small({ add_bos_token: 1 }), /add_bos_token is not true or false/],
      [small({ model: 'llama' }), /scores is missing/],
      [small({ model: 'llama', scores: Float32Array.of(1) }), /8 tokens, but scores for 1/],
      [small({ model: 'llama', scores: new Float32Array(8).fill(Number.NaN) }), /scores is not a list of numbers/],
    ];
    for (const [metadata, message] of wrong) {
      assert.throws(
        () => tokenizerFromGguf(metadata, 'model.gguf', 8),
        (error) => error instanceof ModelError && error.where === 'model.gguf' && message.test(error.message),
      );
    }
  });

  it('counts tokens before it builds anything of them', () => {
    // Neither the scores nor the types fit, which would be said later.
    const metadata = small({ model: 'llama', scores: new Float32Array(1), token_type: Int32Array.of(1) });
    assert.throws(
      () => tokenizerFromGguf(metadata, 'model.gguf', 7),
      /8 tokens, but the model's embedding only 7 rows/,
    );
  });

  it('refuses pieces that would take forever to put together', () => {
    const tokens = Array.from({ length: 2000 }, (_, i) => String.fromCharCode(0x4e00 + i).repeat(512));
    const metadata = small({
      model: 'llama',
      tokens,
      scores: new Float32Array(2000),
      token_type: new Int32Array(2000).fill(1),
    });
    assert.throws(() => tokenizerFromGguf(metadata, 'model.gguf', 2000), /longer tokens than any trained vocabulary/);
  });
});
