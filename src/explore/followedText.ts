import { textEnd, UNITS_PER_TOKEN } from './clip.ts';
import type { Event } from './events.ts';
import type { OffsetRange } from './trackedRange.ts';

/** A part of a document that follows edits, as TrackedText. Offsets are UTF-16 code units of the document. */
export interface FollowedText {
  readonly name: string;
  readonly range: OffsetRange;
  /** The text of the range, or its first `most` code units. */
  text(most?: number): string;
  readonly onDidChange: Event<void>;
  /** A sentence that says what became of the document. */
  readonly onDidMove: Event<string>;
  isSame(other: FollowedText): boolean;
  dispose(): void;
}

/** What of a text is tokenised. */
export interface Excerpt {
  text: string;
  /** Code units of the whole text. */
  length: number;
}

/** The beginning of a text that may hold `maxTokens` tokens. */
export function excerpt(place: FollowedText, maxTokens: number): Excerpt {
  const { start, end } = place.range;
  const head = place.text(maxTokens * UNITS_PER_TOKEN + 1);
  return { text: head.slice(0, textEnd(head, maxTokens)), length: end - start };
}

/** Whether the text is what it was. */
export function isStill(place: FollowedText, { text, length }: Excerpt): boolean {
  const { start, end } = place.range;
  return end - start === length && place.text(text.length) === text;
}
