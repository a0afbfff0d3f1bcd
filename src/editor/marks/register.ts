import type * as vscode from 'vscode';
import type { ScoredTexts } from '../../explore/scoredTexts.ts';
import { Caret } from './caret.ts';
import { Marks } from './marks.ts';
import { Preview } from './preview.ts';

/** What the views look at in the text: its marks, the caret, a continuation where it would stand. */
export function registerMarks(
  { subscriptions }: vscode.ExtensionContext,
  texts: ScoredTexts,
  log: vscode.LogOutputChannel,
): { marks: Marks; caret: Caret } {
  const marks = new Marks(texts);
  const caret = new Caret(texts, log);
  subscriptions.push(marks, caret, new Preview(texts));
  return { marks, caret };
}
