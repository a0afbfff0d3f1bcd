/** One token of a text. `start`/`end` are UTF-16 code units of the text, as VS Code counts. */
export interface Token {
  id: number;
  /**
   * What a person reads: the token's own text with no joining rule applied. A token that holds only part of a
   * character has `text` = '\uFFFD' for that part and its bytes in `bytes`.
   */
  text: string;
  /** Range of the text it stands for; a token inside a character has the whole character's range. */
  start: number;
  end: number;
  /** Set when the token's bytes are not whole UTF-8 characters. */
  bytes?: Uint8Array;
  /** Control tokens such as <|endoftext|>. Added by the tokenizer itself (BOS): start = end = 0. */
  special?: boolean;
}

/** The text of one vocabulary entry, for lists of candidates. */
export interface Piece {
  text: string;
  bytes?: Uint8Array;
  special?: boolean;
}

/** Ids of the tokens with which a model is asked to fill in what is missing between two texts (FIM, arXiv 2207.14255). */
export interface FillIn {
  prefix: number;
  suffix: number;
  middle: number;
  /** What ends the text that is filled in, besides the end of a text. */
  ends: readonly number[];
}

export interface Tokenizer {
  readonly vocabSize: number;
  /** Whether the tokenizer itself puts a BOS in front (Tokenscope never adds one). */
  readonly addsBos: boolean;
  readonly eosIds: readonly number[];
  /** Set if it has tokens for filling in. */
  readonly fillIn?: FillIn;
  /**
   * The tokens' ranges cover all of the text that the normaliser kept, but for white space a pre-tokenizer drops.
   * @throws TokenscopeError where the tokenizer would lose text or multiply it
   */
  encode(text: string): Token[];
  /** The same, with turns for other work, so that a cancellation is heard. @throws the signal's reason too */
  encodeInTurns(text: string, signal?: AbortSignal): Promise<Token[]>;
  /** Tokens given by id: texts and offsets into the text they decode to. */
  describe(ids: readonly number[]): { text: string; tokens: Token[] };
  piece(id: number): Piece;
  /** The ids' text, bytes of a character spread over several tokens joined; incomplete ones become U+FFFD. */
  decode(ids: readonly number[]): string;
  /** Decodes a growing sequence: text is held back until its characters are complete. */
  stream(): { push(id: number): string; end(): string };
}
