import { ModelError } from '../../errors.ts';
import type { TokenizerDefinition } from '../../weights/source.ts';
import { AddedTokenFinder } from './addedTokens.ts';
import { Bpe } from './bpe.ts';
import { alphabetBytes } from './byteAlphabet.ts';
import { type AddedToken, type CheckedDefinition, checkDefinition } from './definition.ts';
import { type Aligned, normalize } from './normalize.ts';
import type { Piece, Token, Tokenizer } from './types.ts';
import { byteRanges, fromUtf8, toUtf8, wellFormed } from './utf8.ts';
import { Vocabulary } from './vocabulary.ts';

/**
 * A tokenizer with exact UTF-16 offsets. Normaliser, pre-tokenizer and post-processor are those of
 * `@huggingface/tokenizers`; added tokens, BPE and decoding are ours, since they must say where a token stands.
 *
 * @param where the file or folder the definition is from, for errors
 * @param modelVocabSize rows of the model's embedding
 * @throws ModelError for a definition that is malformed, of an unknown kind, or with ids beyond the model's vocabulary
 */
export function createTokenizer(definition: TokenizerDefinition, where: string, modelVocabSize: number): Tokenizer {
  const checked = checkDefinition(definition, where, modelVocabSize);
  for (const id of definition.eosIds) {
    if (!Number.isSafeInteger(id) || id < 0 || id >= modelVocabSize) {
      throw new ModelError(
        `The text's end is token ${id}, but the model knows only ${modelVocabSize} tokens.`,
        where,
        'Use the tokenizer files that came with this model.',
      );
    }
  }
  return new BpeTokenizer(checked, [...definition.eosIds], modelVocabSize, where);
}

/** Tokens of one pre-token: token i covers code units [start[i], end[i]) of `text`. */
interface Word {
  text: string;
  ids: readonly number[];
  start: readonly number[];
  end: readonly number[];
}

/** Longer words hardly come again; a full cache starts over. */
const CACHED_LENGTH = 64;
const CACHED_WORDS = 1 << 16;
const LETTERS = /^[\x21-\x7e\u0120]*$/;

class BpeTokenizer implements Tokenizer {
  readonly addsBos: boolean;
  private readonly vocabulary: Vocabulary;
  private readonly bpe: Bpe;
  private readonly asWritten: AddedTokenFinder;
  private readonly normalized: AddedTokenFinder;
  private readonly before: number[];
  private readonly after: number[];
  private readonly words = new Map<string, Word>();

  constructor(
    private readonly definition: CheckedDefinition,
    readonly eosIds: readonly number[],
    readonly vocabSize: number,
    where: string,
  ) {
    const { added, steps } = definition;
    const byteLevel = definition.decoder.byteLevel;
    this.vocabulary = new Vocabulary(definition);
    this.bpe = new Bpe(definition.model, byteLevel ? () => 1 : utf8Length);
    const late = (token: AddedToken) => token.normalized && steps.normalizer !== null;
    this.asWritten = new AddedTokenFinder(added.filter((t) => !late(t)).map((t) => [t.content, t]));
    this.normalized = new AddedTokenFinder(added.filter(late).map((t) => [steps.normalizer!.normalize(t.content), t]));
    [this.before, this.after] = this.frame(where);
    this.addsBos = this.before.length > 0;
  }

  /** Ids that the post-processor puts before and after a text. */
  private frame(where: string): [number[], number[]] {
    const { steps, added, model } = this.definition;
    if (steps.post_processor === null) return [[], []];
    const marker = '\u0000text';
    let tokens: string[];
    try {
      tokens = steps.post_processor.post_process([marker], null, true).tokens;
    } catch (cause) {
      throw new ModelError(
        'The tokenizer has a post-processor that cannot be used.',
        where,
        'Use the tokenizer files that came with this model.',
        { cause },
      );
    }
    const ids = (list: string[]): number[] =>
      list.map((token) => {
        const id = added.find((t) => t.content === token)?.id ?? model.vocab.get(token);
        if (id !== undefined) return id;
        throw new ModelError(
          `The tokenizer adds ${JSON.stringify(token)} to a text, which is not in its vocabulary.`,
          where,
          'Use the tokenizer files that came with this model.',
        );
      });
    const at = tokens.indexOf(marker);
    return [ids(tokens.slice(0, at)), ids(tokens.slice(at + 1))];
  }

  encode(text: string): Token[] {
    const tokens: Token[] = this.before.map((id) => this.token(id, 0, 0, true));
    const clean = wellFormed(text);
    for (const section of this.asWritten.split(clean)) {
      if (section.token) tokens.push(this.token(section.token.id, section.start, section.end));
      else this.encodeSection(clean.slice(section.start, section.end), section.start, tokens);
    }
    for (const id of this.after) tokens.push(this.token(id, text.length, text.length, true));
    return tokens;
  }

  private token(id: number, start: number, end: number, special = false): Token {
    const token: Token = { id, ...this.vocabulary.entry(id).piece, start, end };
    if (special) token.special = true;
    return token;
  }

  private encodeSection(text: string, offset: number, tokens: Token[]): void {
    const aligned = normalize(text, this.definition.steps.normalizer);
    const { start, end } = aligned;
    const push = (id: number, from: number, to: number): void => {
      // What the normaliser put in has no place of its own.
      const first = start ? (start[from] ?? text.length) : from;
      const last = to > from ? (end ? end[to - 1] : to) : first;
      tokens.push(this.token(id, offset + first, offset + last));
    };
    for (const part of this.normalized.split(aligned.text)) {
      if (part.token) push(part.token.id, part.start, part.end);
      else this.encodeWords(aligned, part.start, part.end, offset, push);
    }
  }

  private encodeWords(
    aligned: Aligned,
    from: number,
    to: number,
    offset: number,
    push: (id: number, from: number, to: number) => void,
  ): void {
    const text = from === 0 && to === aligned.text.length ? aligned.text : aligned.text.slice(from, to);
    const { pre_tokenizer } = this.definition.steps;
    const options = { section_index: offset + from === 0 ? 0 : 1 };
    const words = pre_tokenizer === null ? [text] : pre_tokenizer.pre_tokenize(text, options);
    let at = 0;
    for (const string of words) {
      const word = this.word(string);
      const { ids, start, end } = word;
      if (text.startsWith(word.text, at)) {
        const base = from + at;
        for (let i = 0; i < ids.length; i++) push(ids[i], base + start[i], base + end[i]);
        at += word.text.length;
      } else {
        const place = follow(word.text, text, at);
        for (let i = 0; i < ids.length; i++) {
          const first = place.start[start[i]] ?? place.next;
          push(ids[i], from + first, from + (end[i] > start[i] ? Math.max(first, place.end[end[i] - 1]) : first));
        }
        at = place.next;
      }
    }
  }

  private word(string: string): Word {
    const cached = this.words.get(string);
    if (cached) return cached;
    const word = this.encodeWord(string);
    if (string.length <= CACHED_LENGTH) {
      if (this.words.size >= CACHED_WORDS) this.words.clear();
      this.words.set(string, word);
    }
    return word;
  }

  private encodeWord(string: string): Word {
    const { ids, lengths } = this.bpe.encode(string);
    const byteLevel = this.definition.decoder.byteLevel;
    const bytes = (byteLevel && alphabetBytes(string)) || toUtf8(string);
    const text = byteLevel ? (LETTERS.test(string) ? string.replaceAll('\u0120', ' ') : fromUtf8(bytes)) : string;
    const ranges = text.length === bytes.length ? undefined : byteRanges(bytes);
    const start: number[] = [];
    const end: number[] = [];
    let at = 0;
    for (const length of lengths) {
      start.push(ranges ? ranges.start[at] : at);
      at += length;
      end.push(ranges ? ranges.end[at - 1] : at);
    }
    return { text, ids, start, end };
  }

  describe(ids: readonly number[]): { text: string; tokens: Token[] } {
    return this.vocabulary.render(ids);
  }

  piece(id: number): Piece {
    return this.vocabulary.entry(id).piece;
  }

  decode(ids: readonly number[]): string {
    return this.vocabulary.render(ids).text;
  }

  /** The ids continue a text, so a leading space is kept. */
  stream(): { push(id: number): string; end(): string } {
    const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
    return {
      push: (id) => {
        const { kind, piece, bytes } = this.vocabulary.entry(id);
        return kind === 'bytes' ? decoder.decode(bytes, { stream: true }) : decoder.decode() + piece.text;
      },
      end: () => decoder.decode(),
    };
  }
}

function utf8Length(character: string): number {
  const code = character.codePointAt(0)!;
  return code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
}

/** How far ahead a word's next character is looked for among what the pre-tokenizer left out. */
const LOOK_AHEAD = 256;

/**
 * Where the characters of a word stand in the text it was cut from, from `at` on: pre-tokenizers put spaces in, write
 * them as ▁, and leave characters out.
 */
function follow(word: string, text: string, at: number): { start: number[]; end: number[]; next: number } {
  const start: number[] = [];
  const end: number[] = [];
  const plain = (unit: string | undefined) => (unit === '\u2581' ? ' ' : unit);
  for (let i = 0; i < word.length; i++) {
    const unit = plain(word[i]);
    let found = at;
    if (plain(text[at]) !== unit) {
      const ahead = unit === ' ' ? -1 : text.slice(at, at + LOOK_AHEAD).indexOf(word[i]);
      found = ahead < 0 ? -1 : at + ahead;
    }
    start.push(found < 0 ? at : found);
    if (found >= 0) at = found + 1;
    end.push(at);
  }
  return { start, end, next: at };
}
