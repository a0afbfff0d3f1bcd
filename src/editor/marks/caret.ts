import * as vscode from 'vscode';
import type { ScoredRun } from '../../explore/scoredRun.ts';
import type { ScoredText } from '../../explore/scoredText.ts';
import type { ScoredTexts } from '../../explore/scoredTexts.ts';
import { tokenAt, tokenSelected } from '../../explore/tokenPlaces.ts';
import { putCaret } from '../putCaret.ts';

/** The editor's caret, or selection, and the chosen token follow each other. */
export class Caret implements vscode.Disposable {
  private readonly listening: { dispose(): void }[];
  /** Where the last change of a document ended. */
  private typed: { document: vscode.TextDocument; end: number } | undefined;
  /** Where the caret was put for a chosen token: it is that token's there, whatever ends before it. */
  private put: { run: ScoredRun; token: number; caret: number } | undefined;

  constructor(
    private readonly texts: ScoredTexts,
    private readonly log: vscode.LogOutputChannel,
  ) {
    this.listening = [
      vscode.window.onDidChangeTextEditorSelection(({ textEditor, kind }) => {
        // What is put by code is of this kind; a person's move ends it.
        if (kind !== vscode.TextEditorSelectionChangeKind.Command) this.put = undefined;
        this.moved(textEditor);
      }),
      vscode.workspace.onDidChangeTextDocument(({ document, contentChanges: [change, ...others] }) => {
        if (!change) return;
        const end = change.rangeOffset + change.text.length;
        this.typed = others.length === 0 ? { document, end } : undefined;
      }),
      texts.read({ opened: (text) => this.follow(text) }),
    ];
  }

  dispose(): void {
    for (const listener of this.listening) listener.dispose();
  }

  /** Chooses the token at the active editor's caret, or the last one that is selected, if that is in the text. */
  choose(text: ScoredText): void {
    const { activeTextEditor: editor } = vscode.window;
    if (editor) this.at(editor, text);
  }

  private moved(editor: vscode.TextEditor): void {
    for (const text of this.texts.all) this.at(editor, text);
  }

  private at({ document, selection }: vscode.TextEditor, text: ScoredText): void {
    const { run, place, choice } = text;
    if (!run || !place.isOf(document)) return;
    const offset = (at: vscode.Position) => document.offsetAt(at) - place.range.start;
    const [start, end, caret] = [selection.start, selection.end, selection.active].map(offset);
    if (start === end && this.put?.run === run && this.put.caret === caret) {
      text.caretAt(this.put.token, this);
      return;
    }
    const { line, character } = selection.active;
    const before = document.lineAt(line).text.slice(0, character);
    text.caretAt(tokenSelected(run.tokens, { start, end, caret }, before, choice.token), this);
  }

  private follow(text: ScoredText): void {
    text.read({
      begun: () => this.typedIn(text),
      choice: ({ part: { token }, by }) => {
        if (by === this || token === undefined) return;
        this.moveTo(text, token).then(undefined, (error: unknown) => this.log.error(String(error)));
      },
    });
  }

  /** Who types in the text looks at the token that is typed: the one before the caret. */
  private typedIn(text: ScoredText): void {
    const { run, place, choice } = text;
    const { activeTextEditor } = vscode.window;
    const editor = activeTextEditor && place.isOf(activeTextEditor.document) ? activeTextEditor : place.editor;
    if (!run || !editor?.selection.isEmpty || this.typed?.document !== editor.document) return;
    const caret = editor.document.offsetAt(editor.selection.active);
    if (caret !== this.typed.end) return;
    const isAtEnd = caret === place.range.end;
    text.caretAt(tokenAt(run.tokens, caret - place.range.start - (isAtEnd ? 0 : 1), choice.token), this);
  }

  private async moveTo(text: ScoredText, token: number): Promise<void> {
    const { run, place } = text;
    const range = text.rangeOf(token);
    if (!run || !range || place.document.isClosed) return;
    const options = { viewColumn: place.column, preserveFocus: true, preview: false };
    const editor = place.editor ?? (await vscode.window.showTextDocument(place.document, options));
    putCaret(editor, place.span(range.start, range.end));
    const caret = editor.document.offsetAt(editor.selection.active) - place.range.start;
    this.put = { run, token, caret };
  }
}
