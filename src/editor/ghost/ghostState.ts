import type * as vscode from 'vscode';
import type { Suggestion } from '../../continuations/suggester.ts';
import { Emitter, type Event } from '../../explore/events.ts';
import type { OffsetRange } from '../../explore/trackedRange.ts';

/** What ghost text does, for the status bar. */
export type GhostState = { state: 'idle' | 'computing' | 'nothing' } | Suggested | { state: 'failed'; error: unknown };

/** `unsure`: it is not offered, since the model is less sure than the threshold. */
export interface Suggested {
  state: 'shown' | 'unsure';
  suggestion: Suggestion;
  /** What is offered beside it, to cycle through. */
  others: readonly Suggestion[];
  document: vscode.TextDocument;
  /** What of its line they continue. */
  lineBefore: string;
  /** The context in the document, up to where the suggestion begins: before a space, or what of it was typed since. */
  context: OffsetRange;
}

export class GhostStates {
  private now: GhostState = { state: 'idle' };
  private readonly events = new Emitter<{ changed: GhostState; workedAhead: undefined }>();
  readonly onDidChange: Event<GhostState> = (changed) => this.events.add({ changed });

  /** How long the model took for the last suggestion, in ms; undefined before the first. */
  took: number | undefined;

  /** What may be wanted next is worked out. */
  readonly onDidWorkAhead: Event<undefined> = (workedAhead) => this.events.add({ workedAhead });

  get state(): GhostState {
    return this.now;
  }

  become(state: GhostState): void {
    this.now = state;
    this.events.fire('changed', state);
  }

  workedAhead(): void {
    this.events.fire('workedAhead', undefined);
  }
}
