import * as vscode from 'vscode';

/** What the example begins with is explored: the sentence in which "it" must find its word. */
const SENTENCE = "The chicken didn't cross the road because it was too tired.";

/** Opens an example as an untitled document, its first sentence selected. */
export async function openExample(root: vscode.Uri): Promise<vscode.TextEditor> {
  const file = vscode.Uri.joinPath(root, 'media', 'example.md');
  const content = new TextDecoder().decode(await vscode.workspace.fs.readFile(file));
  const document = await vscode.workspace.openTextDocument({ content, language: 'markdown' });
  const beside = vscode.window.visibleTextEditors[0]?.viewColumn ?? vscode.ViewColumn.One;
  const editor = await vscode.window.showTextDocument(document, { viewColumn: beside, preview: false });
  const start = document.getText().indexOf(SENTENCE);
  const range = new vscode.Range(document.positionAt(start), document.positionAt(start + SENTENCE.length));
  editor.selection = new vscode.Selection(range.start, range.end);
  return editor;
}
