import { ModelError, named, oneLine, TokenscopeError } from '../../errors.ts';
import type { TokenizerDefinition } from '../../weights/source.ts';
import { breathe } from '../running/breathe.ts';
import { AddedTokenFinder } from './addedTokens.ts';
import { Bpe } from './bpe.ts';
import { toAlphabet } from './byteAlphabet.ts';
import { type AddedToken, type CheckedDefinition, checkDefinition } from './definition.ts';
import { fillInOf } from './fillIn.ts';
import { type Aligned, normalize } from './normalize.ts';
import type { FillIn, Piece, Token, Tokenizer } from './types.ts';
import { byteRanges, toUtf8, wellFormed } from './utf8.ts';
import { Vocabulary } from './vocabulary.ts';

/**
 * A tokenizer with exact UTF-16 offsets. It is ours throughout, since it must say where a token stands; of
 * `@huggingface/tokenizers` it takes the translation of regular expressions.
 *
 * @param where the file or folder the definition is from, for errors
 * @param modelVocabSize rows of the model's embedding
 * @throws ModelError for a definition that is malformed, of an unknown kind, or with ids beyond the model's vocabulary
 */
export function createTokenizer(definition: TokenizerDefinition, where: string, modelVocabSize: number): Tokenizer {
  const fail = (what: string, cause?: unknown): never => {
    throw new ModelError(what, where, 'Use the tokenizer files that came with this model.', { cause });
  };
  for (const id of definition.eosIds) {
    if (!Number.isSafeInteger(id) || id < 0 || id >= modelVocabSize)
      fail(`The text's end is token ${id}, but the model knows only ${modelVocabSize} tokens.`);
  }
  try {
    const checked = checkDefinition(definition, where, modelVocabSize);
    return new BpeTokenizer(checked, [...definition.eosIds], modelVocabSize, where);
  } catch (error) {
    if (error instanceof TokenscopeError) throw error;
    return fail(`The tokenizer cannot be used: ${messageOf(error)}.`, error);
  }
}

const messageOf = (error: unknown): string => oneLine(error instanceof Error ? error.message : String(error), 300);

/** Tokens of one word: token i covers code units [start[i], end[i]) of it. */
interface Word {
  ids: readonly number[];
  start: readonly number[];
  end: readonly number[];
}

/** Longer words hardly come again; a full cache starts over. */
const CACHED_LENGTH = 64;
const CACHED_WORDS = 1 << 16;
/** Words that are encoded before other work gets its turn. */
const WORDS_AT_ONCE = 4096;
const LETTERS = /^[\x20-\x7e]*$/;
/** What a pre-tokenizer may leave out. */
const SPACES = /^[\p{White_Space}\u2581]*$/u;

class BpeTokenizer implements Tokenizer {
  readonly addsBos: boolean;
  readonly fillIn: FillIn | undefined;
  private readonly vocabulary: Vocabulary;
  private readonly bpe: Bpe;
  private readonly asWritten: AddedTokenFinder;
  private readonly normalized: AddedTokenFinder;
  private readonly words = new Map<string, Word>();

  constructor(
    private readonly definition: CheckedDefinition,
    readonly eosIds: readonly number[],
    readonly vocabSize: number,
    private readonly where: string,
  ) {
    const { added, normalizer, preTokenizer, model, frame } = definition;
    this.vocabulary = new Vocabulary(definition);
    this.bpe = new Bpe(model, preTokenizer.byteLevel ? () => 1 : utf8Length);
    const late = (token: AddedToken) => token.normalized && normalizer !== undefined;
    this.asWritten = new AddedTokenFinder(added.filter((t) => !late(t)).map((t) => [t.content, t]));
    this.normalized = new AddedTokenFinder(
      added.filter(late).map((t) => [normalize(t.content, normalizer, normalizer!.limit(t.content.length)).text, t]),
    );
    this.addsBos = frame.before.length > 0;
    this.fillIn = fillInOf(added);
  }

  encode(text: string): Token[] {
    const steps = this.encoding(text);
    for (;;) {
      const step = steps.next();
      if (step.done) return step.value;
    }
  }

  async encodeInTurns(text: string, signal?: AbortSignal): Promise<Token[]> {
    const steps = this.encoding(text);
    for (;;) {
      await breathe(signal);
      const step = steps.next();
      if (step.done) return step.value;
    }
  }

  /** Stops now and then, for other work. @throws TokenscopeError for whatever goes wrong, see Tokenizer */
  private *encoding(text: string): Generator<void, Token[]> {
    try {
      return yield* this.encodeSections(text);
    } catch (error) {
      if (error instanceof TokenscopeError) throw error;
      throw this.failure(messageOf(error), error);
    }
  }

  private failure(why: string, cause?: unknown): TokenscopeError {
    return new TokenscopeError(
      `The text cannot be cut into tokens: ${why}.`,
      this.where,
      'Use the tokenizer files that came with this model, or another text.',
      { cause },
    );
  }

  private *encodeSections(text: string): Generator<void, Token[]> {
    const { frame, normalizer } = this.definition;
    const tokens: Token[] = frame.before.map((id) => this.token(id, 0, 0, true));
    const clean = wellFormed(text);
    /** Code units that all normalised text together may still have. */
    let room = normalizer?.limit(clean.length) ?? clean.length;
    for (const section of this.asWritten.split(clean)) {
      if (section.token) {
        tokens.push(this.token(section.token.id, section.start, section.end));
        continue;
      }
      const aligned = normalize(clean.slice(section.start, section.end), normalizer, room);
      room -= aligned.text.length;
      yield* this.encodeSection(aligned, section.start, section.end, tokens);
    }
    for (const id of frame.after) tokens.push(this.token(id, text.length, text.length, true));
    return tokens;
  }

  private token(id: number, start: number, end: number, special = false): Token {
    const token: Token = { id, ...this.vocabulary.entry(id).piece, start, end };
    if (special) token.special = true;
    return token;
  }

  /** @param aligned what the normaliser made of [sectionStart, sectionEnd) of the text */
  private *encodeSection(
    aligned: Aligned,
    sectionStart: number,
    sectionEnd: number,
    tokens: Token[],
  ): Generator<void, void> {
    const { start, end } = aligned;
    const push = (id: number, from: number, to: number): void => {
      // What the normaliser put in has no place of its own.
      const first = start ? sectionStart + (start[from] ?? sectionEnd - sectionStart) : sectionStart + from;
      const last = to > from ? sectionStart + (end ? end[to - 1] : to) : first;
      tokens.push(this.token(id, first, last));
    };
    for (const part of this.normalized.split(aligned.text)) {
      if (part.token) push(part.token.id, part.start, part.end);
      else yield* this.encodeWords(aligned.text.slice(part.start, part.end), part.start, sectionStart === 0, push);
    }
  }

  /** @param offset where the text begins in its section */
  private *encodeWords(
    text: string,
    offset: number,
    firstSection: boolean,
    push: (id: number, from: number, to: number) => void,
  ): Generator<void, void> {
    let at = 0;
    let count = 0;
    for (const cut of this.definition.preTokenizer.cut(text, firstSection && offset === 0)) {
      if (cut.start > at) this.checkGap(text.slice(at, cut.start));
      at = cut.start + cut.text.length - cut.lead;
      const { ids, start, end } = this.word(cut.text);
      const base = offset + cut.start;
      for (let i = 0; i < ids.length; i++)
        push(ids[i], base + Math.max(start[i] - cut.lead, 0), base + Math.max(end[i] - cut.lead, 0));
      if (++count % WORDS_AT_ONCE === 0) yield;
    }
    if (at < text.length) this.checkGap(text.slice(at));
  }

  private checkGap(left: string): void {
    if (!SPACES.test(left)) throw this.failure(`the tokenizer would leave out ${named(left)}`);
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
    const { byteLevel } = this.definition.preTokenizer;
    const ascii = LETTERS.test(string);
    const bytes = ascii ? undefined : toUtf8(string);
    const { ids, lengths } = this.bpe.encode(byteLevel ? toAlphabet(bytes ?? toUtf8(string)) : string);
    const ranges = bytes && byteRanges(bytes);
    const start: number[] = [];
    const end: number[] = [];
    let at = 0;
    for (const length of lengths) {
      const first = length > 0 || at === 0 ? at : at - 1;
      at += length;
      start.push(ranges ? ranges.start[first] : first);
      end.push(ranges ? ranges.end[at - 1] : at);
    }
    if (end.at(-1) !== string.length) throw this.failure(`the tokenizer has no tokens for ${named(string)}`);
    return { ids, start, end };
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
