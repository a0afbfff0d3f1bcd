import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { drive } from './drive.ts';
import { event, setting } from './explore.ts';
import { eachInGhostWindow, type GhostWindow, LIST, selectionArrived, textBecomes } from './ghostWindow.ts';

const { executeCommand } = vscode.commands;

describe('ghost text where people write', () => {
  let ghost: GhostWindow;

  eachInGhostWindow(['ghostText.mode', 'ghostText.maxTokens', 'model'], (opened) => {
    ghost = opened;
  });

  /** The text that the model was given for the suggestion that is shown. */
  async function given(): Promise<string> {
    const { state } = ghost.api.ghost;
    assert.ok(state.state === 'shown');
    return (await ghost.api.engine.loaded!.engine.describe(state.suggestion.ids)).text;
  }

  /** Takes in what is shown. @returns the suggestion */
  async function accept(written: vscode.TextDocument): Promise<string> {
    const { state } = ghost.api.ghost;
    assert.ok(state.state === 'shown');
    const { text } = state.suggestion;
    const taken = textBecomes(written, written.getText() + text);
    await executeCommand('editor.action.inlineSuggest.commit');
    await taken;
    return text;
  }

  it('a cell of a notebook: the cells before it are context', async () => {
    const lines = LIST.split('\n');
    const cells = [lines.slice(0, 2).join('\n'), lines[2]].map(
      (text) => new vscode.NotebookCellData(vscode.NotebookCellKind.Code, text, 'plaintext'),
    );
    const notebook = await vscode.workspace.openNotebookDocument('jupyter-notebook', new vscode.NotebookData(cells));
    await vscode.window.showNotebookDocument(notebook, { selections: [new vscode.NotebookRange(1, 2)] });
    const cell = notebook.cellAt(1).document;
    const isCell = (editor: vscode.TextEditor | undefined) => editor?.document === cell;
    const active = isCell(vscode.window.activeTextEditor)
      ? undefined
      : event(vscode.window.onDidChangeActiveTextEditor, isCell);
    await executeCommand('notebook.cell.edit');
    await active;
    await ghost.focused();
    await executeCommand('cursorBottom');
    const typed = textBecomes(cell, `${lines[2]} `);
    await drive.type(' ');
    await typed;
    await ghost.suggest();
    await ghost.shows('Spain.');
    assert.match(await given(), /^- Paris.*Italy\.\n\n- Madrid is the capital of$/s);
    await textBecomes(cell, `${lines[2]} `);
  });

  it('lines that end with CRLF: typing through keeps it, and what is taken in ends its lines so', async () => {
    const code = 'function sum(values) {\r\n  let total = 0;\r\n  for (const value of values) {';
    const written = await ghost.write(code, 'java');
    assert.equal(written.eol, vscode.EndOfLine.CRLF);
    const found = await ghost.suggest();
    assert.ok(found.state === 'shown');
    assert.match(found.suggestion.text, /^\r\n {4}total \+= value;/);
    await ghost.workedAhead();
    ghost.forget();
    const first = textBecomes(written, `${code}\r\n    `);
    await drive.press('Enter');
    await first;
    await ghost.shows('total += value;');
    assert.deepEqual(
      ghost.asked.filter((name) => name === 'ghost text'),
      [],
    );
    const taken = event(vscode.workspace.onDidChangeTextDocument, () => written.getText().includes('total += value;'));
    await executeCommand('editor.action.inlineSuggest.commit');
    await taken;
    assert.doesNotMatch(written.getText(), /[^\r]\n/);
  });

  it('after a tab', async () => {
    const rows = 'Paris\tFrance\nRome\tItaly\nMadrid\tSpain\nAthens\tGreece\nBerlin\t';
    const written = await ghost.write(rows, 'plaintext');
    await ghost.suggest();
    await ghost.shows('Germany');
    assert.equal(await given(), rows);
    assert.equal(await accept(written), 'Germany');
  });

  for (const [name, word, text] of [
    ['from right to left', 'עולם', 'שלום עולם\nשלום עולם\nשלום עולם\nשלום '],
    ['of astral characters', '🦊', '🐻 🦊\n🐻 🦊\n🐻 🦊\n🐻 🦊\n🐻 '],
  ])
    it(`text ${name}: at its offset, with whole characters only`, async () => {
      const written = await ghost.write(text, 'plaintext');
      await ghost.suggest();
      await ghost.shows(word);
      assert.equal(await given(), text.trimEnd());
      assert.equal(await accept(written), word);
      for (let tokens = 1; tokens <= 4; tokens++) {
        await setting('ghostText.maxTokens', tokens);
        await ghost.write(text, 'plaintext');
        const found = await ghost.suggest();
        const offered = found.state === 'shown' ? found.suggestion.text : '';
        assert.doesNotMatch(offered, /\p{Surrogate}|\uFFFD/u);
      }
    });

  it('with several carets nothing is offered; with one again, it is', async () => {
    const list = `# Capitals\n\n${LIST.slice(0, -3)}`;
    const written = await ghost.write(`${list}\n\n`);
    const editor = vscode.window.activeTextEditor!;
    const at = (offset: number) => {
      const place = written.positionAt(offset);
      return new vscode.Selection(place, place);
    };
    editor.selections = [at(list.length), at(list.length + 2)];
    await selectionArrived();
    const typed = textBecomes(written, `${list} of\n\n of`);
    await drive.type(' of');
    await typed;
    await ghost.shows('');
    assert.ok(!ghost.states.includes('computing'));
    editor.selections = [at(list.length + 3)];
    await selectionArrived();
    await drive.type(' ');
    await ghost.shows('Spain.');
  });

  it('in files that are left out nothing is worked out, whoever asks', async () => {
    const folder = vscode.workspace.workspaceFolders![0].uri.fsPath;
    for (const name of ['.env', 'server.key']) {
      const path = join(folder, name);
      writeFileSync(path, LIST);
      const document = await vscode.workspace.openTextDocument(path);
      await ghost.putCaret(await vscode.window.showTextDocument(document), LIST.length);
      await executeCommand('tokenscope.ghostText.suggest');
      const typed = textBecomes(document, `${LIST} `);
      await drive.type(' ');
      await typed;
      await executeCommand('tokenscope.ghostText.suggest');
      await ghost.shows('');
      assert.deepEqual(ghost.asked, [], name);
    }
  });

  it("where the editor's own suggestions are off nothing is worked out", async () => {
    const editor = vscode.workspace.getConfiguration('editor');
    await editor.update('inlineSuggest.enabled', false, vscode.ConfigurationTarget.Global);
    try {
      await ghost.write(LIST);
      await drive.type(' ');
      await executeCommand('tokenscope.ghostText.suggest');
      await ghost.shows('');
      assert.deepEqual(ghost.asked, []);
    } finally {
      await editor.update('inlineSuggest.enabled', undefined, vscode.ConfigurationTarget.Global);
    }
  });

  it('off for one language is on for the others', async () => {
    const markdown = vscode.workspace.getConfiguration('tokenscope.ghostText', { languageId: 'markdown' });
    const set = (mode: string | undefined) => markdown.update('mode', mode, vscode.ConfigurationTarget.Global, true);
    await set('off');
    try {
      await ghost.write(LIST);
      await drive.type(' ');
      await executeCommand('tokenscope.ghostText.suggest');
      assert.deepEqual(ghost.asked, []);
      await ghost.write(LIST, 'plaintext');
      await drive.type(' ');
      await ghost.shows('Spain.');
    } finally {
      await set(undefined);
    }
  });

  it('in the middle of a line: only what joins up with the rest of it', async () => {
    await ghost.write(`${LIST} .`, 'markdown', LIST.length + 1);
    await ghost.suggest();
    await ghost.shows('Spain');
    await ghost.write(`${LIST} zebras?`, 'markdown', LIST.length + 1);
    assert.equal((await ghost.suggest()).state, 'nothing');
    await ghost.shows('');
  });

  it('with the suggest widget open it goes on from what is selected there', async () => {
    const editor = vscode.workspace.getConfiguration('editor');
    await editor.update('suggest.preview', true, vscode.ConfigurationTarget.Global);
    try {
      // Other documents' words would stand before those of this one.
      await editor.update('wordBasedSuggestions', 'currentDocument', vscode.ConfigurationTarget.Global);
      const before = 'Madrilenian is the capital of Spain.\n- Madrilenian is the capital of Spain.\n- ';
      const written = await ghost.write(`${before}Madr`, 'plaintext');
      await executeCommand('editor.action.triggerSuggest');
      await drive.waitFor(() =>
        document
          .querySelector('.suggest-widget.visible .monaco-list-row.focused')
          ?.textContent?.includes('Madrilenian'),
      );
      await drive.waitFor(() =>
        [...document.querySelectorAll('.ghost-text-decoration, .ghost-text-decoration-preview')]
          .map((node) => node.textContent)
          .join('')
          .replaceAll('\u00a0', ' ')
          .startsWith('ilenian is the capital'),
      );
      assert.equal(await given(), `${before}Madrilenian`);
      await executeCommand('hideSuggestWidget');
      assert.equal(written.getText(), `${before}Madr`);
    } finally {
      for (const name of ['suggest.preview', 'wordBasedSuggestions'])
        await editor.update(name, undefined, vscode.ConfigurationTarget.Global);
    }
  });

  describe('when the model goes away while it is asked', () => {
    let times = 0;

    /** Asks, and does something once the model is at work; then asks again, which is answered. */
    async function meanwhile(go: () => unknown): Promise<void> {
      // A text that takes a while, and another one each time.
      const list = `${`${LIST} Spain.\n`.repeat(8 + ++times)}${LIST}`;
      const written = await ghost.write(list.slice(0, -3));
      const computing = ghost.state('computing');
      await drive.type(' of');
      await computing;
      await go();
      await drive.type(' ');
      await ghost.shows('Spain.');
      await textBecomes(written, `${list} `);
      assert.ok(!ghost.states.includes('failed'), ghost.states.join(' '));
    }

    it('killed', () => meanwhile(() => ghost.api.engine.kill()));

    it('stopped', () => meanwhile(() => ghost.api.engine.stop()));

    it('another model loaded, and the first one again', () =>
      meanwhile(async () => {
        const { engine } = ghost.api;
        const other = join(process.env.TOKENSCOPE_TEST_ROOT!, 'test/fixtures/models/llama_gqa_tied');
        await setting('model', other);
        const { model } = await engine.ready(new AbortController().signal, () => {});
        assert.equal(model.path, other);
        await setting('model', undefined);
      }));
  });

  it('a document that cannot be written gets none', async () => {
    const content = vscode.workspace.registerTextDocumentContentProvider('unwritable', {
      provideTextDocumentContent: () => `${LIST} `,
    });
    try {
      const document = await vscode.workspace.openTextDocument(vscode.Uri.parse('unwritable:/list.md'));
      await ghost.putCaret(await vscode.window.showTextDocument(document), LIST.length + 1);
      await executeCommand('tokenscope.ghostText.suggest');
      await ghost.shows('');
      assert.deepEqual(ghost.asked, []);
    } finally {
      content.dispose();
    }
  });

  it('an empty document gets none, and no error', async () => {
    await ghost.write('');
    assert.equal((await ghost.suggest()).state, 'nothing');
    await ghost.shows('');
  });
});
