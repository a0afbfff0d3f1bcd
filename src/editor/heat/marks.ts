import type { Change } from '../../explore/trackedRange.ts';

/** A tinted token, in offsets of the document. */
export interface HeatMark {
  start: number;
  end: number;
  /** See heatStep. */
  step: number;
  /** The text before it, or its own, changed since. */
  stale: boolean;
}

/**
 * The tinted tokens of a document. An edit makes those from its place on stale, since a token's numbers depend on all
 * that comes before it and on nothing after; they move with the text until they are computed anew.
 */
export class HeatMarks {
  /** In the order of the text. */
  all: readonly HeatMark[] = [];

  /** @returns whether any became stale or is none any more; else they have only moved, as VS Code's do by themselves */
  edited({ offset, length, inserted }: Change): boolean {
    const shift = inserted - length;
    let others = false;
    this.all = this.all.flatMap((mark) => {
      if (mark.end <= offset) return [mark];
      if (mark.start >= offset + length) {
        others ||= !mark.stale;
        return [{ ...mark, start: mark.start + shift, end: mark.end + shift, stale: true }];
      }
      // What is inside of a token that was edited is no token any more.
      others = true;
      return [];
    });
    return others;
  }

  /** New marks of the tokens up to an offset; what stands after it stays as it is. */
  scored(marks: readonly HeatMark[], to: number): void {
    this.all = [...marks, ...this.all.filter(({ start }) => start >= to)];
  }

  clear(): void {
    this.all = [];
  }
}
