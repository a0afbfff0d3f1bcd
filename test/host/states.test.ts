import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as vscode from 'vscode';
import type { TestApi } from '../../src/extension.ts';
import { drive } from './drive.ts';
import { closeAll, event, explore, Heard, openText, select, send, setting, testApi } from './explore.ts';

const SENTENCE = 'The chicken did not cross the road because it was too tired';

describe('what the panel says', () => {
  let api: TestApi;
  let heard: Heard;
  let scratch: string;

  before(() => {
    scratch = mkdtempSync(join(tmpdir(), 'tokenscope-states-'));
  });

  after(() => rmSync(scratch, { recursive: true, force: true }));

  beforeEach(async () => {
    api = await testApi();
    heard = new Heard(api);
  });

  afterEach(async () => {
    heard.dispose();
    await setting('model', undefined);
    await setting('maxTokens', undefined);
    await closeAll();
  });

  it('opens beside the editor, which keeps the focus', async () => {
    const editor = await openText(SENTENCE);
    await explore();
    await heard.done();
    assert.equal(vscode.window.activeTextEditor?.document, editor.document);
    const find = () =>
      vscode.window.tabGroups.all
        .flatMap((group) => group.tabs.map((tab) => ({ column: group.viewColumn, tab })))
        .find(({ tab }) => tab.input instanceof vscode.TabInputWebview);
    // The window tells of its tabs in its own time.
    if (!find()) await event(vscode.window.tabGroups.onDidChangeTabs, () => find() !== undefined);
    const panel = find();
    assert.ok(panel && panel.column > editor.viewColumn!, 'the panel is in the group beside');
  });

  it('nothing selected: one sentence, and the button opens an example and explores it', async () => {
    const editor = await openText(SENTENCE);
    select(editor, 3, 3);
    await explore();
    assert.match((await heard.next('empty')).reason, /^Nothing is selected\./);
    send(api, { type: 'openExample' });
    await heard.done();
    const { tokens } = heard.last('run');
    const text = vscode.window.activeTextEditor!.document.getText();
    assert.equal(
      text.slice(tokens[0].start, tokens.at(-1)!.end),
      "The chicken didn't cross the road because it was too tired.",
    );
  });

  it('no editor open: says so', async () => {
    await closeAll();
    await explore();
    assert.match((await heard.next('empty')).reason, /^No text is open\./);
  });

  it('a selection beyond the limit: its first tokens, and which part that is', async () => {
    await setting('maxTokens', 16);
    await openText(`${SENTENCE}. `.repeat(5));
    await explore();
    const done = await heard.done();
    const run = heard.last('run');
    assert.equal(run.tokens.length, 16);
    assert.equal(done.totals.tokens, 16);
    const end = run.tokens.at(-1)!.end;
    assert.equal(
      run.note,
      `The selection is longer than the limit: its first 16 tokens are explored, characters 1 to ${end} of ${5 * (SENTENCE.length + 2)}.`,
    );
  });

  it('several selections: the main one, and says so', async () => {
    const editor = await openText('one two three four five six');
    const at = (start: number, end: number) => new vscode.Selection(0, start, 0, end);
    editor.selections = [at(4, 13), at(19, 23)];
    await explore();
    await heard.done();
    const run = heard.last('run');
    assert.equal(run.tokens[0].start, 4);
    assert.equal(run.tokens.at(-1)!.end, 13);
    assert.equal(run.note, 'Of several selections, the main one is explored.');
  });

  it('a line of a megabyte and bytes that are no text: the beginning, within the limit', async () => {
    await setting('maxTokens', 8);
    // VS Code opens no binary file as a text by itself; a person can tell it to.
    const editor = await openText(`\0\u0001\u0002${'\u0003x'.repeat(500_000)}`);
    assert.equal(editor.document.offsetAt(editor.selection.end), 1_000_003);
    await explore();
    await heard.done();
    const run = heard.last('run');
    assert.equal(run.tokens.length, 8);
    assert.match(run.note!, /of 1,000,003\.$/);
  });

  it('no model file: what, where, what to do; with the file named right, the same text is explored', async () => {
    await setting('model', join(scratch, 'no-such-model.gguf'));
    await openText(SENTENCE);
    await explore();
    const { error } = await heard.next('error');
    assert.match(error.where, /no-such-model\.gguf/);
    assert.ok(error.what.length > 0 && error.todo.length > 0);
    assert.deepEqual(error.action?.message, { type: 'openSettings', query: 'tokenscope.model' });
    await setting('model', undefined);
    heard.messages.length = 0;
    send(api, { type: 'rerun' });
    assert.equal((await heard.done()).totals.tokens, heard.last('run').tokens.length);
  });

  it('a model file that is none: an error, and the old model stays', async () => {
    const file = join(scratch, 'broken.gguf');
    writeFileSync(file, 'GGUF and nothing more');
    await setting('model', file);
    await openText(SENTENCE);
    await explore();
    assert.match((await heard.next('error')).error.where, /broken\.gguf/);
  });

  it('first use: that it loads, then the plain tokens, then the model and the numbers; never that nothing is selected', async () => {
    api.engine.stop();
    await openText(SENTENCE);
    await explore();
    await heard.done();
    const types = heard.messages.map(({ type }) => type);
    const at = (type: (typeof types)[number]) => types.indexOf(type);
    assert.equal(types[0], 'progress');
    assert.ok(at('run') < at('model') && at('model') < at('scores'), types.join(' '));
    const run = heard.last('run');
    assert.equal(run.loading, true);
    // Layers are loaded after the tokens are on the screen.
    const { label } = heard.messages.slice(at('run')).find((message) => message.type === 'progress')!;
    assert.doesNotMatch(label, /layer (?!1 of)/);
    assert.equal(heard.all('empty').length, 0);
    await drive.webview.waitFor(() => document.body.dataset.state === 'done');
  });

  it('drops what is no message of the page', async () => {
    await openText(SENTENCE);
    await explore();
    await heard.done();
    const before = heard.messages.length;
    for (const value of [
      null,
      'rerun',
      { type: 'eval', code: '1' },
      { type: 'hover', run: -1, position: 0 },
      { type: 'ask', run: heard.last('run').run, id: 1_000_000, question: { kind: 'pattern', layer: 1.5 } },
      { type: 'help', topic: '../../package' },
      { type: 'save', name: 'x', mime: 'text/html', data: new Uint8Array(1) },
    ]) {
      api.receive(value);
    }
    send(api, { type: 'pin', pinned: false });
    assert.deepEqual(
      heard.messages.slice(before).map(({ type }) => type),
      ['pinned'],
    );
  });

  it('hover marks the token in the editor, choosing moves the cursor and says so once', async () => {
    const editor = await openText(`Before. ${SENTENCE}`);
    const selected = event(
      vscode.window.onDidChangeTextEditorSelection,
      ({ selections: [s] }) => s.start.character > 0,
    );
    select(editor, 8, 8 + SENTENCE.length);
    await selected;
    await explore();
    await heard.done();
    const { run, tokens } = heard.last('run');
    send(api, { type: 'hover', run, position: 2 });
    const [hovered] = api.marks.hovered.rangesIn(editor);
    assert.equal(editor.document.offsetAt(hovered.start), tokens[2].start);
    assert.equal(editor.document.offsetAt(hovered.end), tokens[2].end);
    send(api, { type: 'hover', run, position: 2, target: 1 });
    const [target] = api.marks.lookedAt.rangesIn(editor);
    assert.equal(editor.document.offsetAt(target.start), tokens[1].start);
    send(api, { type: 'hover', run, position: null });
    assert.deepEqual(
      [api.marks.hovered, api.marks.lookedAt].flatMap((mark) => mark.rangesIn(editor)),
      [],
    );

    const moved = event(
      vscode.window.onDidChangeTextEditorSelection,
      ({ selections: [selection] }) => selection.isEmpty,
    );
    send(api, { type: 'choose', run, position: 3 });
    await moved;
    // After the token's space: before it, the caret would be at the word before.
    assert.equal(tokens[3].text, ' not');
    assert.equal(editor.document.offsetAt(editor.selection.active), tokens[3].start + 1);
    assert.ok(editor.selection.isEmpty);

    select(editor, tokens[5].start + 1, tokens[5].start + 1);
    await heard.next('cursor', ({ position }) => position === 5);
    // What the page chose it is not told again.
    assert.ok(heard.all('cursor').every(({ position }) => position !== 3));
    select(editor, 2, 2);
    assert.equal((await heard.next('cursor', ({ position }) => position === null)).run, run);
  });

  it('pinned: follows the next selection; not pinned: stays', async () => {
    const editor = await openText(`${SENTENCE}. And another sentence.`);
    select(editor, 0, 11);
    await explore();
    const first = await heard.done();
    send(api, { type: 'pin', pinned: true });
    select(editor, 4, SENTENCE.length);
    await heard.done(first.run);
    assert.equal(heard.last('run').tokens.at(-1)!.end, SENTENCE.length);
  });
});
