import * as vscode from 'vscode';
import { contextStart, type TextBefore } from '../../continuations/context.ts';
import type { Surroundings } from '../../continuations/ending.ts';
import type { Place } from '../../continuations/memory.ts';
import { isProse } from '../../explore/languages.ts';

/** What stands between two cells of a notebook where the cells before are context. */
const BETWEEN_CELLS = '\n\n';

/** How far the next line that is not blank is looked for. */
const LINES_AFTER = 5;

/** A part of a document in whose place a text is suggested; empty but where the suggest widget has something selected. */
export interface Gap {
  document: vscode.TextDocument;
  range: vscode.Range;
  /** What the widget has selected: the suggestion begins with it. */
  selected: string;
}

/**
 * Where a suggestion is made: the context before a gap, and what stands around it. In a notebook the cells before are
 * context too.
 * @param tokens that the context may have @param tighter see contextStart
 */
export function placeOf({ document, range, selected }: Gap, tokens: number, tighter = 0): Place {
  const text = textBefore(document, range.start);
  const start = contextStart(text, tokens, tighter);
  return {
    document: document.uri.toString(),
    start,
    before: text.slice(start, text.length) + selected,
    lineAfter: document.lineAt(range.end).text.slice(range.end.character),
  };
}

/** The text after a gap, up to the end of a line where it is longer. @param units code units at most */
export function textAfter({ document, range }: Gap, units: number): string {
  const from = document.offsetAt(range.end);
  const text = document.getText(new vscode.Range(range.end, document.positionAt(from + units + 1)));
  if (text.length <= units) return text;
  const lineEnd = text.lastIndexOf('\n', units - 1);
  return text.slice(0, lineEnd < 0 ? wholeUnits(text, units) : lineEnd + 1);
}

/** Never inside a surrogate pair. */
const wholeUnits = (text: string, units: number): number => (/[\udc00-\udfff]/.test(text[units]) ? units - 1 : units);

/** @param multiline whether the person wants several lines where there is code */
export function surroundings(
  { document, range: { end } }: Gap,
  { before, lineAfter }: Place,
  multiline: boolean,
): Surroundings {
  let nextLine = '';
  for (let i = end.line + 1; nextLine === '' && i < document.lineCount && i <= end.line + LINES_AFTER; i++)
    nextLine = document.lineAt(i).text.trim();
  return {
    lineBefore: before.slice(before.lastIndexOf('\n') + 1),
    lineAfter,
    nextLine,
    multiline: multiline && !isProse(document.languageId),
    lineEnd: document.eol === vscode.EndOfLine.CRLF ? '\r\n' : '\n',
  };
}

function textBefore(document: vscode.TextDocument, position: vscode.Position): TextBefore {
  const cells = cellsBefore(document);
  const offset = document.offsetAt(position);
  return {
    length: cells.length + offset,
    slice: (start, end) => {
      const from = document.positionAt(Math.max(0, start - cells.length));
      const to = document.positionAt(Math.max(0, end - cells.length));
      return cells.slice(start, end) + document.getText(new vscode.Range(from, to));
    },
  };
}

function cellsBefore({ uri }: vscode.TextDocument): string {
  if (uri.scheme !== 'vscode-notebook-cell') return '';
  const isThis = ({ document }: vscode.NotebookCell) => document.uri.toString() === uri.toString();
  for (const notebook of vscode.workspace.notebookDocuments) {
    const cells = notebook.getCells();
    const index = cells.findIndex(isThis);
    if (index >= 0)
      return cells
        .slice(0, index)
        .map(({ document }) => document.getText() + BETWEEN_CELLS)
        .join('');
  }
  return '';
}
