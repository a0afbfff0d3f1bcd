/** What a view is. One more view is one more file that makes one, and its line in views/index.ts. */
import type { Actions } from '../actions.ts';
import type { Question } from '../answers.ts';
import { iconButton } from '../controls.ts';
import { el } from '../dom.ts';
import type { Picture } from '../plots/figure.ts';
import type { Changed, State } from '../store.ts';
import type { MakeTints } from './tints.ts';

export interface Table {
  columns: string[];
  rows: (string | number | null)[][];
}

export interface View {
  element: HTMLElement;
  /** Questions that the view needs answered now, the most urgent first. Their answers are in the state (answers.ts). */
  needs(state: Readonly<State>): Question[];
  /** How the strip is tinted while the view is open; default: by surprisal. */
  tints?: MakeTints;
  /** Shows the state; called when something changed while the view is open, and when it is opened (with all keys). */
  update(state: Readonly<State>, changed: Changed): void;
  /** Handles a key no control has taken. True if it did. */
  key?(event: KeyboardEvent): boolean;
  /** What an export of the view holds: `about` names hooks and settings. Null while there is nothing. */
  figure(state: Readonly<State>): { about: Record<string, unknown>; table: Table; picture: Picture } | null;
}

export type MakeView = (actions: Actions) => View;

/** A view as its tab knows it; its code is loaded when it is first opened. */
export interface LazyView {
  id: string;
  title: string;
  load(): Promise<MakeView>;
}

/**
 * The line that says what one sees, and its ?.
 * @param topic name of a page in media/help
 * @param help what the ? is called
 */
export function explanation(text: string, topic: string, help: string, actions: Actions): HTMLElement {
  return el(
    'div',
    { class: 'explanation' },
    el('p', {}, text),
    iconButton('question', help, () => actions.help(topic)),
  );
}
