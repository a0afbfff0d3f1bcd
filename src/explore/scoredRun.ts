import type { Intervention } from '../runtime/api.ts';
import { type Excerpt, type FollowedText, isStill } from './followedText.ts';
import type { Patterns } from './patterns.ts';
import type { ReadTokens } from './readTokens.ts';
import { Scores } from './scores.ts';
import type { LoadedEngine } from './windowEngine.ts';

/** A text's tokens and what was computed of them in one run. */
export interface ScoredRun extends ReadTokens {
  /** What computes it; undefined while the model loads: its tokens are there first. */
  loaded: LoadedEngine | undefined;
  /** Counts the runs of its text. */
  readonly number: number;
  readonly ids: readonly number[];
  /** Code units of the whole text. */
  readonly length: number;
  /** Where the text stood in the document when the run began. */
  readonly offset: number;
  readonly interventions: readonly Intervention[];
  readonly scores: Scores;
  /** Those of the unchanged model, where it is changed. */
  before: Scores | undefined;
  /** Undefined while the model loads. */
  patterns: Patterns | undefined;
  /** The text changed since. */
  stale: boolean;
  milliseconds: number;
}

/** A run of a text's tokens, of which nothing is computed yet. @param input what was tokenised */
export function newRun(
  read: ReadTokens,
  about: { number: number; input: Excerpt; place: FollowedText; interventions: readonly Intervention[] },
): ScoredRun {
  const { number, input, place, interventions } = about;
  return {
    ...read,
    loaded: undefined,
    number,
    ids: read.tokens.map(({ id }) => id),
    length: input.length,
    offset: place.range.start,
    interventions,
    scores: new Scores(read.tokens.length),
    before: undefined,
    patterns: undefined,
    // Edits may have changed the text meanwhile.
    stale: !isStill(place, input),
    milliseconds: 0,
  };
}

/** What is looked at. The token after the last one is what comes next. */
export interface Choice {
  token: number;
  layer: number;
  head: number;
}

/** What a view shows that a token looks at. */
export interface Attended {
  token: number;
  /** By position, 0…`max`; the strongest tint stands for `max`. */
  weights: ArrayLike<number>;
  max: number;
}

/** A continuation that is looked at. The token after the last one is what comes next. */
export interface Preview {
  token: number;
  text: string;
}

export interface Progress {
  run: number;
  stage: 'load' | 'compute';
  done: number;
  total: number;
  label: string;
}

export type TextState = 'new' | 'loading' | 'computing' | 'finished' | 'cancelled' | 'failed' | 'empty';

export interface ScoredTextEvents {
  /** How far a run is that is not at its end. */
  progress: Progress;
  /** The tokens of a new run are known; it is `run` from now on, and of the older one nothing more is heard. */
  begun: ScoredRun;
  /** The run's model is there: its scores follow. */
  loaded: { run: ScoredRun; loaded: LoadedEngine };
  /** Positions [from, to) are scored, and the texts of their candidates known. */
  scored: { run: ScoredRun; from: number; to: number };
  finished: ScoredRun;
  /** What there is stays. The run that was cancelled may not have come to its tokens. */
  cancelled: { run: number };
  failed: { run: number; error: unknown };
  /** The text is empty, or has no tokens. */
  emptied: 'text' | 'tokens';
  /** The text changed: the run's numbers are of the older text. */
  stale: ScoredRun;
  /** The engine had ended and was started again; or what became of the document. */
  notice: 'restarted' | { sentence: string };
  /** `part`: what was chosen just now, be it the same again; `by`: who chose, and need not be told. */
  choice: { choice: Choice; part: Partial<Choice>; by: unknown };
  /** The token the editor's caret is in; null: outside the text. */
  caret: number | null;
  /** The token that is pointed at in some view. */
  hovered: number | null;
  /** The token that is pointed at in the editor. */
  pointed: number | null;
  /** What a view shows that a token looks at; null: no view does. */
  attended: Attended | null;
  /** What might stand before a token, in some view; null: nothing. */
  previewed: Preview | null;
  /** Whether a run is under way. */
  busy: boolean;
}
