import * as vscode from 'vscode';

/** Puts the caret before a token's first letter, and shows it: before its space, the word before would be the caret's. */
export function putCaret(editor: vscode.TextEditor, token: vscode.Range): void {
  const { document } = editor;
  const space = /^\s+(?=\S)/.exec(document.getText(token))?.[0].length ?? 0;
  const at = document.positionAt(document.offsetAt(token.start) + space);
  editor.selection = new vscode.Selection(at, at);
  editor.revealRange(token, vscode.TextEditorRevealType.InCenterIfOutsideViewport);
}
