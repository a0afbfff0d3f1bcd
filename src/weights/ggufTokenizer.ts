import { ModelError, named } from '../errors.ts';
import type { GgufValue } from './gguf.ts';
import { knownWordRules, stepsOf, wordRule } from './ggufPreTokenizers.ts';
import type { TokenizerDefinition } from './source.ts';

/** `tokenizer.ggml.token_type`. */
const NORMAL = 1;
const UNKNOWN = 2;
const CONTROL = 3;
const USER_DEFINED = 4;
const UNUSED = 5;

type Metadata = ReadonlyMap<string, GgufValue>;
type Json = Record<string, unknown>;

interface Vocab {
  tokens: string[];
  types: (id: number) => number;
  ids: Map<string, number>;
}

/**
 * Builds a tokenizer.json out of a GGUF file's `tokenizer.ggml.*` metadata: byte-level BPE (`gpt2`) or SentencePiece
 * BPE (`llama`).
 * @param rows of the model's embedding; a file with more tokens is refused before anything is built of them
 * @throws ModelError for metadata that is missing, malformed or of a kind not known
 */
export function tokenizerFromGguf(metadata: Metadata, where: string, rows: number): TokenizerDefinition {
  const reader = new Reader(metadata, where);
  const kind = reader.string('model');
  if (kind === undefined) return reader.fail('The file holds no tokenizer (tokenizer.ggml.model is missing).');
  if (kind !== 'gpt2' && kind !== 'llama') {
    return reader.fail(`The file's tokenizer is of kind ${named(kind)}; known are "gpt2" and "llama".`);
  }
  const vocab = readVocab(reader, rows);
  const { steps, addBos } = kind === 'gpt2' ? byteLevel(reader, vocab) : sentencePiece(reader, vocab);
  const bos = reader.id('bos_token_id', vocab);
  const eos = reader.id('eos_token_id', vocab);
  const before = (reader.boolean('add_bos_token') ?? addBos) && bos !== undefined ? [vocab.tokens[bos]] : [];
  const after = reader.boolean('add_eos_token') === true && eos !== undefined ? [vocab.tokens[eos]] : [];
  const eosIds = ['eos_token_id', 'eot_token_id', 'eom_token_id'].flatMap((key) => reader.id(key, vocab) ?? []);
  return {
    tokenizer: { added_tokens: addedTokens(vocab), ...steps, post_processor: frame(before, after) },
    config: {},
    eosIds: [...new Set(eosIds)],
  };
}

function readVocab(reader: Reader, rows: number): Vocab {
  const tokens =
    reader.strings('tokens') ?? reader.fail('The file holds no tokens (tokenizer.ggml.tokens is missing).');
  if (tokens.length > rows) {
    reader.fail(`The file has ${tokens.length} tokens, but the model's embedding only ${rows} rows.`);
  }
  const types = reader.numbers('token_type');
  if (types && types.length !== tokens.length) {
    reader.fail(`The file has ${tokens.length} tokens, but types for ${types.length}.`);
  }
  const ids = new Map<string, number>();
  tokens.forEach((token, id) => {
    // The first of equal texts is what a text is encoded to.
    if (!ids.has(token)) ids.set(token, id);
  });
  return { tokens, types: (id) => (types ? types[id] : NORMAL), ids };
}

/** Rows that a converter made up because the model has more of them than its tokenizer has tokens. */
const isPadding = (vocab: Vocab, id: number): boolean =>
  vocab.types(id) === UNUSED && vocab.tokens[id] === `[PAD${id}]`;

/** What a text may be encoded to, by its text: as a map, since an object of 50,000 properties takes long to build. */
function vocabMap(vocab: Vocab): Map<string, number> {
  const map = new Map(vocab.ids);
  for (const [token, id] of vocab.ids) if (token === '' || isPadding(vocab, id)) map.delete(token);
  return map;
}

function addedTokens(vocab: Vocab): Json[] {
  return vocab.tokens.flatMap((content, id) => {
    const type = vocab.types(id);
    if (content === '' || (type !== CONTROL && type !== USER_DEFINED && type !== UNKNOWN)) return [];
    return { id, content, special: type !== USER_DEFINED, normalized: false };
  });
}

function frame(before: string[], after: string[]): Json | null {
  if (before.length + after.length === 0) return null;
  const special = (id: string) => ({ SpecialToken: { id, type_id: 0 } });
  const text = { Sequence: { id: 'A', type_id: 0 } };
  return { type: 'TemplateProcessing', single: [...before.map(special), text, ...after.map(special)] };
}

function byteLevel(reader: Reader, vocab: Vocab): { steps: Json; addBos: boolean } {
  const name = reader.string('pre') ?? 'default';
  const rule = wordRule(name);
  if (!rule) {
    return reader.fail(
      `The file cuts words by the rule ${named(name)} (tokenizer.ggml.pre), which is not known; known are ` +
        `${knownWordRules().join(', ')}.`,
    );
  }
  const merges =
    reader.strings('merges') ?? reader.fail('The file holds no merges (tokenizer.ggml.merges is missing).');
  const model = {
    type: 'BPE',
    unk_token: null,
    fuse_unk: false,
    byte_fallback: false,
    ignore_merges: rule.ignoreMerges === true,
    vocab: vocabMap(vocab),
    merges,
  };
  const decoder = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true };
  return { steps: { ...stepsOf(rule), model, decoder }, addBos: rule.addBos === true };
}

/**
 * SentencePiece's BPE merges the neighbours whose joined piece has the highest score. As merges in order: every way to
 * put a piece together from two others, best score first.
 */
function sentencePiece(reader: Reader, vocab: Vocab): { steps: Json; addBos: boolean } {
  const scores =
    reader.numbers('scores') ?? reader.fail('The file holds no scores (tokenizer.ggml.scores is missing).');
  if (scores.length !== vocab.tokens.length) {
    reader.fail(`The file has ${vocab.tokens.length} tokens, but scores for ${scores.length}.`);
  }
  const addsSpace = reader.boolean('add_space_prefix') ?? true;
  const space = { type: 'Replace', pattern: { String: ' ' }, content: '\u2581' };
  const unknown = vocab.tokens.find((_, id) => vocab.types(id) === UNKNOWN) ?? null;
  const steps = {
    normalizer: addsSpace
      ? { type: 'Sequence', normalizers: [{ type: 'Prepend', prepend: '\u2581' }, space] }
      : { type: 'Sequence', normalizers: [space] },
    pre_tokenizer: null,
    model: {
      type: 'BPE',
      unk_token: unknown,
      fuse_unk: true,
      byte_fallback: true,
      ignore_merges: false,
      vocab: vocabMap(vocab),
      merges: mergesFromScores(reader, vocab, scores),
    },
    decoder: {
      type: 'Sequence',
      decoders: [
        { type: 'Replace', pattern: { String: '\u2581' }, content: ' ' },
        { type: 'ByteFallback' },
        { type: 'Fuse' },
        ...(addsSpace ? [{ type: 'Strip', content: ' ', start: 1, stop: 0 }] : []),
      ],
    },
  };
  return { steps, addBos: true };
}

/** In code units; trained vocabularies stay far below, and a hostile one would take forever. */
const LONGEST_PIECE = 512;
/** Code units looked at to find all merges. Gemma's quarter of a million pieces need 20 million. */
const MOST_MERGE_WORK = 1 << 28;

function mergesFromScores(reader: Reader, vocab: Vocab, scores: ArrayLike<number>): [string, string][] {
  const usable = (token: string): boolean => {
    const id = vocab.ids.get(token);
    return id !== undefined && vocab.types(id) === NORMAL;
  };
  let work = 0;
  const merges: { pair: [string, string]; score: number; left: number; right: number }[] = [];
  for (const [piece, id] of vocab.ids) {
    if (vocab.types(id) !== NORMAL || piece.length > LONGEST_PIECE) continue;
    work += piece.length ** 2;
    if (work > MOST_MERGE_WORK) return reader.fail('The file has far longer tokens than any trained vocabulary.');
    let cut = 0;
    for (const character of piece) {
      cut += character.length;
      const left = piece.slice(0, cut);
      const right = piece.slice(cut);
      if (right === '' || !usable(left) || !usable(right)) continue;
      merges.push({ pair: [left, right], score: scores[id], left: vocab.ids.get(left)!, right: vocab.ids.get(right)! });
    }
  }
  merges.sort((a, b) => b.score - a.score || a.left - b.left || a.right - b.right);
  return merges.map((merge) => merge.pair);
}

/** Typed access to `tokenizer.ggml.*`; a value of another type than it should have is an error. */
class Reader {
  constructor(
    private readonly metadata: Metadata,
    private readonly where: string,
  ) {}

  fail(what: string): never {
    throw new ModelError(what, this.where, 'Use another file of this model, or a folder with its tokenizer.json.');
  }

  private value<T>(key: string, type: string, matches: (value: GgufValue) => T | undefined): T | undefined {
    const name = `tokenizer.ggml.${key}`;
    const value = this.metadata.get(name);
    if (value === undefined) return undefined;
    return matches(value) ?? this.fail(`${name} is not ${type}.`);
  }

  string(key: string): string | undefined {
    return this.value(key, 'a text', (value) => (typeof value === 'string' ? value : undefined));
  }

  boolean(key: string): boolean | undefined {
    return this.value(key, 'true or false', (value) => (typeof value === 'boolean' ? value : undefined));
  }

  strings(key: string): string[] | undefined {
    return this.value(key, 'a list of texts', (value) => {
      if (!Array.isArray(value)) return undefined;
      return value.every((item: unknown): item is string => typeof item === 'string') ? value : undefined;
    });
  }

  numbers(key: string): ArrayLike<number> | undefined {
    return this.value(key, 'a list of numbers', (value) => {
      if (value instanceof Float32Array || value instanceof Float64Array) {
        return value.every((number) => !Number.isNaN(number)) ? value : undefined;
      }
      if (value instanceof Int32Array || value instanceof Uint32Array) return value;
      if (value instanceof Int8Array || value instanceof Uint8Array) return value;
      return value instanceof Int16Array || value instanceof Uint16Array ? value : undefined;
    });
  }

  /** An id of the vocabulary. */
  id(key: string, vocab: Vocab): number | undefined {
    return this.value(key, `one of the file's ${vocab.tokens.length} tokens`, (value) => {
      const id = Number(value);
      const usable = typeof value === 'number' || typeof value === 'bigint';
      return usable && Number.isInteger(id) && id >= 0 && id < vocab.tokens.length ? id : undefined;
    });
  }
}
