import type { OffsetRange } from './trackedRange.ts';

/**
 * Where a candidate for `position` goes: in place of the token there, or after the last one. Offsets count from the
 * start of the explored text. Undefined for a position inside a character: what comes before it is half a character.
 */
export function candidateRange(
  tokens: readonly (OffsetRange & { bytes?: ArrayLike<number> })[],
  position: number,
): OffsetRange | undefined {
  if (position >= tokens.length) {
    const end = tokens.length > 0 ? tokens[tokens.length - 1].end : 0;
    return { start: end, end };
  }
  const { start, end, bytes } = tokens[position];
  const before = tokens[position - 1];
  const insideCharacter = bytes !== undefined && before?.bytes !== undefined && before.end > start;
  return insideCharacter ? undefined : { start, end };
}

/** The token an offset is in; at the very end, the last one, or the place after it where that is chosen. Of several parts of a character, the chosen one. */
export function tokenAt(tokens: readonly OffsetRange[], offset: number, chosen: number): number | null {
  const holds = (t: OffsetRange | undefined) => t !== undefined && t.start <= offset && offset < t.end;
  if (holds(tokens[chosen])) return chosen;
  const position = tokens.findIndex(holds);
  if (position >= 0) return position;
  if (tokens.length === 0 || tokens[tokens.length - 1].end !== offset) return null;
  return chosen === tokens.length ? chosen : tokens.length - 1;
}

const ENDS_A_WORD = /[\p{L}\p{M}\p{N}_]$/u;

/**
 * The token that a selection is about: the last one it overlaps. Without one, or where it ends outside the tokens, the token
 * at the caret: the one that a word before the caret ends with, else the one the caret is in or before.
 * @param selection in the order of the text; `caret` is one of its ends. Offsets count from the start of the explored text
 * @param before what stands right before the caret
 */
export function tokenSelected(
  tokens: readonly OffsetRange[],
  { start, end, caret }: OffsetRange & { caret: number },
  before: string,
  chosen: number,
): number | null {
  const last = tokens[tokens.length - 1]?.end ?? 0;
  const overlapped = tokens.findLastIndex((token) => token.start < end && start < token.end);
  if (start < end && end <= last && overlapped >= 0) return overlapped;
  const inWord = caret > 0 && caret < last && ENDS_A_WORD.test(before);
  return tokenAt(tokens, inWord ? caret - 1 : caret, chosen);
}

/** Where a token stands, or the place after the last one; undefined if there is no such token. @param start of the text */
export function placeOf(tokens: readonly OffsetRange[], token: number, start: number): OffsetRange | undefined {
  if (!(token >= 0 && token <= tokens.length)) return undefined;
  const last = tokens[tokens.length - 1];
  const range = tokens[token] ?? { start: last.end, end: last.end };
  return { start: range.start + start, end: range.end + start };
}

/**
 * The chosen token of a text that was run again: the same; who stood at the end, or after it, stays there.
 * @param before how many tokens there were; undefined: the text is new
 * @param count how many there are now
 */
export function stayingChoice(token: number, before: number | undefined, count: number): number {
  const fromEnd = before === undefined ? Number.NEGATIVE_INFINITY : token - before;
  return fromEnd >= -1 ? count + fromEnd : Math.min(token, count - 1);
}
