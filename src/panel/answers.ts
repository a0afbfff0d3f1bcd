import { kindOf, type Question } from './questions/index.ts';
import type { Subject } from './questions/subject.ts';

/** What became of a question: newer ones of its kind may have overtaken it. */
export type Outcome = { result: unknown } | { dropped: true };

/** Answers what the page asks about one run. */
export class Answers {
  private asker = new AbortController();
  private readonly underWay = new Map<string, AbortController[]>();

  constructor(private readonly subject: Subject) {}

  /**
   * @returns undefined when whoever asked is gone
   * @throws what the question's handler throws
   */
  async to(question: Question): Promise<Outcome | undefined> {
    const { signal: gone } = this.asker;
    const overtaken = new AbortController();
    const { atMost, handle } = kindOf(question);
    const others = this.underWay.get(question.kind) ?? [];
    const all = [...others, overtaken];
    for (const oldest of all.splice(0, all.length - atMost)) oldest.abort();
    this.underWay.set(question.kind, all);
    try {
      const result = await handle(question, this.subject, AbortSignal.any([overtaken.signal, gone]));
      if (gone.aborted) return undefined;
      return overtaken.signal.aborted ? { dropped: true } : { result };
    } catch (error) {
      if (gone.aborted) return undefined;
      if (overtaken.signal.aborted) return { dropped: true };
      throw error;
    } finally {
      const left = this.underWay.get(question.kind)?.filter((other) => other !== overtaken);
      if (left) this.underWay.set(question.kind, left);
    }
  }

  /** Gives up what is under way: another run is shown, or the page began anew. */
  forget(): void {
    this.asker.abort();
    this.asker = new AbortController();
  }
}
