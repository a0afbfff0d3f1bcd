/** Asks the host for what the open view needs and does not have: each thing once a run. */
import type { AnswerMessage, ErrorView, PageMessage } from '../src/panel/protocol.ts';
import { keyOf, type Question, type Result, withAnswer } from './answers.ts';
import type { State, Store } from './store.ts';

export type Reply<R> = { result: R } | { error: ErrorView } | { dropped: true };

/** Questions to the host, and what became of them. */
export class Asker {
  private lastId = 0;
  private readonly asked = new Map<number, { run: number; settle(reply: Reply<unknown>): void }>();

  constructor(private readonly send: (message: PageMessage) => void) {}

  /** Asks about the tokens of a run. Never settles when that run is past. */
  ask<Q extends Question>(run: number, question: Q): Promise<Reply<Result<Q>>> {
    const id = this.lastId++;
    return new Promise((resolve) => {
      this.asked.set(id, { run, settle: resolve as (reply: Reply<unknown>) => void });
      this.send({ type: 'ask', run, id, question });
    });
  }

  receive({ run, id, ...reply }: AnswerMessage): void {
    const question = this.asked.get(id);
    if (question?.run !== run) return;
    this.asked.delete(id);
    question.settle(reply);
  }

  /** What is not answered yet will not be: it was about an older run. */
  forget(): void {
    this.asked.clear();
  }
}

/** @param needs questions that the open view needs answered, the most urgent first */
export function watchNeeds(store: Store, asker: Asker, needs: (state: Readonly<State>) => Question[]): void {
  let run = -1;
  /** Keys of what is needed and asked. */
  let waiting = new Map<string, Promise<unknown>>();
  /** Keys of what the host dropped though it is needed still: asked again once it has answered something else. */
  let dropped = new Set<string>();

  function ask(key: string, question: Question): void {
    const reply = asker.ask(run, question);
    waiting.set(key, reply);
    void reply.then((became) => {
      const current = waiting.get(key) === reply;
      if (current) waiting.delete(key);
      if (!('dropped' in became)) {
        dropped.clear();
        const needed = new Set(needs(store.state).map(keyOf));
        store.set({ answers: withAnswer(store.state.answers, key, became, needed) });
      } else if (current) dropped.add(key);
    });
  }

  store.subscribe((state) => {
    if (run !== state.run) {
      run = state.run;
      asker.forget();
      waiting = new Map();
      dropped = new Set();
    }
    // The engine is busy until then, and a changed text is run again soon.
    if (state.outdated || (state.status !== 'done' && state.status !== 'cancelled')) return;
    const needed = new Map(needs(state).map((question) => [keyOf(question), question]));
    // What is not needed any more is not waited for: the host may drop it.
    waiting = new Map([...waiting].filter(([key]) => needed.has(key)));
    dropped = new Set([...dropped].filter((key) => needed.has(key)));
    for (const [key, question] of needed) {
      if (!state.answers.has(key) && !waiting.has(key) && !dropped.has(key)) ask(key, question);
    }
  });
}
