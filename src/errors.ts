/** An error a person can act on: what is wrong, where, and what to do about it. */
export class TokenscopeError extends Error {
  override name = 'TokenscopeError';
  constructor(
    /** What is wrong, one sentence. */
    readonly what: string,
    /** The file, tensor, setting or place it is about. */
    readonly where: string,
    /** What the person can do. */
    readonly todo: string,
    options?: ErrorOptions,
  ) {
    super(`${where}: ${what} ${todo}`, options);
  }
}

/** A model's files are missing, damaged, hostile or of a kind not known. */
export class ModelError extends TokenscopeError {
  override name = 'ModelError';
}

/** The engine's worker ended: what was under way is lost. Its users are told of the end once, not of each lost call. */
export class EngineEnded extends TokenscopeError {
  override name = 'EngineEnded';
}
