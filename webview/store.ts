/** The page's one state. Views read it and are told what changed; only this module's `set` writes it. */
import type { Ablated } from '../src/analysis/ablation.ts';
import type {
  ErrorView,
  ModelView,
  PageState,
  PieceView,
  ScoreChunk,
  TokenView,
  Totals,
  TourView,
} from '../src/panel/protocol.ts';
import type { Answers } from './answers.ts';

/** Starting: the host has said nothing yet. */
export type Status = 'starting' | 'empty' | 'loading' | 'computing' | 'done' | 'stale' | 'error' | 'cancelled';

/** One head's pattern; the heads' mean, or largest weight; attention rolled out through the layers up to this one. */
export type Measure = 'head' | 'mean' | 'max' | 'rollout';

/** Results of all positions of a run; entry i is known when i < `known`. Units as in ScoreChunk. */
export interface Scores {
  known: number;
  logprob: Float32Array;
  rank: Int32Array;
  entropy: Float32Array;
  lse: Float32Array;
  topIds: Int32Array[];
  topLogprobs: Float32Array[];
}

export interface State {
  status: Status;
  run: number;
  /** The run that is under way: not yet the shown one while its model loads. */
  busyRun: number;
  /** What is shown is of an older text, or of a run before the one under way. */
  outdated: boolean;
  reason: string;
  notice: string;
  error: ErrorView | null;
  document: { name: string; uri: string; code?: boolean } | null;
  note: string;
  tokens: TokenView[];
  scores: Scores;
  /** The chunk that came last. */
  chunk: { from: number; count: number } | null;
  totals: Totals | null;
  /** Of the unchanged model, where something is switched off. */
  before: Totals | null;
  milliseconds: number | null;
  model: ModelView | null;
  progress: { stage: 'load' | 'compute'; done: number; total: number; label: string } | null;
  pieces: Map<number, PieceView>;
  /** A token's position; tokens.length is the place after the last one. */
  chosen: number;
  hovered: number | null;
  /** What the hovered token looks at, while a cell of the attention matrix is pointed at. */
  target: number | null;
  /** What the host answered, by question. A new map at every change. */
  answers: Answers;
  /** Id of the open view. */
  view: string;
  layer: number;
  head: number;
  /** Whether somebody chose layer or head: until then the page looks for one worth seeing. */
  headChosen: boolean;
  /** What of a layer is shown: one head, or all of them together. */
  measure: Measure;
  /** Whether weights are multiplied with the norms of the values they mix. */
  times: boolean;
  /** What others choose is not followed. */
  lock: { token: boolean; head: boolean };
  /** The head that others are compared with. */
  compared: { layer: number; head: number } | null;
  /** The head that is pointed at among many. */
  peeked: { layer: number; head: number } | null;
  /** The first token's column left out of the colour scale. */
  withoutFirst: boolean;
  /** Arcs over the strip, to what the chosen token looks at. */
  arcs: boolean;
  sampling: PageState['sampling'];
  /** The tree of continuations: how deep and broad it grows, and which paths are expanded. */
  tree: { depth: number; breadth: number; paths: number[][] };
  /**
   * The lens: by what its cells are tinted, and the columns in view, null before anything is drawn. Whose logit is taken
   * apart, and whether the stream's norms are open. Whether residuals after attention are there too; the id of the token
   * that is followed through depth, null for the text's next one.
   */
  depth: {
    measure: string;
    seen: { from: number; to: number } | null;
    logitOf: string;
    norms: boolean;
    mid: boolean;
    token: number | null;
  };
  /** Which of one head's steps is shown; null: none of them, but the matrix. */
  step: number | null;
  /**
   * Activation patching: the other prompt, whether the text is the corrupt one, and what is put in. The two ids whose
   * logits are held against each other, where they were chosen.
   */
  patching: {
    other: string;
    swap: boolean;
    at: 'resid' | 'z';
    pair: { answer: number; against: number } | null;
  };
  pinned: boolean;
  /** How a line of the document would go on from another token, after what stands before it. */
  whatIf: { before: string; text: string } | null;
  /** The step of the tour that is shown. */
  tour: TourView | null;
  /** What is switched off in the model. */
  changed: { parts: readonly Ablated[]; mean: boolean };
  /** Counts changes of the theme. */
  theme: number;
}

export type Changed = ReadonlySet<keyof State>;
type Listener = (state: Readonly<State>, changed: Changed) => void;

export const noScores = (n: number): Scores => ({
  known: 0,
  logprob: new Float32Array(n).fill(Number.NaN),
  rank: new Int32Array(n),
  entropy: new Float32Array(n).fill(Number.NaN),
  lse: new Float32Array(n).fill(Number.NaN),
  topIds: [],
  topLogprobs: [],
});

/** Copies a chunk into the scores. False when it lies outside the run. */
export function addChunk(scores: Scores, chunk: ScoreChunk): boolean {
  const { from, count, topK } = chunk;
  if (from < 0 || from + count > scores.logprob.length) return false;
  scores.logprob.set(chunk.logprob.subarray(0, count), from);
  scores.rank.set(chunk.rank.subarray(0, count), from);
  scores.entropy.set(chunk.entropy.subarray(0, count), from);
  scores.lse.set(chunk.lse.subarray(0, count), from);
  for (let i = 0; i < count; i++) {
    scores.topIds[from + i] = chunk.topIds.subarray(i * topK, (i + 1) * topK);
    scores.topLogprobs[from + i] = chunk.topLogprobs.subarray(i * topK, (i + 1) * topK);
  }
  scores.known = Math.max(scores.known, from + count);
  return true;
}

/** Answers and pieces belong to a run and go with it. */
export const nothingComputed = () => ({
  chunk: null,
  totals: null,
  before: null,
  milliseconds: null,
  progress: null,
  error: null,
  notice: '',
  outdated: false,
  hovered: null,
  target: null,
  pieces: new Map<number, PieceView>(),
  answers: new Map() as Answers,
});

export class Store {
  readonly #state: State = {
    ...nothingComputed(),
    status: 'starting',
    run: -1,
    busyRun: -1,
    reason: '',
    document: null,
    note: '',
    tokens: [],
    scores: noScores(0),
    model: null,
    chosen: 0,
    view: '',
    layer: 0,
    head: 0,
    headChosen: false,
    measure: 'head',
    times: false,
    lock: { token: false, head: false },
    compared: null,
    peeked: null,
    withoutFirst: false,
    arcs: false,
    sampling: { temperature: 1, topK: 0, topP: 1 },
    tree: { depth: 3, breadth: 4, paths: [[]] },
    depth: { measure: 'probability', seen: null, logitOf: 'next', norms: false, mid: false, token: null },
    step: null,
    patching: { other: '', swap: false, at: 'resid', pair: null },
    pinned: false,
    whatIf: null,
    tour: null,
    changed: { parts: [], mean: false },
    theme: 0,
  };
  readonly #listeners: Listener[] = [];

  get state(): Readonly<State> {
    return this.#state;
  }

  set(patch: Partial<State>): void {
    const changed = new Set<keyof State>();
    for (const key of Object.keys(patch) as (keyof State)[]) {
      if (!Object.is(this.#state[key], patch[key])) changed.add(key);
    }
    if (changed.size === 0) return;
    Object.assign(this.#state, patch);
    for (const listener of this.#listeners) listener(this.#state, changed);
  }

  /** Tells all listeners as if everything had changed. */
  refresh(): void {
    const all = new Set(Object.keys(this.#state) as (keyof State)[]);
    for (const listener of this.#listeners) listener(this.#state, all);
  }

  subscribe(listener: Listener): void {
    this.#listeners.push(listener);
  }
}

/** Whether any of these changed. */
export const touches = (changed: Changed, ...keys: (keyof State)[]): boolean => keys.some((key) => changed.has(key));

/** Whether a newer run than the shown one began, or failed to, whose tokens are not known. */
export const isOvertaken = ({ run, busyRun, tokens }: Readonly<State>): boolean => tokens.length > 0 && busyRun > run;

/** Whether the run was cancelled before it had numbers: nothing that is asked about it need be answered. */
export const isGivenUp = ({ status, scores }: Readonly<State>): boolean => status === 'cancelled' && scores.known === 0;

/** Position of the distribution that the token at `position` was drawn from: the one after the token before it. */
export const sourceOf = (position: number): number => position - 1;

/** Whether the distribution after `position` has been computed. */
export const isKnown = (state: Readonly<State>, position: number): boolean =>
  position >= 0 && position < state.scores.known;

/** The token that looks, as far as the chosen place goes: what comes after the last token is said by the last one. */
export const lookingToken = ({ chosen, tokens }: Readonly<State>): number => Math.min(chosen, tokens.length - 1);
