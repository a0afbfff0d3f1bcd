/** Runs in a window where the extension is installed from its VSIX file, beside an extension that needs it. */
import assert from 'node:assert/strict';
import { sep } from 'node:path';
import * as vscode from 'vscode';
import type { TokenscopeApi } from '../../src/api.ts';
import { drive } from '../host/drive.ts';

/** @throws when something is not as it should be; the program then exits with status 1. */
export async function run(): Promise<void> {
  const extension = vscode.extensions.getExtension('tokenscope.tokenscope');
  assert.ok(extension, 'tokenscope.tokenscope is not installed');
  const root = process.env.TOKENSCOPE_TEST_ROOT!;
  assert.ok(!extension.extensionPath.startsWith(root + sep) && extension.extensionPath !== root, 'it is the checkout');
  const api = await (extension as vscode.Extension<TokenscopeApi>).activate();
  const calls = (globalThis as { tokenscopeTestCalls?: string[] }).tokenscopeTestCalls;
  assert.deepEqual([...(calls ?? ['no witness'])], [], 'activation starts no worker and reads no file');
  tellTimes(extension.id);
  assert.equal(api.version, 1);
  assert.ok(!('test' in api), 'what is for tests is not for others');
  await vscode.commands.executeCommand('tokenscope.openExample');
  await drive.webview.waitFor(() => document.body.dataset.state === 'done');
  // Of the example's sentence: "chicken, rank 5, 3.10 percent, 5.0 bits".
  const labels = await drive.webview.waitFor(() => {
    const all = Array.from(document.querySelectorAll('.token'), (token) => token.getAttribute('aria-label') ?? '');
    return all.filter((label) => /, rank [\d,]+, .* percent, .* bits$/.test(label)).length > 10 ? all : undefined;
  });
  assert.ok(labels);
  assert.match(labels[0], /^The, first token/);
  const [editor] = vscode.window.visibleTextEditors;
  const { tokens } = await api.score(editor.document.getText(editor.selection));
  assert.ok(calls?.includes('new Worker'), 'the witness hears of a worker');
  const ranks = labels.flatMap((label) => /, rank ([\d,]+),/.exec(label)?.[1].replaceAll(',', '') ?? []);
  assert.deepEqual(
    ranks.map(Number),
    tokens.slice(1).map(({ rank }) => rank),
  );
}

/** VS Code's own marks, which it keeps beside its globals. */
interface Marks {
  getMarks(): { name: string; startTime: number }[];
}

/** Says how long VS Code took to load the extension's code and to activate it. Nothing is asserted of it. */
function tellTimes(id: string): void {
  const { MonacoPerformanceMarks: kept } = globalThis as { MonacoPerformanceMarks?: Marks };
  const at = (name: string) =>
    kept?.getMarks().findLast((mark) => mark.name === `code/extHost/${name}/${id}`)?.startTime ?? Number.NaN;
  const code = at('didLoadExtensionCode') - at('willLoadExtensionCode');
  const call = at('didActivateExtension') - at('willActivateExtension');
  console.log(`its code was loaded in ${code} ms, activate() took ${call} ms`);
}
