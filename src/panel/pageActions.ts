import * as vscode from 'vscode';
import type { TrackedText } from '../explore/trackedText.ts';
import type { PageMessage } from './protocol.ts';

/** Gives the explored text's editor the focus; without a text, the editor that was used last. */
export async function focusEditor(place: TrackedText | undefined): Promise<void> {
  if (!place) return void (await vscode.commands.executeCommand('workbench.action.focusActiveEditorGroup'));
  await vscode.window.showTextDocument(place.document, { viewColumn: place.column, preserveFocus: false });
}

/** Opens an offline help page where the asking page is, or beside the text: never over it. */
export async function openHelp(root: vscode.Uri, topic: string, column = vscode.ViewColumn.Beside): Promise<void> {
  const page = vscode.Uri.joinPath(root, 'media', 'help', `${topic}.md`);
  await vscode.commands.executeCommand('vscode.openWith', page, 'vscode.markdown.preview.editor', column);
}

/** Shows settings beside what is open. In a remote window those of this extension are shown under Remote alone. */
export async function openSettings(query: string): Promise<void> {
  const command = vscode.env.remoteName ? 'openRemoteSettings' : 'openSettings';
  await vscode.commands.executeCommand(`workbench.action.${command}`, { query, openToSide: true });
}

/** Asks where a figure shall be saved, and saves it. @returns the file, or undefined if the person decided not to */
export async function saveFigure({
  name,
  mime,
  data,
}: Extract<PageMessage, { type: 'save' }>): Promise<vscode.Uri | undefined> {
  const extension = { 'image/png': 'png', 'image/svg+xml': 'svg', 'text/csv': 'csv', 'application/json': 'json' }[mime];
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  const file = `${safeName(name)}.${extension}`;
  const target = await vscode.window.showSaveDialog({
    defaultUri: folder && vscode.Uri.joinPath(folder, file),
    filters: { [extension.toUpperCase()]: [extension] },
  });
  if (target) await vscode.workspace.fs.writeFile(target, data);
  return target;
}

/** A file name without a folder in it, without its extension. */
function safeName(name: string): string {
  const base = name
    .replace(/\.(png|svg|csv|json)$/i, '')
    .replace(/[^\p{L}\p{N} ._-]+/gu, '-')
    .replace(/^[.\s-]+/, '')
    .slice(0, 80);
  return base || 'tokenscope';
}
