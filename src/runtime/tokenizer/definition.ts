import { ModelError, named, TokenscopeError } from '../../errors.ts';
import type { TokenizerDefinition } from '../../weights/source.ts';
import { type Frame, frameOf } from './frame.ts';
import { type Normalizer, normalizerOf } from './normalize.ts';
import { type PreTokenizer, preTokenizerOf } from './preTokenizer.ts';
import { isId, isObject, type Json } from './step.ts';

export interface AddedToken {
  id: number;
  content: string;
  special: boolean;
  /** Searched in the normalised text instead of the text as written. */
  normalized: boolean;
  singleWord: boolean;
  lstrip: boolean;
  rstrip: boolean;
}

export interface BpeModel {
  vocab: ReadonlyMap<string, number>;
  /** Merge i makes `merged[i]` of its neighbours `left[i]` and `right[i]`; the first comes first. */
  merges: { left: Int32Array; right: Int32Array; merged: Int32Array };
  unkId: number | undefined;
  fuseUnk: boolean;
  byteFallback: boolean;
  ignoreMerges: boolean;
}

/** How the vocabulary's strings stand for bytes. */
export interface DecoderKind {
  /** Every character of a token is one byte, in GPT-2's printable alphabet. */
  byteLevel: boolean;
  /** `<0xNN>` is one byte (SentencePiece). */
  byteFallback: boolean;
  /** `▁` is a space. */
  metaspace: boolean;
  /** So many leading spaces of a decoded text were put there by the tokenizer and are taken off. */
  stripStart: number;
}

/** A tokenizer.json, checked. */
export interface CheckedDefinition {
  model: BpeModel;
  added: AddedToken[];
  normalizer: Normalizer | undefined;
  preTokenizer: PreTokenizer;
  frame: Frame;
  decoder: DecoderKind;
}

/**
 * Checks everything that encoding relies on; the file is untrusted.
 * @throws ModelError naming `where`
 */
export function checkDefinition(
  definition: TokenizerDefinition,
  where: string,
  modelVocabSize: number,
): CheckedDefinition {
  const fail = (what: string, options?: ErrorOptions): never => {
    throw new ModelError(what, where, 'Use the tokenizer files that came with this model.', options);
  };
  const json = definition.tokenizer;
  if (!isObject(json) || !isObject(json.model)) return fail('The tokenizer has no model.');
  const added = checkAdded(json.added_tokens ?? [], modelVocabSize, fail);
  const model = checkModel(json.model, added, modelVocabSize, fail);
  if (model.vocab.size + added.length === 0) fail('The tokenizer has no tokens.');
  const decoder = checkDecoder(json.decoder ?? null, fail);
  const addedIds = new Map(added.map(({ content, id }) => [content, id]));
  const idOf = (token: string): number =>
    addedIds.get(token) ??
    model.vocab.get(token) ??
    fail(`The tokenizer adds ${named(token)} to a text, which is not in its vocabulary.`);
  try {
    const frame = frameOf(json.post_processor, idOf);
    const normalizer = normalizerOf(json.normalizer);
    return { model, added, decoder, frame, normalizer, preTokenizer: preTokenizerOf(json.pre_tokenizer) };
  } catch (error) {
    if (error instanceof TokenscopeError) throw error;
    return fail(`The tokenizer's steps cannot be used: ${error instanceof Error ? error.message : error}.`, {
      cause: error,
    });
  }
}

type Fail = (what: string) => never;

/** @throws the largest id, in words, where the model has no row for it */
function checkLargest(ids: Iterable<number>, modelVocabSize: number, fail: Fail): void {
  let largest = -1;
  for (const id of ids) largest = Math.max(largest, id);
  if (largest >= modelVocabSize)
    fail(`The tokenizer has ids up to ${largest}, but the model knows only ${modelVocabSize} tokens.`);
}

/** In code units; each takes a node of a tree. */
const LONGEST_ADDED = 512;
const MOST_ADDED = 1 << 20;

function checkAdded(value: unknown, modelVocabSize: number, fail: Fail): AddedToken[] {
  if (!Array.isArray(value)) return fail('The list of added tokens is not a list.');
  let units = 0;
  const added = value.map((token: unknown, i): AddedToken => {
    if (!isObject(token) || typeof token.content !== 'string' || token.content === '' || !isId(token.id)) {
      return fail(`Added token ${i} has no text or no id.`);
    }
    units += token.content.length;
    if (token.content.length > LONGEST_ADDED || units > MOST_ADDED)
      fail(`The tokenizer's added tokens are too long: number ${i} has ${token.content.length} characters.`);
    const special = token.special === true;
    return {
      id: token.id,
      content: token.content,
      special,
      normalized: typeof token.normalized === 'boolean' ? token.normalized : !special,
      singleWord: token.single_word === true,
      lstrip: token.lstrip === true,
      rstrip: token.rstrip === true,
    };
  });
  checkLargest(
    added.map(({ id }) => id),
    modelVocabSize,
    fail,
  );
  return added;
}

function checkModel(model: Json, added: AddedToken[], modelVocabSize: number, fail: Fail): BpeModel {
  if (model.type !== 'BPE' && !(model.type === undefined && Array.isArray(model.merges))) {
    return fail(`The tokenizer is of kind ${named(model.type)}; only BPE is known.`);
  }
  if (model.continuing_subword_prefix || model.end_of_word_suffix) {
    return fail('The tokenizer marks word parts with a prefix or suffix, which is not known.');
  }
  if (!isObject(model.vocab) || !Array.isArray(model.merges)) {
    return fail('The tokenizer has no vocabulary or no merges.');
  }
  // Before anything is built of them: a hostile file may have millions.
  const given = model.vocab instanceof Map ? (model.vocab as Map<string, unknown>) : undefined;
  const ids = given ? [...given.values()] : Object.values(model.vocab);
  checkLargest(ids.filter(isId), modelVocabSize, fail);
  const vocab = given ?? new Map(Object.entries(model.vocab));
  if (!hasIds(vocab)) {
    const [token] = [...vocab].find(([, id]) => !isId(id))!;
    return fail(`Token ${named(token)} has no usable id.`);
  }
  if (vocab.size > modelVocabSize)
    fail(`The tokenizer has ${vocab.size} tokens, but the model knows only ${modelVocabSize}.`);
  const merges = checkMerges(model.merges, vocab, fail);
  const unk = model.unk_token;
  const unkId =
    typeof unk === 'string' ? (vocab.get(unk) ?? added.find((token) => token.content === unk)?.id) : undefined;
  return {
    vocab,
    merges,
    unkId,
    fuseUnk: model.fuse_unk === true,
    byteFallback: model.byte_fallback === true,
    ignoreMerges: model.ignore_merges === true,
  };
}

const hasIds = (vocab: Map<string, unknown>): vocab is Map<string, number> => {
  for (const id of vocab.values()) if (!isId(id)) return false;
  return true;
};

/** Ranks beyond are not exact in the heap of bpe.ts. */
const MOST_MERGES = 1 << 22;

function checkMerges(list: unknown[], vocab: ReadonlyMap<string, number>, fail: Fail): BpeModel['merges'] {
  const n = list.length;
  if (n > MOST_MERGES) return fail(`The tokenizer has ${n} merges, more than ${MOST_MERGES}.`);
  const merges = { left: new Int32Array(n), right: new Int32Array(n), merged: new Int32Array(n) };
  for (const [i, merge] of list.entries()) {
    const pair: unknown = typeof merge === 'string' ? merge.split(' ') : merge;
    if (!Array.isArray(pair) || pair.length !== 2 || typeof pair[0] !== 'string' || typeof pair[1] !== 'string') {
      return fail(`Merge ${i} is not a pair of tokens.`);
    }
    const left = vocab.get(pair[0]);
    const right = vocab.get(pair[1]);
    const merged = vocab.get(pair[0] + pair[1]);
    if (left === undefined || right === undefined || merged === undefined) {
      return fail(`Merge ${i} speaks of tokens that are not in the vocabulary.`);
    }
    merges.left[i] = left;
    merges.right[i] = right;
    merges.merged[i] = merged;
  }
  return merges;
}

/** No decoder needs more sequences inside sequences; a hostile file may have thousands. */
const MAX_DEPTH = 8;

function checkDecoder(value: unknown, fail: Fail): DecoderKind {
  const kind: DecoderKind = { byteLevel: false, byteFallback: false, metaspace: false, stripStart: 0 };
  const unreadable = 'The tokenizer has a decoder that cannot be read.';
  const visit = (step: unknown, depth: number): void => {
    if (!isObject(step) || depth > MAX_DEPTH) {
      fail(unreadable);
      return;
    }
    switch (step.type) {
      case 'Sequence':
        if (Array.isArray(step.decoders)) for (const child of step.decoders) visit(child, depth + 1);
        else fail(unreadable);
        return;
      case 'ByteLevel':
        kind.byteLevel = true;
        return;
      case 'ByteFallback':
        kind.byteFallback = true;
        return;
      case 'Metaspace':
        kind.metaspace = true;
        if (step.prepend_scheme !== 'never' && step.add_prefix_space !== false) kind.stripStart = 1;
        return;
      case 'Replace':
        if (isObject(step.pattern) && step.pattern.String === '\u2581' && step.content === ' ') kind.metaspace = true;
        else fail('The tokenizer has a decoder that replaces text in a way that is not known.');
        return;
      case 'Strip':
        if (step.content === ' ' && isId(step.start)) kind.stripStart = step.start;
        return;
      case 'Fuse':
        return;
      default:
        fail(`The tokenizer has a decoder of kind ${named(step.type)}, which is not known.`);
    }
  };
  if (value !== null) visit(value, 0);
  return kind;
}
