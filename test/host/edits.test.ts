import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as vscode from 'vscode';
import type { TestApi } from '../../src/extension.ts';
import { ask, closeAll, event, explore, Heard, openText, select, send, testApi } from './explore.ts';

const SENTENCE = 'The chicken did not cross the road because it was too tired';
const LONG = `${SENTENCE}, and the farmer waited at the other side until it was dark. `.repeat(8);

describe('a document that changes', () => {
  let api: TestApi;
  let heard: Heard;
  let scratch: string;

  before(() => {
    scratch = mkdtempSync(join(tmpdir(), 'tokenscope-edits-'));
  });

  after(() => rmSync(scratch, { recursive: true, force: true }));

  beforeEach(async () => {
    api = await testApi();
    heard = new Heard(api);
  });

  afterEach(async () => {
    heard.dispose();
    await closeAll();
  });

  async function openFile(name: string, content: string): Promise<vscode.TextEditor> {
    const file = join(scratch, name);
    writeFileSync(file, content);
    const document = await vscode.workspace.openTextDocument(file);
    const editor = await vscode.window.showTextDocument(document, {
      viewColumn: vscode.ViewColumn.One,
      preview: false,
    });
    select(editor, 0, document.getText().length);
    return editor;
  }

  it('an edit makes the numbers stale at once, then the text is run again', async () => {
    const editor = await openText(SENTENCE);
    await explore();
    const first = await heard.done();
    await editor.edit((edit) => edit.insert(new vscode.Position(0, SENTENCE.length), ' today'));
    assert.equal(heard.last('stale').run, first.run);
    await heard.done(first.run);
    const { tokens } = heard.last('run');
    assert.equal(tokens.at(-1)!.end, SENTENCE.length + 6);
    assert.equal(tokens.at(-1)!.text, ' today');
  });

  it('an edit before the text moves it and changes no number', async () => {
    const editor = await openText(`x\n${SENTENCE}`);
    select(editor, 2, 2 + SENTENCE.length);
    await explore();
    const { run } = await heard.done();
    const { tokens } = heard.last('run');
    await editor.edit((edit) => edit.insert(new vscode.Position(0, 0), 'some more '));
    assert.equal(heard.all('stale').length, 0);
    send(api, { type: 'hover', run, position: 1 });
    const start = editor.document.offsetAt(api.marks.hovered.rangesIn(editor)[0].start);
    assert.equal(start, tokens[1].start + 'some more '.length);
  });

  it('the newest request wins: of several in a row only the last one ends', async () => {
    const editor = await openText(LONG);
    for (const end of [200, 300, 400]) {
      select(editor, 0, end);
      await explore();
    }
    await heard.done();
    assert.equal(heard.all('done').length, 1);
    assert.equal(heard.last('run').tokens.at(-1)!.end, 400);
    assert.equal(heard.last('done').run, heard.last('run').run);
  });

  it('cancel ends the run, what there is stays, and a later run works', async () => {
    await openText(LONG);
    await explore();
    const { run } = await heard.next('run');
    send(api, { type: 'cancel', run });
    assert.equal((await heard.next('cancelled')).run, run);
    send(api, { type: 'rerun' });
    const done = await heard.done();
    assert.ok(done.run > run);
    assert.ok(heard.all('done').every((message) => message.run !== run));
  });

  it('a candidate replaces the token as one step of undo', async () => {
    const editor = await openText(SENTENCE);
    const { document } = editor;
    await explore();
    const first = await heard.done();
    const { tokens } = heard.last('run');
    const position = tokens.findIndex(({ text }) => text === ' road');
    const other = tokens.findIndex(({ text }) => text === ' chicken');
    const changed = event(vscode.workspace.onDidChangeTextDocument, (change) => change.document === document);
    send(api, { type: 'tryCandidate', run: first.run, position, id: tokens[other].id });
    await changed;
    assert.equal(document.getText(), SENTENCE.replace('road', 'chicken'));
    await heard.done(first.run);
    assert.equal(heard.last('run').tokens[position].id, tokens[other].id);
    await vscode.window.showTextDocument(document, { viewColumn: vscode.ViewColumn.One });
    await vscode.commands.executeCommand('undo');
    assert.equal(document.getText(), SENTENCE);
  });

  it('a candidate after the last token is put at the end', async () => {
    const { document } = await openText(SENTENCE);
    await explore();
    const { run } = await heard.done();
    const { tokens } = heard.last('run');
    const changed = event(vscode.workspace.onDidChangeTextDocument, (change) => change.document === document);
    send(api, { type: 'tryCandidate', run, position: tokens.length, id: tokens[1].id });
    await changed;
    assert.equal(document.getText(), `${SENTENCE}${tokens[1].text}`);
  });

  it('a branch of the tree is put in before the chosen token, whole characters of byte tokens too', async () => {
    const editor = await openText(SENTENCE);
    const { document: written } = editor;
    await explore();
    const { run } = await heard.done();
    const { tokens } = heard.last('run');
    const position = tokens.findIndex(({ text }) => text === ' road');
    const fork = await ask(api, heard, run, { kind: 'tree', position, paths: [[], [tokens[1].id]], top: 3 });
    assert.equal(fork.ids.length, 6);
    send(api, { type: 'preview', run, position, ids: [fork.ids[0], fork.ids[3]] });
    const [text] = api.texts.all;
    const shown = await new Promise((resolve) => text.read({ previewed: resolve }));
    const path = [0, 3].map((i) => fork.pieces[fork.ids[i]].text).join('');
    assert.deepEqual(shown, { token: position, text: path });
    send(api, { type: 'preview', run, position, ids: null });
    assert.equal(text.previewed, null);
    const owl = (await api.engine.loaded!.engine.encode(' 🦉')).map(({ id }) => id);
    assert.ok(owl.length > 1);
    const changed = event(vscode.workspace.onDidChangeTextDocument, (change) => change.document === written);
    send(api, { type: 'putIn', run, position, ids: [fork.ids[0], ...owl] });
    await changed;
    const first = fork.pieces[fork.ids[0]].text;
    assert.equal(written.getText(), SENTENCE.replace(' road', `${first} 🦉 road`));
    await heard.done(run);
    const half = { type: 'putIn', run: heard.last('run').run, position, ids: owl.slice(0, -1) } as const;
    send(api, half);
    assert.match((await heard.next('notice')).text, /part of a character/);
  });

  it('a candidate is refused when the text has changed, or when it is no text, and the document stays', async () => {
    const editor = await openText(SENTENCE);
    await explore();
    const { run } = await heard.done();
    send(api, { type: 'tryCandidate', run, position: 1, id: 0 });
    assert.match((await heard.next('notice')).text, /cannot be put into the document/);
    await editor.edit((edit) => edit.delete(new vscode.Range(0, 0, 0, 4)));
    const text = editor.document.getText();
    send(api, { type: 'tryCandidate', run, position: 1, id: heard.last('run').tokens[0].id });
    assert.match((await heard.next('notice', (notice) => /has changed/.test(notice.text))).text, /try again/);
    assert.equal(editor.document.getText(), text);
  });

  it('the text is deleted: the panel is empty and says why', async () => {
    const editor = await openText(SENTENCE);
    await explore();
    await heard.done();
    await editor.edit((edit) => edit.delete(new vscode.Range(0, 0, 0, SENTENCE.length)));
    assert.match((await heard.next('empty')).reason, /is empty now/);
  });

  it('a file deleted while it is computed: the numbers come to their end, and the panel says it', async () => {
    const editor = await openFile('deleted.txt', LONG);
    await explore();
    await heard.next('run');
    const edit = new vscode.WorkspaceEdit();
    edit.deleteFile(editor.document.uri);
    await vscode.workspace.applyEdit(edit);
    await heard.done();
    assert.match((await heard.next('notice')).text, /^deleted\.txt was deleted\./);
    assert.equal(heard.all('error').length, 0);
  });

  it('a file renamed while it is computed: the run goes on, under the new name', async () => {
    const editor = await openFile('before.txt', LONG);
    const { uri } = editor.document;
    await explore();
    await heard.next('run');
    const edit = new vscode.WorkspaceEdit();
    edit.renameFile(uri, vscode.Uri.joinPath(uri, '..', 'after.txt'));
    await vscode.workspace.applyEdit(edit);
    await heard.done();
    assert.equal((await heard.next('notice')).text, 'before.txt is now called after.txt.');
    heard.messages.length = 0;
    send(api, { type: 'rerun' });
    await heard.done();
    assert.equal(heard.last('run').document.name, 'after.txt');
  });

  it('the engine is killed while it computes: said once, and the text is run again by itself', async () => {
    await openText(LONG);
    await explore();
    const { run } = await heard.next('run');
    api.engine.kill();
    const done = await heard.done(run);
    assert.ok(done.totals.tokens > 100);
    const notices = heard.all('notice').filter(({ text }) => /engine/.test(text));
    assert.equal(notices.length, 1);
    assert.equal(heard.all('error').length, 0);
  });
});
