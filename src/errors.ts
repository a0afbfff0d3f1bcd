/** An error a person can act on: what is wrong, where, and what to do about it. */
export class TokenscopeError extends Error {
  override name = 'TokenscopeError';
  /** What is wrong, one sentence. */
  readonly what: string;
  /** The file, tensor, setting or place it is about. */
  readonly where: string;
  /** What the person can do. */
  readonly todo: string;

  /** Each part is shown as one line of bounded length, see {@link oneLine}: names in it may come from a hostile file. */
  constructor(what: string, where: string, todo: string, options?: ErrorOptions) {
    const [shownWhat, shownWhere, shownTodo] = [what, where, todo].map((part) => oneLine(part, LONGEST_PART));
    super(`${shownWhere}: ${shownWhat} ${shownTodo}`, options);
    this.what = shownWhat;
    this.where = shownWhere;
    this.todo = shownTodo;
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

/** In UTF-16 code units. */
const LONGEST_PART = 800;
const LONGEST_VALUE = 300;

/** What moves a terminal's cursor, breaks a line, or turns the direction of what follows. */
const INVISIBLE = /[\p{Cc}\p{Surrogate}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/gu;

/** A text as one line of at most `limit` code units: control characters as \u{…}, the middle of a longer one left out. */
export function oneLine(text: string, limit: number): string {
  const escaped = cut(text, limit).replace(INVISIBLE, (unit) => `\\u{${unit.codePointAt(0)!.toString(16)}}`);
  return cut(escaped, limit);
}

function cut(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const tail = Math.floor(limit / 3);
  return `${text.slice(0, limit - tail - 3)} … ${text.slice(-tail)}`;
}

/** A value of a file as an error names it: a text in quotes and cut short, anything with parts by its kind. */
export function named(value: unknown): string {
  if (typeof value === 'string') return `"${oneLine(value, LONGEST_VALUE)}"`;
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}
