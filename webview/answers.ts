/** What the host answered in this run, by question, whatever the kind. */
import type { ErrorView } from '../src/panel/protocol.ts';
import type { Question, Result } from '../src/panel/questions/index.ts';

export type { Question, Result };

export type Answer<R = unknown> = { result: R } | { error: ErrorView };
export type Answers = ReadonlyMap<string, Answer>;

/** Bytes of numbers that are kept besides what is needed now. */
const MOST_BYTES = 96 * 2 ** 20;

/** The same for equal questions. */
export const keyOf = (question: Question): string =>
  JSON.stringify(Object.entries(question).sort(([a], [b]) => (a < b ? -1 : 1)));

/** The answer to a question; undefined as long as there is none. */
export function answerTo<Q extends Question>(
  { answers }: Readonly<{ answers: Answers }>,
  question: Q,
): Answer<Result<Q>> | undefined {
  return answers.get(keyOf(question)) as Answer<Result<Q>> | undefined;
}

/** What a question was answered with; undefined as long as there is nothing. */
export function resultOf<Q extends Question>(state: Readonly<{ answers: Answers }>, question: Q) {
  const answer = answerTo(state, question);
  return answer && 'result' in answer ? answer.result : undefined;
}

/** Why a question has no result; null where it has one, or none yet. */
export function errorOf(state: Readonly<{ answers: Answers }>, question: Question): ErrorView | null {
  const answer = answerTo(state, question);
  return answer && 'error' in answer ? answer.error : null;
}

/** The answers with one more; of those nobody needs, the oldest go when there are too many numbers. */
export function withAnswer(answers: Answers, key: string, answer: Answer, needed: ReadonlySet<string>): Answers {
  const kept = new Map(answers);
  kept.delete(key);
  kept.set(key, answer);
  let bytes = 0;
  for (const each of kept.values()) bytes += bytesOf(each);
  for (const [other, each] of kept) {
    if (bytes <= MOST_BYTES) break;
    if (other === key || needed.has(other)) continue;
    kept.delete(other);
    bytes -= bytesOf(each);
  }
  return kept;
}

function bytesOf(answer: Answer): number {
  if (!('result' in answer) || typeof answer.result !== 'object' || answer.result === null) return 0;
  let bytes = 0;
  for (const value of Object.values(answer.result)) if (ArrayBuffer.isView(value)) bytes += value.byteLength;
  return bytes;
}
