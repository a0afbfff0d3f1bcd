/**
 * What Tokenscope offers to other extensions: `vscode.extensions.getExtension('tokenscope.tokenscope').activate()`
 * resolves to a `TokenscopeApi`. This file needs nothing else and may be copied.
 *
 * Offsets are UTF-16 code units of the text, log-probabilities and entropies are in nats over the full vocabulary, ranks
 * start at 1. The model is the one of the settings; the first call loads it. A call whose signal aborts rejects with
 * the signal's reason at once, and its work ends after the current block.
 */
export interface TokenscopeApi {
  /** Grows with a change that could break who uses it. */
  readonly version: 1;
  /** The text's tokens. */
  tokens(text: string, signal?: AbortSignal): Promise<TextToken[]>;
  /** How likely the model finds each token, given those before it. */
  score(text: string, options?: ScoreOptions): Promise<TextScore>;
  /** What the model expects after the text. @throws Error for a text without tokens */
  next(text: string, options?: NextOptions): Promise<NextToken>;
  /** What the heads of a layer look at. @throws Error for a text without tokens, or a layer that does not exist */
  pattern(text: string, layer: number, options?: CallOptions): Promise<Pattern>;
}

export interface CallOptions {
  signal?: AbortSignal;
}

export interface ScoreOptions extends CallOptions {
  /** Most likely tokens to name at each position; default 0. */
  topK?: number;
}

export interface NextOptions extends CallOptions {
  /** Most likely tokens to name; default 10. */
  top?: number;
}

export interface TextToken {
  id: number;
  /** U+FFFD where the token is only a part of a character. */
  text: string;
  /** Range in the text, UTF-16 code units; a part of a character has the whole character's. */
  start: number;
  end: number;
  /** Set where the token's bytes are not whole characters. */
  bytes?: number[];
}

export interface Candidate {
  id: number;
  text: string;
  bytes?: number[];
  /** Nats. */
  logprob: number;
}

/** All but the token itself is null for the first one: nothing comes before it. */
export interface ScoredToken extends TextToken {
  /** Nats. */
  logprob: number | null;
  /** Among the whole vocabulary; 1 is the most likely. */
  rank: number | null;
  /** Of the distribution that the token was drawn from, in nats. */
  entropy: number | null;
  /** The most likely tokens of that distribution. */
  top: Candidate[];
}

export interface TextScore {
  /** The model's name. */
  model: string;
  precision: 'int8' | 'fp32';
  tokens: ScoredToken[];
  /** Mean negative log-likelihood of the scored tokens, in nats; null where there is none. */
  loss: number | null;
  /** exp(loss). */
  perplexity: number | null;
  /** Tokens that have a score. */
  count: number;
}

export interface NextToken {
  model: string;
  precision: 'int8' | 'fp32';
  /** Of the whole distribution, in nats. */
  entropy: number;
  /** The most likely tokens first. */
  top: Candidate[];
}

/** Attention after softmax. */
export interface Pattern {
  /** [heads, n, n]: head, position that looks, position that is looked at. */
  shape: [number, number, number];
  /** Row by row. */
  data: Float32Array;
}
