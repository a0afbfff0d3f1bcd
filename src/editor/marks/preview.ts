import * as vscode from 'vscode';
import type { ScoredText } from '../../explore/scoredText.ts';
import type { ScoredTexts } from '../../explore/scoredTexts.ts';

/** The continuation that is looked at in some view, shown where it would stand in the editor. */
export class Preview implements vscode.Disposable {
  private readonly look = vscode.window.createTextEditorDecorationType({
    after: { color: new vscode.ThemeColor('editorGhostText.foreground'), fontStyle: 'italic' },
  });
  private readonly listening: { dispose(): void };

  constructor(texts: ScoredTexts) {
    this.listening = texts.read({
      opened: (text) => void text.read({ previewed: () => this.draw(text) }),
      closed: (text) => this.draw(text),
    });
  }

  dispose(): void {
    this.listening.dispose();
    this.look.dispose();
  }

  private draw(text: ScoredText): void {
    const { place, run, previewed } = text;
    for (const editor of vscode.window.visibleTextEditors) {
      if (!place.isOf(editor.document)) continue;
      const before = previewed && run?.tokens[previewed.token - 1];
      if (!previewed || !before) {
        editor.setDecorations(this.look, []);
        continue;
      }
      const at = place.span(place.range.start + before.end, place.range.start + before.end);
      // A decoration is one line, and would lose its first space.
      const contentText = previewed.text.replaceAll('\n', '⏎').replaceAll(' ', '\u00a0');
      editor.setDecorations(this.look, [{ range: at, renderOptions: { after: { contentText } } }]);
    }
  }
}
