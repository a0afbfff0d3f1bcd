import { kindOf, type Question } from './questions/index.ts';
import type { Subject } from './questions/subject.ts';

/** What became of a question. Dropped: newer ones of its kind overtook it, or the engine was stopped. */
export type Outcome = { result: unknown } | { dropped: true };

/** Answers what the page asks about one run. */
export class Answers {
  private asker = new AbortController();
  /** Of each kind, the oldest first. */
  private readonly underWay = new Map<string, Set<AbortController>>();

  constructor(private readonly subject: Subject) {}

  /**
   * @returns undefined when whoever asked is gone
   * @throws what the question's handler throws
   */
  async to(question: Question): Promise<Outcome | undefined> {
    const { signal: gone } = this.asker;
    const overtaken = new AbortController();
    const { atMost, handle } = kindOf(question);
    const turns = this.underWay.get(question.kind) ?? new Set();
    this.underWay.set(question.kind, turns.add(overtaken));
    for (const oldest of [...turns].slice(0, -atMost)) oldest.abort();
    try {
      const result = await handle(question, this.subject, AbortSignal.any([overtaken.signal, gone]));
      if (gone.aborted) return undefined;
      return overtaken.signal.aborted ? { dropped: true } : { result };
    } catch (error) {
      if (gone.aborted) return undefined;
      // Overtaken, or the engine was stopped.
      if (error instanceof Error && error.name === 'AbortError') return { dropped: true };
      throw error;
    } finally {
      turns.delete(overtaken);
    }
  }

  /** Gives up what is under way: another run is shown, or the page began anew. */
  forget(): void {
    this.asker.abort();
    this.asker = new AbortController();
  }
}
