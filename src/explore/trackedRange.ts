/** A range of a document in UTF-16 code units. */
export interface OffsetRange {
  start: number;
  end: number;
}

/** One change of a document: `length` code units at `offset` became `inserted` ones. */
export interface Change {
  offset: number;
  length: number;
  inserted: number;
}

/**
 * Where a range is after a change, and whether its text changed. What is typed at its end belongs to it, so that one
 * can write on; what is typed right before it does not.
 */
export function trackRange(range: OffsetRange, change: Change): OffsetRange & { touched: boolean } {
  const { start, end } = range;
  const changeEnd = change.offset + change.length;
  const shift = change.inserted - change.length;
  const typedAtEnd = change.offset === end && change.length === 0;
  if (change.offset > end || (change.offset === end && !typedAtEnd)) return { start, end, touched: false };
  // An empty range is where one writes.
  if (changeEnd <= start && !(typedAtEnd && start === end)) {
    return { start: start + shift, end: end + shift, touched: false };
  }
  // What replaced a part of the text and some more beside it belongs to the text.
  return { start: Math.min(start, change.offset), end: Math.max(end, changeEnd) + shift, touched: true };
}
