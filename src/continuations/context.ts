/** The text before a caret, as far as it is wanted. Offsets are UTF-16 code units. */
export interface TextBefore {
  /** Where the caret is. */
  readonly length: number;
  slice(start: number, end: number): string;
}

/** Code units that a token stands for at least, in nearly every text: how much is read for so many tokens. */
export const UNITS_PER_TOKEN = 3;

/**
 * Where the context of a caret begins: at a line, and at the same one while the caret moves on, so that what was computed
 * of it holds. It holds between half and all of what is allowed; a text that is shorter is taken whole.
 * @param tokens that the context may have
 * @param tighter how often the context was found to have more of them: each time it is halved
 */
export function contextStart(text: TextBefore, tokens: number, tighter = 0): number {
  const most = Math.max(2, Math.floor((tokens * UNITS_PER_TOKEN) / 2 ** tighter));
  if (text.length <= most) return 0;
  // Steps are counted from the document's start: the beginning jumps by one step, then stays for as long.
  const step = Math.floor(most / 2);
  const from = Math.ceil((text.length - most) / step) * step;
  const ahead = text.slice(from - 1, Math.min(text.length, from + step));
  const line = ahead.lastIndexOf('\n', step / 2) >= 0 ? ahead.indexOf('\n') : -1;
  if (line >= 0) return from + line;
  // One line without an end: never inside a surrogate pair.
  const unit = ahead.charCodeAt(1);
  return unit >= 0xdc00 && unit <= 0xdfff ? from + 1 : from;
}
