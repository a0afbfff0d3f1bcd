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
  if (change.offset > end) return { start, end, touched: false };
  // Right before it, unless the range is empty: then it is where one writes.
  if (changeEnd <= start && !(changeEnd === start && end === start)) {
    return { start: start + shift, end: end + shift, touched: false };
  }
  // A removal that only begins where the range ends.
  if (change.offset === end && change.length > 0) {
    return { start, end: end + change.inserted, touched: change.inserted > 0 };
  }
  const newStart = Math.min(start, change.offset);
  const newEnd = Math.max(end, changeEnd) + shift;
  // What was replaced beyond its borders stays outside as far as one can say.
  const before = Math.max(0, start - change.offset);
  const clippedStart = before > 0 ? Math.min(change.offset + change.inserted, change.offset + before) : newStart;
  const after = Math.max(0, changeEnd - end);
  return { start: clippedStart, end: Math.max(clippedStart, newEnd - Math.min(after, change.inserted)), touched: true };
}
