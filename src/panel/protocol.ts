/**
 * The one message contract between the extension host (src/panel) and the page (webview). What streams are events; what
 * the page asks is a question with an id, answered once under that id (src/panel/questions). Numbers travel as typed
 * arrays. Every message about computed numbers carries `run`: what belongs to an older run is dropped by the page. Token
 * and text offsets are UTF-16 code units *of the document*.
 */
import type { Ablated } from '../analysis/ablation.ts';
import type { Question } from './questions/index.ts';

/** A token as shown. `text` is plain text (never markup); the page makes spaces, newlines and bytes visible. */
export interface TokenView {
  id: number;
  text: string;
  start: number;
  end: number;
  /** Bytes of a token that holds only part of a character. */
  bytes?: number[];
  special?: boolean;
}

export interface PieceView {
  text: string;
  bytes?: number[];
  special?: boolean;
}

export interface ModelView {
  name: string;
  precision: 'int8' | 'fp32';
  vocabSize: number;
  nLayers: number;
  nHeads: number;
  contextLength: number;
  /** E.g. "no BOS is added" or "the tokenizer adds <s>". */
  bosPolicy: string;
  /** The head to begin with, where one worth seeing is known. */
  firstHead?: { layer: number; head: number };
}

/**
 * Results for positions [from, from + count). Entry i speaks of position p = from + i:
 * `logprob/rank` score token p given the tokens before it (NaN / 0 for the first, which nothing precedes);
 * `entropy/lse/top…` describe the distribution *after* token p, of what comes at p + 1.
 */
export interface ScoreChunk {
  from: number;
  count: number;
  /** Natural log. [count] */
  logprob: Float32Array;
  /** 1 = most likely. [count] */
  rank: Int32Array;
  /** Nats. [count] */
  entropy: Float32Array;
  /** log of the sum of exp(logit): probability of id = exp(logit - lse). [count] */
  lse: Float32Array;
  /** How many candidates a row of `topIds` holds. */
  topK: number;
  /** [count, topK], most likely first. */
  topIds: Int32Array;
  /** Natural log. [count, topK] */
  topLogprobs: Float32Array;
}

export interface Totals {
  /** Tokens of the selection. */
  tokens: number;
  /** Tokens that have a score so far (the first has none). */
  scored: number;
  /** Bits per token over the scored ones; null as long as there is none (messages carry no NaN outside arrays). */
  meanSurprisal: number | null;
  /** exp of the mean NLL in nats; null as long as nothing is scored. */
  perplexity: number | null;
}

export interface ErrorView {
  what: string;
  where: string;
  todo: string;
  action?: { label: string; message: PageMessage };
}

export interface TourView {
  step: number;
  of: number;
  title: string;
  text: string;
}

export type HostMessage =
  /** Nothing is selected: one sentence and a button. */
  | { type: 'empty'; reason: string }
  /** A new run: tokens are known at once, numbers follow. `note` says which part of a too long selection is used. */
  | {
      type: 'run';
      run: number;
      /** `code`: its text is in a programming language. */
      document: { name: string; uri: string; code?: boolean };
      tokens: TokenView[];
      note?: string;
      /** The model is not there yet: its progress follows, then the numbers. */
      loading?: boolean;
      /** Position that was chosen before in the same text, or the last one; the number of tokens: after the last one. */
      chosen: number;
      /** The layer and head that were chosen in any view. */
      head?: { layer: number; head: number };
    }
  | { type: 'model'; model: ModelView }
  | { type: 'progress'; run: number; stage: 'load' | 'compute'; done: number; total: number; label: string }
  /** `pieces`: the texts of all candidate ids in this chunk that the page has not been told in this run. */
  | { type: 'scores'; run: number; chunk: ScoreChunk; pieces: Record<number, PieceView>; totals: Totals }
  /** `before`: of the unchanged model, where something is switched off. */
  | { type: 'done'; run: number; totals: Totals; before?: Totals; milliseconds: number }
  /** What there is stays. */
  | { type: 'cancelled'; run: number }
  /** The text changed: shown numbers are of older text until the next run. */
  | { type: 'stale'; run: number }
  /** Of a run whose tokens are not known, what is shown is an older one. */
  | { type: 'error'; run?: number; error: ErrorView }
  /** One sentence beside the numbers, which stay: the document was closed, the engine was started again. */
  | { type: 'notice'; run?: number; text: string }
  /** The editor's cursor moved to this token (null: outside the selection). */
  | { type: 'cursor'; run: number; position: number | null }
  /** Another view chose this layer and head. */
  | { type: 'head'; run: number; layer: number; head: number }
  /** The token that is pointed at in the editor. */
  | { type: 'pointed'; run: number; position: number | null }
  | { type: 'pinned'; pinned: boolean }
  /** What is switched off in the model: set to zero, or to its mean over a fixed text. */
  | { type: 'changed'; parts: readonly Ablated[]; mean: boolean }
  /** Id of a view that is to be opened. */
  | { type: 'view'; view: string }
  /** Asks for what the page keeps. */
  | { type: 'keep' }
  /** What a page kept is shown again. */
  | { type: 'restore'; state: PageState }
  /** A step of the tour, from 0; without one the tour is over. */
  | { type: 'tour'; step?: TourView }
  /** How a line of the document would go on from another token, after what stands before it; without one it is over. */
  | { type: 'whatIf'; line?: { before: string; text: string } }
  /** Where a figure was saved. */
  | { type: 'saved'; file: string }
  | AnswerMessage;

/** What became of the question `id`. Dropped: it was overtaken by newer ones or another run, or the engine was stopped. */
export type AnswerMessage = { type: 'answer'; run: number; id: number } & (
  | { result: unknown }
  | { dropped: true }
  | { error: ErrorView }
);

export type PageMessage =
  | { type: 'ready' }
  /** Token under the pointer or keyboard preview, and one that it looks at (attention): marked in the editor. */
  | { type: 'hover'; run: number; position: number | null; target?: number }
  /** A token was chosen: the editor's cursor goes there. */
  | { type: 'choose'; run: number; position: number }
  | { type: 'chooseHead'; run: number; layer: number; head: number }
  /** What others choose is not followed: the token, the head. */
  | { type: 'lock'; token: boolean; head: boolean }
  /** What the token at `position` looks at, by position, 0…`max`: tinted in the editor. Without weights: no more. */
  | { type: 'attend'; run: number; position: number; weights?: Float32Array; max: number }
  /** Puts a candidate into the document in place of the token at `position`; the number of tokens: after the last one. */
  | { type: 'tryCandidate'; run: number; position: number; id: number }
  /** A continuation is pointed at, to stand before the token at `position`; null: none is. */
  | { type: 'preview'; run: number; position: number; ids: number[] | null }
  /** Puts a continuation into the document, before the token at `position`; the number of tokens: after the last one. */
  | { type: 'putIn'; run: number; position: number; ids: number[] }
  /** A question about the tokens of a run; the page numbers its questions. */
  | { type: 'ask'; run: number; id: number; question: Question }
  /** Takes out the candidate that was put in last from this page. */
  | { type: 'undo' }
  | { type: 'cancel'; run: number }
  | { type: 'rerun' }
  | { type: 'pin'; pinned: boolean }
  /** What the page keeps, as it was asked for. */
  | { type: 'kept'; state: PageState }
  /** Goes to a step of the tour, from 0; null ends it. */
  | { type: 'tour'; step: number | null }
  /** Shows a head at work on an example. */
  | { type: 'headExample'; layer: number; head: number }
  /** Switches parts of the model off, in place of what was; none restores it. */
  | { type: 'switchOff'; parts: Ablated[]; mean: boolean }
  | { type: 'openExample' }
  | { type: 'focusEditor' }
  /** The topic is the name of a page in media/help. */
  | { type: 'help'; topic: string }
  | { type: 'openSettings'; query: string }
  /** A figure the page drew, to be saved where the person says. */
  | {
      type: 'save';
      name: string;
      mime: 'image/png' | 'image/svg+xml' | 'text/csv' | 'application/json';
      data: Uint8Array;
    };

/** What the page keeps over a window reload (setState), and the host needs to restore the run. */
export interface PageState {
  document?: { uri: string; start: number; end: number };
  chosen?: number;
  /** Id of the open view. */
  view: string;
  /** Undefined until one was chosen. */
  layer?: number;
  head?: number;
  sampling: { temperature: number; topK: number; topP: number };
  /** By what the lens is tinted. */
  depth?: string;
  /** Whose logit is taken apart there. */
  logitOf?: string;
  /** Whether it is looked at after attention too, and the id of the token that is followed. */
  mid?: boolean;
  token?: number;
  pinned: boolean;
  /** How attention is looked at, as in the page's state; undefined until the page has kept it. */
  attention?: {
    measure: string;
    times: boolean;
    withoutFirst: boolean;
    arcs?: boolean;
    compared: { layer: number; head: number } | null;
    step?: number;
  };
  /** The other prompt of activation patching, what is put in, and the ids whose logits are held against each other. */
  patching?: { other: string; swap: boolean; at: string; pair?: { answer: number; against: number } };
}
