import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { TestApi } from '../../src/extension.ts';
import { drive } from './drive.ts';
import { closeAll, event, explore, Heard, setting, testApi } from './explore.ts';
import { GhostWindow, textBecomes } from './ghostWindow.ts';
import { heat, heated, heatOf } from './heated.ts';

const SENTENCE = 'The chicken did not cross the road because it was too tired.';
const KEPT = 'The chicken did not cross the';

describe('what if another token stood here', () => {
  let api: TestApi;
  let ghost: GhostWindow;

  before(async () => {
    await setting('ghostText.mode', 'off');
    api = await testApi();
    ghost = await GhostWindow.open();
  });

  after(async () => {
    ghost.dispose();
    await setting('ghostText.mode', undefined);
  });

  afterEach(async () => {
    api.heatmap.set(false);
    await closeAll();
  });

  /** The link to the likeliest other token in place of " road". */
  function linkIn(editor: vscode.TextEditor) {
    const { run } = heatOf(api, editor).text!;
    const token = run!.tokens.findIndex(({ text }) => text === ' road');
    const row = (token - 1) * run!.scores.topK;
    const id = run!.scores.topIds.subarray(row, row + 2).find((other) => other !== run!.ids[token])!;
    assert.equal(run!.tokens[token].start, KEPT.length);
    return { uri: editor.document.uri.toString(), version: editor.document.version, token, id };
  }

  /** A sentence whose line from " road" on would be another one. @returns that one */
  async function asked(): Promise<{ editor: vscode.TextEditor; line: string }> {
    const editor = await heated(api, SENTENCE);
    await vscode.commands.executeCommand('tokenscope.whatIf', linkIn(editor));
    const line = api.whatIf.text!;
    assert.ok(line.length > 8 && line.startsWith(' '), line);
    await ghost.shows(line);
    return { editor, line };
  }

  /** Waits until a line stands after the one that it would replace. */
  const standsAfter = (line: string) =>
    drive.waitFor(
      (wanted: string) =>
        [...document.querySelectorAll('.view-line span')].some((span) =>
          getComputedStyle(span, '::after').content.replaceAll('\u00a0', ' ').includes(wanted),
        ),
      [`⟶ ${line.trimStart()}   (Ctrl+Enter takes it, Esc leaves it)`],
    );

  /** Waits for a notification with this in it, and takes it away. */
  async function isTold(text: string): Promise<void> {
    await drive.waitFor(
      (wanted: string) =>
        [...document.querySelectorAll('.notification-list-item')].some((item) => item.textContent?.includes(wanted)),
      [text],
    );
    await vscode.commands.executeCommand('notifications.clearAll');
  }

  it('is ghost text before what it would replace; Tab puts it in its place, as one step of undo', async () => {
    const { editor, line } = await asked();
    const { document } = editor;
    assert.equal(document.getText(), SENTENCE);
    await drive.press('Tab');
    await textBecomes(document, KEPT + line);
    assert.equal(api.whatIf.text, undefined);
    assert.deepEqual(editor.selection.active, document.positionAt(KEPT.length + line.length));
    await vscode.commands.executeCommand('undo');
    assert.equal(document.getText(), SENTENCE);
  });

  it('taken word by word, what is left of it stays, and the rest of it is put in with what it replaces', async () => {
    const { editor, line } = await asked();
    const { document } = editor;
    await vscode.commands.executeCommand('editor.action.inlineSuggest.acceptNextWord');
    if (document.getText() === SENTENCE) await event(vscode.workspace.onDidChangeTextDocument);
    // How much a word is, is VS Code's to say.
    const taken = document.getText().slice(KEPT.length, -SENTENCE.slice(KEPT.length).length);
    assert.ok(taken.length > 0 && taken.length < line.length && line.startsWith(taken), taken);
    await ghost.shows(line.slice(taken.length));
    await drive.press('Control+Enter');
    await textBecomes(document, KEPT + line);
  });

  it('Escape leaves it, and so do another place for the caret and another text', async () => {
    const { editor } = await asked();
    await drive.press('Escape');
    await ghost.shows('');
    assert.equal(api.whatIf.text, undefined);

    await vscode.commands.executeCommand('tokenscope.whatIf', linkIn(editor));
    await ghost.shows(api.whatIf.text!);
    await drive.press('ArrowLeft');
    await ghost.shows('');
    assert.equal(api.whatIf.text, undefined);

    await vscode.commands.executeCommand('tokenscope.whatIf', linkIn(editor));
    await ghost.shows(api.whatIf.text!);
    await drive.type('!');
    await textBecomes(editor.document, SENTENCE.replace(KEPT, `${KEPT}!`));
    await ghost.shows('');
    assert.equal(api.whatIf.text, undefined);
  });

  it('when another editor has the focus it stands after its line', async () => {
    const { line } = await asked();
    const other = await vscode.workspace.openTextDocument({ content: 'another text' });
    await vscode.window.showTextDocument(other, vscode.ViewColumn.Two);
    await ghost.shows('');
    await standsAfter(line);
  });

  it('in a text that cannot be changed, which has no ghost text, it stands after the line, and is not put in', async () => {
    const scheme = 'tokenscope-read-only';
    const provider = vscode.workspace.registerTextDocumentContentProvider(scheme, {
      provideTextDocumentContent: () => SENTENCE,
    });
    try {
      const text = await vscode.workspace.openTextDocument(vscode.Uri.parse(`${scheme}:/sentence.txt`));
      const editor = await vscode.window.showTextDocument(text);
      await heat(api, editor);
      await vscode.commands.executeCommand('tokenscope.whatIf', linkIn(editor));
      await standsAfter(api.whatIf.text!);
      await vscode.commands.executeCommand('tokenscope.whatIf.accept');
      await isTold('sentence.txt is read-only: the line was not put in.');
      assert.equal(text.getText(), SENTENCE);
    } finally {
      provider.dispose();
    }
  });

  it('is refused for a part of a character, and for a text that has changed since', async () => {
    const editor = await heated(api, 'one 🦊 two');
    const { run } = heatOf(api, editor).text!;
    const uri = editor.document.uri.toString();
    const { version } = editor.document;
    const id = run!.ids[0];
    const part = run!.tokens.findIndex(({ start, bytes }, i) => bytes && run!.tokens[i - 1]?.end > start);
    assert.ok(part > 1);
    await vscode.commands.executeCommand('tokenscope.whatIf', { uri, version, token: part, id });
    assert.equal(api.whatIf.text, undefined);
    await isTold('only a part of a character');
    await editor.edit((edit) => edit.insert(new vscode.Position(0, 0), 'x'));
    await vscode.commands.executeCommand('tokenscope.whatIf', { uri, version, token: 1, id });
    assert.equal(api.whatIf.text, undefined);
    await isTold('The text has changed');
  });

  it('beside a panel, the panel has the whole line', async () => {
    const editor = await heated(api, SENTENCE);
    const { document } = editor;
    const link = linkIn(editor);
    await explore();
    const heard = new Heard(api);
    await vscode.commands.executeCommand('tokenscope.whatIf', link);
    const line = api.whatIf.text!;
    assert.deepEqual(heard.last('whatIf').line, { before: KEPT, text: line });
    assert.equal(document.getText(), SENTENCE);
    await vscode.commands.executeCommand('tokenscope.whatIf.accept');
    assert.equal(document.getText(), KEPT + line);
    assert.equal(api.whatIf.text, undefined);
    assert.equal(heard.last('whatIf').line, undefined);
    heard.dispose();
  });
});
