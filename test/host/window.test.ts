import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { drive } from './drive.ts';
import { UnansweredFiles } from './unansweredFiles.ts';

describe('window under test', () => {
  after(() => vscode.commands.executeCommand('workbench.action.closeAllEditors'));

  it('types into the editor with real keys', async () => {
    const document = await vscode.workspace.openTextDocument({ content: '' });
    await vscode.window.showTextDocument(document);
    const changed = new Promise<void>((done) => {
      const listener = vscode.workspace.onDidChangeTextDocument((event) => {
        if (event.document !== document || document.getText() !== 'abc') return;
        listener.dispose();
        done();
      });
    });
    await drive.click('.editor-instance .view-lines');
    await drive.type('abc');
    await changed;
    await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
  });

  it('reaches the inner frame of a webview', async () => {
    const panel = vscode.window.createWebviewPanel('test', 'Test', vscode.ViewColumn.Beside, { enableScripts: true });
    const message = new Promise<unknown>((done) => panel.webview.onDidReceiveMessage(done));
    panel.webview.html = `<!DOCTYPE html><html><body><button id="b">b</button><script>
      const api = acquireVsCodeApi();
      document.getElementById('b').onclick = () => api.postMessage({ numbers: new Float32Array([1, NaN]) });
    </script></body></html>`;
    await drive.webview.waitFor(() => document.getElementById('b') !== null);
    await drive.webview.click('#b');
    assert.deepEqual(await message, { numbers: new Float32Array([1, Number.NaN]) });
    panel.dispose();
  });

  it('shows a webview though one was closed while its files were loading', async () => {
    const files = new UnansweredFiles();
    const provider = vscode.workspace.registerFileSystemProvider('never', files);
    try {
      const root = vscode.Uri.parse('never:/');
      const closed = vscode.window.createWebviewPanel('test', 'Closed', vscode.ViewColumn.Beside, {
        localResourceRoots: [root],
      });
      const style = closed.webview.asWebviewUri(vscode.Uri.joinPath(root, 'page.css'));
      closed.webview.html = `<!DOCTYPE html><html><head><link rel="stylesheet" href="${style}"></head></html>`;
      await files.asked;
      closed.dispose();
      const next = vscode.window.createWebviewPanel('test', 'Next', vscode.ViewColumn.Beside, {});
      next.webview.html = '<!DOCTYPE html><html><body><p id="next">next</p></body></html>';
      // Left to itself VS Code shows it too, when it has given up on the file: after 30 s.
      await drive.webview.waitFor(() => document.getElementById('next') !== null, [], 20_000);
      next.dispose();
    } finally {
      files.refuse();
      provider.dispose();
    }
  });

  it('asks nothing of another machine', async () => {
    assert.deepEqual(await drive.problems(), []);
  });
});
