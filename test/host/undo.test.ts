import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { TestApi } from '../../src/extension.ts';
import { drive } from './drive.ts';
import { closeAll, event, explore, Heard, openText, send, testApi } from './explore.ts';

const SENTENCE = "The chicken didn't cross the road because it was too tired.";

describe('from the panel', () => {
  let api: TestApi;
  let heard: Heard;
  before(async () => {
    api = await testApi();
  });
  beforeEach(() => {
    heard = new Heard(api);
  });
  afterEach(async () => {
    heard.dispose();
    await closeAll();
  });

  /** Gives the page the focus, as a person does. */
  async function clickToken(): Promise<void> {
    await drive.webview.waitFor(() => document.querySelector('.token') !== null);
    const inFront = () => /Tokenscope/.test(vscode.window.tabGroups.activeTabGroup.activeTab?.label ?? '');
    const active = event(vscode.window.tabGroups.onDidChangeTabGroups, inFront);
    await drive.webview.click('.token');
    await active;
  }

  /** Puts another token in place of one, as the page does. */
  async function putIn(document: vscode.TextDocument, instead: string, of: string): Promise<void> {
    const { run, tokens } = heard.last('run');
    const changed = event(vscode.workspace.onDidChangeTextDocument, (change) => change.document === document);
    const position = tokens.findIndex(({ text }) => text === of);
    send(api, { type: 'tryCandidate', run, position, id: tokens.find(({ text }) => text === instead)!.id });
    await changed;
    await heard.done(run);
  }

  it('Ctrl+Z takes a candidate out again, one after the other, and the focus stays in the panel', async () => {
    const { document: text } = await openText(SENTENCE);
    await explore();
    await heard.done();
    await putIn(text, ' chicken', ' road');
    await putIn(text, ' was', ' because');
    await clickToken();
    for (const expected of [SENTENCE.replace(' road', ' chicken'), SENTENCE]) {
      const changed = event(vscode.workspace.onDidChangeTextDocument, (change) => change.document === text);
      await drive.press('Control+z');
      await changed;
      assert.equal(text.getText(), expected);
      await drive.webview.waitFor(() => document.hasFocus());
    }
    await drive.press('Control+z');
    assert.match((await heard.next('notice')).text, /nothing to undo/);
    assert.equal(text.getText(), SENTENCE);
  });

  it('Ctrl+Z leaves a text that was changed since, and says so', async () => {
    const editor = await openText(SENTENCE);
    const { document } = editor;
    await explore();
    await heard.done();
    await putIn(document, ' chicken', ' road');
    await editor.edit((edit) => edit.insert(new vscode.Position(0, 0), 'x'));
    const text = document.getText();
    await clickToken();
    await drive.press('Control+z');
    assert.match((await heard.next('notice', ({ text: said }) => /undo/.test(said))).text, /changed since/);
    assert.equal(document.getText(), text);
  });

  it('settings open beside the panel, on the one that is meant', async () => {
    await openText(SENTENCE);
    await explore();
    await heard.done();
    await clickToken();
    send(api, { type: 'openSettings', query: 'tokenscope.model' });
    await drive.waitFor(() => document.querySelector('.settings-editor .setting-item-label')?.textContent === 'Model');
    const panel = vscode.window.tabGroups.all.flatMap(({ tabs }) => tabs).find(({ label }) => /Tokenscope/.test(label));
    assert.equal(panel?.isActive, true, 'the panel is still in front in its group');
  });
});
