/** Entry in the extension host: times the first use of a window, from the command to what is on the screen. */
import * as vscode from 'vscode';
import { drive } from '../drive.ts';
import { Heard, testApi } from '../explore.ts';

/** Since the epoch, the same clock in the host and in the page. */
const now = () => performance.timeOrigin + performance.now();

export async function run(): Promise<void> {
  const folder = vscode.workspace.workspaceFolders?.[0].uri;
  if (!folder) throw new Error('no folder is open');
  const text = await vscode.workspace.openTextDocument(vscode.Uri.joinPath(folder, 'prose.md'));
  const editor = await vscode.window.showTextDocument(text, vscode.ViewColumn.One);
  editor.selection = new vscode.Selection(2, 0, 6, 0);
  const api = await testApi();
  const heard = new Heard(api);
  const times = { tokenizer: 0, loaded: 0, scores: 0 };
  api.engine.onDidChangeState((state) => {
    if (state.state === 'loading' && state.progress?.tokens) times.tokenizer ||= now();
    if (state.state === 'ready') times.loaded ||= now();
  });
  api.onDidPost(({ type }) => {
    if (type === 'scores') times.scores ||= now();
  });
  const [plain, tinted] = ['#strip .token:not(.next)', '#strip .token[style*=background]'];
  for (const selector of [plain, tinted]) await drive.watch(selector);
  const began = now();
  await vscode.commands.executeCommand('tokenscope.exploreSelection');
  // Nothing looks at the window meanwhile: that would take its time.
  await heard.done();
  await drive.webview.waitFor((selector: string) => document.querySelector(selector), [tinted]);
  const [tokens, numbers] = [await drive.seen(plain), await drive.seen(tinted)];
  const ms = (from: number, to: number) => `${Math.round(to - from)} ms`;
  console.log(`command to tokenizer: ${ms(began, times.tokenizer)}`);
  console.log(`tokenizer to plain tokens on the screen: ${ms(times.tokenizer, Number(tokens))}`);
  console.log(`command to loaded model: ${ms(began, times.loaded)}`);
  console.log(
    `loaded model to first numbers: ${ms(times.loaded, times.scores)} in the host, ${ms(times.loaded, Number(numbers))} on the screen`,
  );
}
