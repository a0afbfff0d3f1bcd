import * as vscode from 'vscode';

/** A line as it would be: what stands in it, and what would stand there instead. */
export interface Preview {
  readonly editor: vscode.TextEditor;
  /** What is replaced when it is taken: from the token, or from what of the new text stands already, to the line's end. */
  range: vscode.Range;
  /** What would stand there. */
  text: string;
  /** Of the document it speaks of. */
  version: number;
}

/**
 * As ghost text at the caret, before what it replaces: VS Code paints it, and inserts it with its own keys. What it
 * replaces cannot be taken away by the insertion, which may only add: the item's command does that.
 */
export class GhostLine implements vscode.Disposable, vscode.InlineCompletionItemProvider {
  private preview: Preview | undefined;
  private provider: vscode.Disposable | undefined;
  /** The caret is there. */
  private begun = false;
  private asked = false;

  /** @param taken the command that takes away what is replaced */
  constructor(private readonly taken: string) {}

  /** Puts the caret and the focus where the preview begins. */
  async begin(preview: Preview): Promise<void> {
    const { document, viewColumn } = preview.editor;
    const { start } = preview.range;
    this.preview = preview;
    await vscode.window.showTextDocument(document, { viewColumn, selection: new vscode.Range(start, start) });
    this.begun = this.preview === preview;
  }

  /** Asks VS Code to show it as it is now. What it shows stays, though the text should grow. @returns whether it does */
  async show(preview: Preview): Promise<boolean> {
    const { languageId: language, uri } = preview.editor.document;
    // The newest provider comes first among those for a language.
    this.provider = vscode.languages.registerInlineCompletionItemProvider({ language, scheme: uri.scheme }, this);
    this.asked = false;
    await vscode.commands.executeCommand('editor.action.inlineSuggest.trigger');
    return this.asked;
  }

  provideInlineCompletionItems(
    document: vscode.TextDocument,
    position: vscode.Position,
  ): vscode.InlineCompletionItem[] {
    const { preview } = this;
    if (document !== preview?.editor.document || !position.isEqual(preview.range.start) || preview.text === '')
      return [];
    this.asked = true;
    const range = new vscode.Range(position, position);
    return [new vscode.InlineCompletionItem(preview.text, range, { command: this.taken, title: '' })];
  }

  /** Whether the caret went elsewhere: VS Code shows ghost text at the caret alone. */
  isLeft([{ active }, ...others]: readonly vscode.Selection[]): boolean {
    return this.preview !== undefined && this.begun && (others.length > 0 || !active.isEqual(this.preview.range.start));
  }

  clear(): void {
    if (!this.preview) return;
    this.preview = undefined;
    this.begun = false;
    this.provider?.dispose();
    void vscode.commands.executeCommand('editor.action.inlineSuggest.hide');
  }

  dispose(): void {
    this.provider?.dispose();
  }
}

/** As a decoration after the line: where there is no ghost text. */
export class LineAfter implements vscode.Disposable {
  private readonly look = vscode.window.createTextEditorDecorationType({
    after: { color: new vscode.ThemeColor('editorGhostText.foreground'), margin: '0 0 0 1em' },
  });

  draw({ editor, range, text }: Preview): void {
    const said = vscode.l10n.t('{0}   (Ctrl+Enter takes it, Esc leaves it)', text.trimStart());
    const contentText = `⟶ ${said}`.replaceAll(' ', '\u00a0');
    const end = new vscode.Range(range.end, range.end);
    editor.setDecorations(this.look, [{ range: end, renderOptions: { after: { contentText } } }]);
  }

  clear({ editor }: Preview): void {
    editor.setDecorations(this.look, []);
  }

  dispose(): void {
    this.look.dispose();
  }
}
