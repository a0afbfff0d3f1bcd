import * as vscode from 'vscode';
import type { ScoredText } from '../explore/scoredText.ts';
import type { ScoredTexts } from '../explore/scoredTexts.ts';

/** Marks the text of the token that is pointed at in a view, in every visible editor of its document. */
export class TokenHighlight implements vscode.Disposable {
  private decoration: vscode.TextEditorDecorationType | undefined;
  private shown: { uri: string; range: vscode.Range } | undefined;
  private readonly listening: { dispose(): void }[];

  constructor(texts: ScoredTexts) {
    this.listening = [
      vscode.window.onDidChangeVisibleTextEditors(() => this.draw()),
      texts.read({ opened: (text) => text.read({ hovered: (token) => this.show(text, token) }) }),
    ];
  }

  /** What is marked now. */
  get current(): { uri: string; range: vscode.Range } | undefined {
    return this.shown;
  }

  dispose(): void {
    for (const listener of this.listening) listener.dispose();
    this.decoration?.dispose();
  }

  private show(text: ScoredText, token: number | null): void {
    const { place } = text;
    const range = token === null ? undefined : text.rangeOf(token);
    this.shown = range && { uri: place.document.uri.toString(), range: place.span(range.start, range.end) };
    this.draw();
  }

  private draw(): void {
    if (!this.shown && !this.decoration) return;
    this.decoration ??= vscode.window.createTextEditorDecorationType({
      backgroundColor: new vscode.ThemeColor('editor.wordHighlightStrongBackground'),
      outline: '1px solid',
      outlineColor: new vscode.ThemeColor('editorBracketMatch.border'),
      overviewRulerColor: new vscode.ThemeColor('editorOverviewRuler.wordHighlightStrongForeground'),
      overviewRulerLane: vscode.OverviewRulerLane.Center,
    });
    for (const editor of vscode.window.visibleTextEditors) {
      const here = this.shown?.uri === editor.document.uri.toString();
      editor.setDecorations(this.decoration, here && this.shown ? [this.shown.range] : []);
    }
  }
}
