/** Entry in the extension host: explores a selection of an example and takes a picture in each theme. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { themes } from '../../browser/theme.ts';
import { drive } from '../drive.ts';
import { setTheme } from './setTheme.ts';

const out = process.env.TOKENSCOPE_OUT ?? '.';
const file = process.env.TOKENSCOPE_SHOT_FILE ?? 'prose.md';
/** What to select: the first line that starts with this, to its end, or the whole file. */
const starts = process.env.TOKENSCOPE_SHOT_LINE ?? 'Every evening';

async function select(): Promise<void> {
  const folder = vscode.workspace.workspaceFolders?.[0].uri;
  if (!folder) throw new Error('no folder is open');
  const document = await vscode.workspace.openTextDocument(vscode.Uri.joinPath(folder, file));
  const editor = await vscode.window.showTextDocument(document, vscode.ViewColumn.One);
  let first = 0;
  while (first < document.lineCount && !document.lineAt(first).text.startsWith(starts)) first++;
  if (first === document.lineCount) throw new Error(`no line of ${file} starts with "${starts}"`);
  let last = first;
  while (last + 1 < document.lineCount && !document.lineAt(last + 1).isEmptyOrWhitespace) last++;
  editor.selection = new vscode.Selection(first, 0, last, document.lineAt(last).text.length);
}

export async function run(): Promise<void> {
  mkdirSync(out, { recursive: true });
  await vscode.commands.executeCommand('workbench.action.closeSidebar');
  await select();
  const started = Date.now();
  await vscode.commands.executeCommand('tokenscope.exploreSelection');
  await drive.webview
    .waitFor(() => ['done', 'error'].includes(document.body.dataset.state ?? ''), [], 120_000)
    .catch((error) => {
      console.error(`the panel did not say that it is done: ${error instanceof Error ? error.message : error}`);
    });
  console.log(`done ${Date.now() - started} ms after the command`);
  for (const theme of themes) {
    const id = await setTheme(theme);
    await drive.webview
      .waitFor((wanted: string) => document.body.dataset.vscodeThemeId === wanted, [id])
      .catch(() => console.error(`no webview shows ${id}`));
    // Two frames, so that what follows the theme is drawn.
    await drive.eval(
      () => new Promise<void>((done) => requestAnimationFrame(() => requestAnimationFrame(() => done()))),
    );
    console.log(await drive.screenshot(join(out, `theme-${theme}.png`)));
  }
  const problems = await drive.problems();
  for (const problem of problems) console.error(problem);
}
