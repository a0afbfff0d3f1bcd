/** Longer tokens hardly exist: text beyond this many code units a token of the limit is not even tokenised. */
export const UNITS_PER_TOKEN = 40;

/** The end of the text that is worth tokenising: never inside a surrogate pair. */
export function textEnd(text: string, limit: number): number {
  const end = limit * UNITS_PER_TOKEN;
  if (text.length <= end) return text.length;
  const unit = text.charCodeAt(end - 1);
  return unit >= 0xd800 && unit <= 0xdbff ? end - 1 : end;
}

/** What of a selection is used. */
export interface Clipped<T> {
  tokens: T[];
  /** Code units of the text that the used tokens stand for. */
  end: number;
  /** Whether something was left out. */
  clipped: boolean;
}

/**
 * The first tokens up to the limit.
 * @param tokens of text[0, cut)
 * @param length of the whole text
 */
export function clipTokens<T extends { end: number }>(
  tokens: readonly T[],
  limit: number,
  cut: number,
  length: number,
): Clipped<T> {
  if (tokens.length <= limit && cut === length) return { tokens: [...tokens], end: length, clipped: false };
  // The last token of a text that was cut might have been a longer one.
  const used = tokens.slice(0, Math.min(limit, cut < length ? Math.max(1, tokens.length - 1) : limit));
  return { tokens: used, end: used.length > 0 ? used[used.length - 1].end : 0, clipped: true };
}
