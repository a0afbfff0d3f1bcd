import * as vscode from 'vscode';

/** Marks the text of the token under the pointer, in every visible editor of its document. */
export class TokenHighlight implements vscode.Disposable {
  private decoration: vscode.TextEditorDecorationType | undefined;
  private shown: { uri: string; range: vscode.Range } | undefined;
  private readonly visible = vscode.window.onDidChangeVisibleTextEditors(() => this.draw());

  /** What is marked now. */
  get current(): { uri: string; range: vscode.Range } | undefined {
    return this.shown;
  }

  show(document: vscode.TextDocument, range: vscode.Range): void {
    this.shown = { uri: document.uri.toString(), range };
    this.draw();
  }

  clear(): void {
    if (!this.shown) return;
    this.shown = undefined;
    this.draw();
  }

  dispose(): void {
    this.visible.dispose();
    this.decoration?.dispose();
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
