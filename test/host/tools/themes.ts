/** Entry in the extension host: writes what VS Code tells a webview about each theme into TOKENSCOPE_OUT. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { type ThemeFacts, themes } from '../../browser/theme.ts';
import { drive } from '../drive.ts';
import { setTheme } from './setTheme.ts';

function readFacts(): ThemeFacts {
  const variables: Record<string, string> = {};
  for (const name of [...document.documentElement.style].sort()) {
    if (name.startsWith('--vscode-')) variables[name] = document.documentElement.style.getPropertyValue(name);
  }
  return {
    bodyClass: document.body.className,
    kind: document.body.dataset.vscodeThemeKind ?? '',
    id: document.body.dataset.vscodeThemeId ?? '',
    variables,
  };
}

export async function run(): Promise<void> {
  const panel = vscode.window.createWebviewPanel('themes', 'Themes', vscode.ViewColumn.One, { enableScripts: true });
  panel.webview.html = '<!DOCTYPE html><html><body><p id="here">themes</p></body></html>';
  await drive.webview.waitFor(() => document.getElementById('here') !== null);
  for (const theme of themes) {
    const id = await setTheme(theme);
    await drive.webview.waitFor((wanted: string) => document.body.dataset.vscodeThemeId === wanted, [id]);
    const facts = await drive.webview.eval(readFacts);
    writeFileSync(join(process.env.TOKENSCOPE_OUT ?? '.', `${theme}.json`), `${JSON.stringify(facts, null, 2)}\n`);
    console.log(`${theme}: ${Object.keys(facts.variables).length} variables of ${facts.id}`);
  }
}
