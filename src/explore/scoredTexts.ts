import { Emitter, type Reader } from './events.ts';
import type { Head } from './firstHead.ts';
import type { FollowedText } from './followedText.ts';
import { ScoredText } from './scoredText.ts';
import type { ScoredTextServices } from './services.ts';
import type { TrackedText } from './trackedText.ts';

/** A scored text in the hands of one reader, until that lets it go. */
export interface Reading<T extends FollowedText = TrackedText> {
  readonly text: ScoredText<T>;
  dispose(): void;
}

export interface ScoredTextsEvents<T extends FollowedText> {
  opened: ScoredText<T>;
  /** Its last reader let it go. */
  closed: ScoredText<T>;
  /** Whether any run is under way. */
  busy: boolean;
}

/** The scored texts of a window: one for each part of a document, whoever reads it. The last reader's going ends it. */
export class ScoredTexts<T extends FollowedText = TrackedText> {
  private readonly readers = new Map<ScoredText<T>, number>();
  /** Texts that somebody explores, and how many do. */
  private readonly explorers = new Map<ScoredText<T>, number>();
  private readonly events = new Emitter<ScoredTextsEvents<T>>();
  private opened = 0;
  /** The head that was chosen last in any text: others begin with it. */
  private head: Head | undefined;
  private busy = false;

  constructor(private readonly services: ScoredTextServices) {}

  get all(): ScoredText<T>[] {
    return [...this.readers.keys()];
  }

  isExplored(text: ScoredText<T>): boolean {
    return (this.explorers.get(text) ?? 0) > 0;
  }

  /** The reader hears what happens from now on. */
  read(reader: Reader<ScoredTextsEvents<T>>): { dispose(): void } {
    return this.events.add(reader);
  }

  /**
   * The scored text of a part of a document, for one more reader; nothing is run yet.
   * @param place becomes the text's, or is disposed if there is a text of the same part
   * @param begins token to begin with in a new text; default: the last one
   * @param explored whether the person looks at this text as such, and wants to see in the editor where it is
   */
  open(place: T, begins?: number, explored = true): Reading<T> {
    let text = this.all.find((other) => other.place.isSame(place));
    if (text) {
      if (text.place !== place) place.dispose();
      this.readers.set(text, this.readers.get(text)! + 1);
    } else {
      text = new ScoredText(place, `text ${++this.opened}`, this.services, begins, this.head);
      this.readers.set(text, 1);
      text.read({
        busy: () => this.tellBusy(),
        choice: ({ choice: { layer, head }, part }) => {
          if (part.layer !== undefined || part.head !== undefined) this.head = { layer, head };
        },
      });
      this.events.fire('opened', text);
    }
    if (explored) this.explorers.set(text, (this.explorers.get(text) ?? 0) + 1);
    return this.readingOf(text, explored);
  }

  dispose(): void {
    for (const text of this.all) text.dispose();
    this.readers.clear();
    this.events.dispose();
  }

  private readingOf(text: ScoredText<T>, explored: boolean): Reading<T> {
    let held = true;
    const dispose = () => {
      const left = (this.readers.get(text) ?? 0) - 1;
      if (!held || left < 0) return;
      held = false;
      if (explored) this.explorers.set(text, this.explorers.get(text)! - 1);
      if (left > 0) return void this.readers.set(text, left);
      this.readers.delete(text);
      this.explorers.delete(text);
      text.dispose();
      this.events.fire('closed', text);
    };
    return { text, dispose };
  }

  private tellBusy(): void {
    const busy = this.all.some((text) => text.busy);
    if (busy === this.busy) return;
    this.busy = busy;
    this.events.fire('busy', busy);
  }
}
