import * as vscode from 'vscode';
import { contextStart } from '../../continuations/context.ts';
import type { OffsetRange } from '../../explore/trackedRange.ts';

/** Lines below the visible ones that are scored too, so that a small step down finds them there. */
const LINES_AHEAD = 20;

/**
 * What of a document is scored so that its visible lines are tinted: they, some lines below, and before them as much
 * context as half the tokens allow.
 */
export function visibleArea({ document, visibleRanges }: vscode.TextEditor, maxTokens: number): OffsetRange {
  const last = document.lineCount - 1;
  const top = visibleRanges[0]?.start.line ?? 0;
  const bottom = visibleRanges.at(-1)?.end.line ?? last;
  const from = document.offsetAt(new vscode.Position(top, 0));
  const end = document.offsetAt(document.lineAt(Math.min(last, bottom + LINES_AHEAD)).range.end);
  const before = {
    length: from,
    slice: (start: number, to: number) =>
      document.getText(new vscode.Range(document.positionAt(start), document.positionAt(to))),
  };
  return { start: contextStart(before, Math.floor(maxTokens / 2)), end };
}
