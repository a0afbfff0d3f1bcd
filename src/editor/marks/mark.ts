import * as vscode from 'vscode';
import type { ScoredText } from '../../explore/scoredText.ts';
import type { ScoredTexts } from '../../explore/scoredTexts.ts';
import type { OffsetRange } from '../../explore/trackedRange.ts';

/** Where something of a text is marked in an editor of its document, in offsets of the document; undefined: nowhere. */
export type Place = (text: ScoredText, editor: vscode.TextEditor) => OffsetRange | undefined;

/** One look for a part of each scored text, in every visible editor of its document. */
export class Mark implements vscode.Disposable {
  private decoration: vscode.TextEditorDecorationType | undefined;
  private readonly listening: { dispose(): void }[];

  constructor(
    private readonly texts: ScoredTexts,
    private readonly place: Place,
    private readonly look: vscode.DecorationRenderOptions,
  ) {
    this.listening = [
      vscode.window.onDidChangeVisibleTextEditors(() => this.draw()),
      texts.read({ closed: () => this.draw() }),
    ];
  }

  /** What is marked in an editor now. */
  rangesIn(editor: vscode.TextEditor): vscode.Range[] {
    return this.texts.all.flatMap((text) => {
      const range = text.place.isOf(editor.document) ? this.place(text, editor) : undefined;
      return range ? [text.place.span(range.start, range.end)] : [];
    });
  }

  draw(): void {
    for (const editor of vscode.window.visibleTextEditors) {
      const ranges = this.rangesIn(editor);
      if (ranges.length === 0 && !this.decoration) continue;
      this.decoration ??= vscode.window.createTextEditorDecorationType(this.look);
      editor.setDecorations(this.decoration, ranges);
    }
  }

  dispose(): void {
    for (const listener of this.listening) listener.dispose();
    this.decoration?.dispose();
  }
}
