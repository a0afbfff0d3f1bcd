import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { TestApi } from '../../src/extension.ts';
import { drive } from './drive.ts';
import { closeAll, explore, Heard, openText, testApi } from './explore.ts';

/** Lines of the export menu, from 1. */
const [JSON_FILE, TOKENS] = [4, 5];
const TEXT = 'The keys to the cabinet are on the table.';

describe('saving what a view shows', () => {
  let api: TestApi;
  let heard: Heard;

  before(async () => {
    api = await testApi();
    heard = new Heard(api);
  });

  after(async () => {
    heard.dispose();
    await drive.pointAtNothing();
    await closeAll();
  });

  /** Chooses the n-th way of the export menu, and waits until VS Code asks where. */
  async function exportAs(item: number): Promise<void> {
    await drive.webview.waitFor(() => document.querySelector('vscode-button[aria-label="Export"]'));
    await drive.webview.click('vscode-button[aria-label="Export"]');
    await drive.webview.waitFor(() => document.querySelector('.menu-item'));
    await drive.webview.click(`.menu-item:nth-of-type(${item})`);
    await drive.waitFor(() => document.querySelector('.quick-input-widget:not([style*="display: none"]) input'));
  }

  it('VS Code asks where; the file holds the numbers, and the page says its name', async () => {
    await openText(TEXT);
    await explore();
    await heard.done();
    await exportAs(TOKENS);
    await drive.press('Enter');
    const { file } = await heard.next('saved');
    const uri = vscode.Uri.file(file);
    const [text] = api.texts.all;
    const lines = new TextDecoder().decode(await vscode.workspace.fs.readFile(uri)).split('\r\n');
    const rows = lines.filter((line) => /^\d/.test(line));
    const { tokens, scores } = text.run!;
    assert.equal(rows.length, tokens.length);
    for (const [i, { id, text: word, start, end }] of tokens.entries()) {
      const logprob = i === 0 ? '' : scores.logprob[i];
      const quoted = `"${JSON.stringify(word).replaceAll('"', '""')}"`;
      assert.ok(rows[i].startsWith(`${i},${id},${quoted},${start},${end},${logprob},`), rows[i]);
    }
    await drive.webview.waitFor((name: string) => document.body.innerText.includes(name), [file]);
    await vscode.workspace.fs.delete(uri);
  });

  it('called off, nothing is written and nothing is said', async () => {
    const before = heard.all('saved').length;
    await exportAs(JSON_FILE);
    await drive.press('Escape');
    await drive.waitFor(() => !document.querySelector('.quick-input-widget:not([style*="display: none"]) input'));
    assert.equal(heard.all('saved').length, before);
  });
});
