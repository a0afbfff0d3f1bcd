/** What a view is. One more view is one more file that makes one, and its line in views/index.ts. */
import type { HelpTopic } from '../../src/panel/protocol.ts';
import type { Actions } from '../actions.ts';
import { iconButton } from '../controls.ts';
import { el } from '../dom.ts';
import type { Changed, State, ViewId } from '../store.ts';

export interface Table {
  columns: string[];
  rows: (string | number | null)[][];
}

export interface View {
  id: ViewId;
  title: string;
  element: HTMLElement;
  /** Shows the state; called when something changed while the view is open, and when it is opened (with all keys). */
  update(state: Readonly<State>, changed: Changed): void;
  /** Handles a key no control has taken. True if it did. */
  key?(event: KeyboardEvent): boolean;
  /** What an export of the view holds: `about` names hooks and settings. Null while there is nothing. */
  figure(state: Readonly<State>): { about: Record<string, unknown>; table: Table; picture: HTMLCanvasElement } | null;
}

export type MakeView = (actions: Actions) => View;

/** The line that says what one sees, and its ?. */
export function explanation(text: string, topic: HelpTopic, actions: Actions): HTMLElement {
  return el(
    'div',
    { class: 'explanation' },
    el('p', {}, text),
    iconButton('question', `Help: ${topic}`, () => actions.help(topic)),
  );
}
