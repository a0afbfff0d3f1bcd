import * as vscode from 'vscode';
import type { TestApi } from '../../src/extension.ts';
import { event, openText } from './explore.ts';

export const heatOf = (api: TestApi, { document }: vscode.TextEditor) => api.heatmap.of(document)!;

/** Waits until each token of the text as it is now is tinted. */
export async function heatFinished(api: TestApi, editor: vscode.TextEditor): Promise<void> {
  const finished = () => {
    const heat = heatOf(api, editor);
    return heat?.text?.state === 'finished' && heat.all.every(({ stale }) => !stale);
  };
  if (!finished()) await event((hear) => vscode.Disposable.from(api.heatmap.onDidChange(hear)), finished);
}

/** An editor of a text, all of whose tokens are tinted. */
export async function heated(api: TestApi, content: string): Promise<vscode.TextEditor> {
  const editor = await openText(content);
  await heat(api, editor);
  return editor;
}

export async function heat(api: TestApi, editor: vscode.TextEditor): Promise<void> {
  editor.selection = new vscode.Selection(0, 0, 0, 0);
  await vscode.commands.executeCommand('tokenscope.heatmap.toggle');
  await heatFinished(api, editor);
}
