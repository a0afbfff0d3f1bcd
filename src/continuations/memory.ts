import type { Suggestion } from './suggester.ts';

/** Where a suggestion is made. */
export interface Place {
  /** The document. */
  document: string;
  /** Where its context begins there. */
  start: number;
  /** The context: the text up to the caret. */
  before: string;
  /** The rest of the caret's line. */
  lineAfter: string;
}

interface Entry extends Place {
  /** The first is the one that is shown. Empty: nothing was to be offered. */
  suggestions: readonly Suggestion[];
  /** Whether the others are there too. */
  all: boolean;
}

const AT_MOST = 100;

/**
 * What was suggested, so that who types through a suggestion keeps it, and who goes back finds the earlier one: at the
 * same place the same is suggested again, without a run.
 */
export class SuggestionMemory {
  /** The newest last. */
  private entries: Entry[] = [];

  /** @param all whether these are all there are to cycle through */
  add(place: Place, suggestions: readonly Suggestion[], all: boolean): void {
    this.entries = this.entries.filter((entry) => !(isBeside(entry, place) && entry.before === place.before));
    this.entries.push({ ...place, suggestions, all });
    if (this.entries.length > AT_MOST) this.entries.shift();
  }

  /** What is suggested at a place, the likeliest that fits what was typed first; undefined: nothing is known of it. */
  at(place: Place): { suggestions: readonly Suggestion[]; all: boolean } | undefined {
    for (const entry of this.entries.toReversed()) {
      if (!isBeside(entry, place) || !place.before.startsWith(entry.before)) continue;
      const typed = place.before.slice(entry.before.length);
      if (typed === '') return entry;
      // Who types into another than the first goes on with that: VS Code shows it by itself where it was offered.
      const left = entry.suggestions
        .map((suggestion) => typedThrough(suggestion, typed))
        .filter((one) => one !== undefined);
      if (left.length > 0) return { suggestions: left, all: false };
    }
    return undefined;
  }

  /** A document is closed: another may come under its name. */
  forget(document: string): void {
    this.entries = this.entries.filter((entry) => entry.document !== document);
  }

  clear(): void {
    this.entries = [];
  }
}

const isBeside = (a: Place, b: Place) =>
  a.document === b.document && a.start === b.start && a.lineAfter === b.lineAfter;

/** What is left of a suggestion when its first characters were typed; undefined if something else was, or all of it. */
export function typedThrough(suggestion: Suggestion, typed: string): Suggestion | undefined {
  const { text, typed: before } = suggestion;
  if (!text.startsWith(typed) || text.length === typed.length) return undefined;
  return { ...suggestion, text: text.slice(typed.length), typed: before + typed };
}
