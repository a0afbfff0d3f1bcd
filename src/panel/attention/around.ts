import * as vscode from 'vscode';
import { contextStart } from '../../continuations/context.ts';
import type { OffsetRange } from '../../explore/trackedRange.ts';

/** Lines after the caret's that a paragraph may have. */
const MOST_LINES = 60;

/**
 * The part of a document around a caret: from where its context begins to the end of its paragraph, as far as that is
 * within so many tokens.
 */
export function partAround(document: vscode.TextDocument, caret: vscode.Position, tokens: number): OffsetRange {
  const length = document.offsetAt(caret);
  const slice = (start: number, end: number) =>
    document.getText(new vscode.Range(document.positionAt(start), document.positionAt(end)));
  const start = contextStart({ length, slice }, tokens);
  let end = caret.line;
  const last = Math.min(document.lineCount - 1, caret.line + MOST_LINES);
  const tooFar = () => document.offsetAt(document.lineAt(end + 1).range.end) - length > tokens;
  while (end < last && !document.lineAt(end + 1).isEmptyOrWhitespace && !tooFar()) end++;
  const lineEnd = document.offsetAt(document.lineAt(end).range.end);
  if (lineEnd - length <= tokens) return { start, end: lineEnd };
  // A line without an end: a whole number of characters of it.
  const cut = document.validatePosition(document.positionAt(length + tokens));
  const splits = /[\udc00-\udfff]/.test(document.getText(new vscode.Range(cut, cut.translate(0, 1))));
  return { start, end: document.offsetAt(cut) + (splits ? 1 : 0) };
}
