/** What is asked of the logit lens: windows of the text, with what is wanted besides. */
import { answerTo, errorOf, type Question, resultOf } from './answers.ts';
import { lookingToken, type State } from './store.ts';

/** Positions asked for at once, and windows beside what is seen that are asked ahead. */
export const WINDOW = 32;
const AHEAD = 8;

type Asked = Extract<Question, { kind: 'lens' }>;

/** What takes longer to be known, and is asked for where it is wanted. */
const EXTRAS = [{}, { kl: true }, { mid: true }, { kl: true, mid: true }] as const satisfies Partial<Asked>[];

const windowWith = ({ tokens, depth }: Readonly<State>, index: number, extra: Partial<Asked>): Asked => ({
  kind: 'lens',
  from: index * WINDOW,
  count: Math.min(WINDOW, tokens.length - index * WINDOW),
  ...(depth.token !== null && { target: depth.token }),
  ...extra,
});

/** The least that holds what is wanted, or more where that is there already. */
export function windowOf(state: Readonly<State>, index: number): Asked {
  const { measure, mid } = state.depth;
  const enough = EXTRAS.filter((extra) => (measure !== 'kl' || 'kl' in extra) && (!mid || 'mid' in extra));
  const questions = enough.map((extra) => windowWith(state, index, extra));
  return questions.find((question) => answerTo(state, question)) ?? questions[0];
}

/** What is known of a window, be it less than what is wanted. */
export function knownWindow(state: Readonly<State>, index: number) {
  const questions = [windowOf(state, index), ...EXTRAS.map((extra) => windowWith(state, index, extra))];
  return questions.map((question) => resultOf(state, question)).find((result) => result);
}

/** Nothing comes after the last token: there the likeliest token of the output is followed. Null elsewhere. */
export function followed(state: Readonly<State>) {
  const { tokens, scores, depth } = state;
  const position = tokens.length - 1;
  const likeliest = scores.topIds[position]?.[0];
  if (depth.token !== null || lookingToken(state) !== position || likeliest === undefined) return null;
  const mid = depth.mid ? ({ mid: true } as const) : {};
  return { kind: 'lens', from: position, count: 1, follow: likeliest, ...mid } as const satisfies Question;
}

/** Windows in the order they are wanted: what is seen, where the chosen token is, what is beside it. */
function windowsOf(state: Readonly<State>): { wanted: number[]; beside: number[] } {
  const { seen } = state.depth;
  const n = state.tokens.length;
  if (!state.model || !seen || n === 0) return { wanted: [], beside: [] };
  const last = Math.ceil(n / WINDOW) - 1;
  const [from, to] = [seen.from, seen.to].map((column) => Math.min(last, Math.floor(column / WINDOW)));
  const chosen = Math.floor(lookingToken(state) / WINDOW);
  const all = Array.from({ length: last + 1 }, (_, i) => i);
  const wanted = [...new Set([...all.slice(from, to + 1), chosen])];
  const distance = (i: number) => Math.max(from - i, i - to);
  const beside = all.filter((i) => !wanted.includes(i)).sort((a, b) => distance(a) - distance(b));
  return { wanted, beside: beside.slice(0, AHEAD) };
}

function questionsOf(state: Readonly<State>): Asked[] {
  const { wanted, beside } = windowsOf(state);
  const follow = wanted.length > 0 ? followed(state) : null;
  const asked = (index: number) => windowOf(state, index);
  return [...wanted.map(asked), ...(follow ? [follow] : []), ...beside.map(asked)];
}

/** What is needed and there, and the first that is not: the engine works on one at a time. */
export function lensNeeds(state: Readonly<State>): Question[] {
  const questions = questionsOf(state);
  const open = questions.filter((question) => !answerTo(state, question));
  return [...questions.filter((question) => resultOf(state, question)), ...open.slice(0, 1)];
}

/** Whether all that is in view has been looked at. */
export function isLookedAt(state: Readonly<State>): boolean {
  const { wanted } = windowsOf(state);
  return wanted.length > 0 && wanted.every((i) => resultOf(state, windowOf(state, i)));
}

export const lensError = (state: Readonly<State>) =>
  questionsOf(state)
    .map((question) => errorOf(state, question))
    .find((error) => error) ?? null;
