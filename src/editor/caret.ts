import * as vscode from 'vscode';
import type { ScoredText } from '../explore/scoredText.ts';
import type { ScoredTexts } from '../explore/scoredTexts.ts';
import { tokenAt } from '../explore/tokenPlaces.ts';

/** The editor's caret and the chosen token follow each other. */
export class Caret implements vscode.Disposable {
  private readonly listening: { dispose(): void }[];

  constructor(
    private readonly texts: ScoredTexts,
    private readonly log: vscode.LogOutputChannel,
  ) {
    this.listening = [
      vscode.window.onDidChangeTextEditorSelection(({ textEditor }) => this.moved(textEditor)),
      texts.read({ opened: (text) => this.follow(text) }),
    ];
  }

  dispose(): void {
    for (const listener of this.listening) listener.dispose();
  }

  private moved({ document, selection }: vscode.TextEditor): void {
    for (const text of this.texts.all) {
      if (!text.run || !text.place.isOf(document)) continue;
      const offset = document.offsetAt(selection.active) - text.place.range.start;
      text.caretAt(tokenAt(text.run.tokens, offset, text.choice.token), this);
    }
  }

  private follow(text: ScoredText): void {
    text.read({
      choice: ({ part: { token }, by }) => {
        if (by === this || token === undefined) return;
        this.moveTo(text, token).then(undefined, (error: unknown) => this.log.error(String(error)));
      },
    });
  }

  /** The focus stays where it is. */
  private async moveTo(text: ScoredText, token: number): Promise<void> {
    const { place } = text;
    const range = text.rangeOf(token);
    if (!range || place.document.isClosed) return;
    const options = { preserveFocus: true, preview: false };
    const editor = place.editor ?? (await vscode.window.showTextDocument(place.document, options));
    const at = place.span(range.start, range.start);
    editor.selection = new vscode.Selection(at.start, at.start);
    editor.revealRange(place.span(range.start, range.end), vscode.TextEditorRevealType.InCenterIfOutsideViewport);
  }
}
