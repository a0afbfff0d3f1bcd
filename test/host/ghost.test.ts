import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { GhostState } from '../../src/editor/ghost/ghostState.ts';
import type { TestApi } from '../../src/extension.ts';
import { drive } from './drive.ts';
import { closeAll, event, openText, setting, testApi } from './explore.ts';

const LIST = '- Paris is the capital of France.\n- Rome is the capital of Italy.\n- Madrid is the capital of';

describe('ghost text', () => {
  let api: TestApi;
  /** Calls to the model since the test began, by channel. */
  let asked: string[];

  before(async () => {
    api = await testApi();
    const channel = api.engine.channel.bind(api.engine);
    api.engine.channel = (name, priority) => {
      asked.push(name);
      return channel(name, priority);
    };
  });

  beforeEach(() => {
    asked = [];
  });

  afterEach(async () => {
    for (const name of ['mode', 'threshold']) await setting(`ghostText.${name}`, undefined);
    await closeAll();
  });

  /** Waits until the window's ghost text is this; '': until there is none. */
  const shows = async (wanted: string) => {
    try {
      await drive.waitFor(
        (text: string) =>
          [...document.querySelectorAll('.ghost-text-decoration, .ghost-text-decoration-preview')]
            .map((node) => node.textContent)
            .join('')
            .replaceAll('\u00a0', ' ') === text,
        [wanted],
      );
    } catch (error) {
      const { state } = api.ghost.state;
      const text = vscode.window.activeTextEditor?.document.getText();
      const { focused } = vscode.window.state;
      throw new Error(`${error}\n${JSON.stringify({ state, asked, text, focused, engine: api.engine.state.state })}`);
    }
  };

  /** A document with the caret at an offset, by default its end. */
  async function write(text: string, language = 'markdown', caret = text.length): Promise<vscode.TextDocument> {
    const editor = await openText(text, language);
    const at = editor.document.positionAt(caret);
    editor.selection = new vscode.Selection(at, at);
    // A panel that was closed may have had the focus, and gives it back when it is gone.
    await drive.waitFor(() =>
      [...document.querySelectorAll('iframe.webview')].every((frame) => frame.getClientRects().length === 0),
    );
    await vscode.commands.executeCommand('workbench.action.focusActiveEditorGroup');
    if (!vscode.window.state.focused) await event(vscode.window.onDidChangeWindowState, ({ focused }) => focused);
    await drive.waitFor(() => document.activeElement?.closest('.monaco-editor'));
    // A command goes the same way: when it is done, the window has the selection.
    await vscode.commands.executeCommand('revealLine', { lineNumber: 0, at: 'top' });
    return editor.document;
  }

  const state = (wanted: GhostState['state']) =>
    event(
      (hear) => vscode.Disposable.from(api.ghost.onDidChange(hear)),
      (now: GhostState) => now.state === wanted,
    );

  const textBecomes = (written: vscode.TextDocument, text: string) =>
    event(vscode.workspace.onDidChangeTextDocument, () => written.getText() === text);

  it('appears while one types, and is taken in with Tab; undo takes it out', async () => {
    const written = await write(LIST);
    await drive.type(' ');
    await shows('Spain.');
    const taken = textBecomes(written, `${LIST} Spain.`);
    await drive.press('Tab');
    await taken;
    await vscode.commands.executeCommand('undo');
    assert.ok(!written.getText().includes('Spain'));
  });

  it('typing through it and going back ask nothing of the model', async () => {
    const written = await write(LIST);
    await drive.type(' ');
    await shows('Spain.');
    await event((hear) => vscode.Disposable.from(api.ghost.onDidWorkAhead(hear)));
    asked = [];
    await drive.type('Spa');
    await shows('in.');
    await drive.press('Backspace');
    await shows('ain.');
    assert.deepEqual(asked, []);
    assert.equal(written.getText(), `${LIST} Sp`);
  });

  it('word by word: what is left of it stays', async () => {
    const written = await write(LIST);
    await drive.type(' ');
    await shows('Spain.');
    const taken = textBecomes(written, `${LIST} Spain`);
    await vscode.commands.executeCommand('editor.action.inlineSuggest.acceptNextWord');
    await taken;
    await shows('.');
  });

  it('the shown one stays first when one asks for others, which begin otherwise', async () => {
    const written = await write(LIST);
    await drive.type(' ');
    await shows('Spain.');
    await vscode.commands.executeCommand('editor.action.inlineSuggest.showNext');
    const other = await drive.waitFor(() => {
      const text = document.querySelector('.ghost-text-decoration')?.textContent;
      return text !== 'Spain.' && text;
    });
    assert.ok(other);
    await vscode.commands.executeCommand('editor.action.inlineSuggest.showPrevious');
    await shows('Spain.');
    assert.equal(written.getText(), `${LIST} `);
  });

  it('typing something else ends it', async () => {
    await write(LIST);
    await drive.type(' ');
    await shows('Spain.');
    await setting('ghostText.mode', 'onDemand');
    await drive.type('q');
    await shows('');
  });

  it('a burst of typing costs one run', async () => {
    await write('- Paris is the capital of France.\n- Rome is the capital of Italy.\n');
    await drive.type('- Madrid is the capital of ');
    await shows('Spain.');
    assert.ok(asked.filter((name) => name === 'ghost text').length <= 2, `asked ${asked.length} times`);
  });

  it('is not offered by itself when it is off, and on demand comes when asked for', async () => {
    await write(LIST);
    await setting('ghostText.mode', 'onDemand');
    await drive.type(' ');
    assert.deepEqual(asked, []);
    await vscode.commands.executeCommand('tokenscope.ghostText.suggest');
    await shows('Spain.');
    await vscode.commands.executeCommand('tokenscope.ghostText.toggle');
    assert.equal(vscode.workspace.getConfiguration('tokenscope').get('ghostText.mode'), 'automatic');
    await vscode.commands.executeCommand('tokenscope.ghostText.toggle');
    assert.equal(vscode.workspace.getConfiguration('tokenscope').get('ghostText.mode'), 'off');
    await shows('');
    asked = [];
    await vscode.commands.executeCommand('tokenscope.ghostText.suggest');
    await drive.type('S');
    assert.deepEqual(asked, []);
  });

  it('an unsure model offers nothing, and the status bar says how unsure it is', async () => {
    await setting('ghostText.threshold', 1);
    await write(LIST);
    const unsure = state('unsure');
    await drive.type(' ');
    await unsure;
    assert.match(api.status.text, /\? 0\.\d\d/);
    await shows('');
  });

  it('several lines of code end where the block does', async () => {
    const code = 'function sum(values) {\n  let total = 0;\n  for (const value of values) {';
    await write(`${code}\n  }\n  return total;\n}\n`, 'plaintext', code.length);
    await vscode.languages.setTextDocumentLanguage(vscode.window.activeTextEditor!.document, 'java');
    await vscode.commands.executeCommand('tokenscope.ghostText.suggest');
    await drive.waitFor(() =>
      [...document.querySelectorAll('.view-zones, .ghost-text')].some(({ textContent }) =>
        textContent?.replaceAll('\u00a0', ' ').includes('total += value;'),
      ),
    );
    assert.equal(api.ghost.state.state, 'shown');
  });

  it('why: each suggested token with its probability, its rank and its rivals', async () => {
    await write(LIST);
    await drive.type(' ');
    await shows('Spain.');
    const shown = vscode.commands.executeCommand('tokenscope.ghostText.why');
    const rows = await drive.waitFor(() => {
      const found = [...document.querySelectorAll('.quick-input-list .monaco-list-row')].map((row) => row.textContent);
      return found.some((row) => row?.includes('%')) && found;
    });
    assert.match(String(rows), /·Spain.*%, rank 1.*·Spain/);
    await drive.press('Escape');
    await shown;
  });
});
