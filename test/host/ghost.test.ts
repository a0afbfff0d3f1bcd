import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { percent } from '../../src/analysis/format.ts';
import { drive } from './drive.ts';
import { setting } from './explore.ts';
import { eachInGhostWindow, type GhostWindow, LIST, textBecomes } from './ghostWindow.ts';
import { Painted } from './painted.ts';

/** Whatever has the focus by then. */
const closeList = () => vscode.commands.executeCommand('workbench.action.closeQuickOpen');

describe('ghost text', () => {
  let ghost: GhostWindow;

  eachInGhostWindow(['ghostText.mode', 'ghostText.threshold'], (opened) => {
    ghost = opened;
  });

  it('appears while one types, and is taken in with Tab; undo takes it out', async () => {
    const written = await ghost.write(LIST);
    await drive.type(' ');
    await ghost.shows('Spain.');
    const taken = textBecomes(written, `${LIST} Spain.`);
    await drive.press('Tab');
    await taken;
    await vscode.commands.executeCommand('undo');
    assert.ok(!written.getText().includes('Spain'));
  });

  it('typing through it and going back ask nothing of the model', async () => {
    const written = await ghost.write(LIST);
    await drive.type(' ');
    await ghost.shows('Spain.');
    await ghost.workedAhead();
    ghost.forget();
    await drive.type('Spa');
    await ghost.shows('in.');
    await drive.press('Backspace');
    await ghost.shows('ain.');
    assert.deepEqual(ghost.asked, []);
    await textBecomes(written, `${LIST} Sp`);
  });

  it('word by word: what is left of it stays', async () => {
    const written = await ghost.write(LIST);
    await drive.type(' ');
    await ghost.shows('Spain.');
    const taken = textBecomes(written, `${LIST} Spain`);
    await vscode.commands.executeCommand('editor.action.inlineSuggest.acceptNextWord');
    await taken;
    await ghost.shows('.');
  });

  it('the shown one stays first when one asks for others, which begin otherwise', async () => {
    const written = await ghost.write(LIST);
    await drive.type(' ');
    await ghost.shows('Spain.');
    await vscode.commands.executeCommand('editor.action.inlineSuggest.showNext');
    const other = await drive.waitFor(() => {
      const text = document.querySelector('.ghost-text-decoration')?.textContent;
      return text !== 'Spain.' && text;
    });
    assert.ok(other);
    await vscode.commands.executeCommand('editor.action.inlineSuggest.showPrevious');
    await ghost.shows('Spain.');
    await textBecomes(written, `${LIST} `);
  });

  it('typing into another one goes on with that, and asks nothing of the model', async () => {
    const written = await ghost.write(LIST);
    await drive.type(' ');
    await ghost.shows('Spain.');
    const painted = await Painted.watch(ghost.api);
    const found = await ghost.suggest();
    assert.ok(found.state === 'shown');
    const [other] = found.others.map(({ text }) => text).filter((text) => text[0] !== 'S');
    ghost.forget();
    await drive.type(other.slice(0, 2));
    await ghost.shows(other.slice(2));
    await textBecomes(written, `${LIST} ${other.slice(0, 2)}`);
    assert.deepEqual(
      ghost.asked.filter((name) => name === 'ghost text'),
      [],
    );
    assert.deepEqual(await painted.wrong(), []);
    painted.dispose();
  });

  it('typing something else ends it', async () => {
    await ghost.write(LIST);
    await drive.type(' ');
    await ghost.shows('Spain.');
    await setting('ghostText.mode', 'onDemand');
    await drive.type('q');
    await ghost.shows('');
  });

  it('a burst of typing costs one run', async () => {
    await ghost.write('- Paris is the capital of France.\n- Rome is the capital of Italy.\n');
    await drive.type('- Madrid is the capital of ');
    await ghost.shows('Spain.');
    assert.ok(ghost.asked.filter((name) => name === 'ghost text').length <= 2, `asked ${ghost.asked.length} times`);
  });

  it('is not offered by itself when it is off, and on demand comes when asked for', async () => {
    await ghost.write(LIST);
    await setting('ghostText.mode', 'onDemand');
    await drive.type(' ');
    assert.deepEqual(ghost.asked, []);
    await vscode.commands.executeCommand('tokenscope.ghostText.suggest');
    await ghost.shows('Spain.');
    await vscode.commands.executeCommand('tokenscope.ghostText.toggle');
    assert.equal(vscode.workspace.getConfiguration('tokenscope').get('ghostText.mode'), 'automatic');
    await vscode.commands.executeCommand('tokenscope.ghostText.toggle');
    assert.equal(vscode.workspace.getConfiguration('tokenscope').get('ghostText.mode'), 'off');
    await ghost.shows('');
    ghost.forget();
    await vscode.commands.executeCommand('tokenscope.ghostText.suggest');
    await drive.type('S');
    assert.deepEqual(ghost.asked, []);
  });

  it('an unsure model offers nothing, and the status bar says how unsure it is', async () => {
    await setting('ghostText.threshold', 1);
    await ghost.write(LIST);
    const unsure = ghost.state('unsure');
    await drive.type(' ');
    await unsure;
    assert.match(ghost.api.ghostStatus.text, /\? 0\.\d\d/);
    await ghost.shows('');
  });

  it('several lines of code end where the block does', async () => {
    const code = 'function sum(values) {\n  let total = 0;\n  for (const value of values) {';
    await ghost.write(`${code}\n  }\n  return total;\n}\n`, 'plaintext', code.length);
    await vscode.languages.setTextDocumentLanguage(vscode.window.activeTextEditor!.document, 'java');
    await vscode.commands.executeCommand('tokenscope.ghostText.suggest');
    await drive.waitFor(() =>
      [...document.querySelectorAll('.view-zones, .ghost-text')].some(({ textContent }) =>
        textContent?.replaceAll('\u00a0', ' ').includes('total += value;'),
      ),
    );
    assert.equal(ghost.api.ghost.state.state, 'shown');
  });

  it('why: the tree opens where the suggestion begins, and the caret stays', async () => {
    const written = await ghost.write(LIST);
    await drive.type(' ');
    await ghost.shows('Spain.');
    await ghost.workedAhead();
    await drive.type('Sp');
    await ghost.shows('ain.');
    await textBecomes(written, `${LIST} Sp`);
    const shown = vscode.commands.executeCommand('tokenscope.ghostText.why');
    const first = await drive.webview.waitFor(() => document.querySelector('.tree .node .name')?.textContent);
    assert.equal(first, '·Spain');
    await closeList();
    await shown;
    const [editor] = vscode.window.visibleTextEditors;
    assert.equal(written.offsetAt(editor.selection.active), `${LIST} Sp`.length);
  });

  it('why: each suggested token with its probability, its rank and its rivals', async () => {
    await ghost.write(LIST);
    await drive.type(' ');
    await ghost.shows('Spain.');
    const shown = vscode.commands.executeCommand('tokenscope.ghostText.why');
    const rows = await drive.waitFor(() => {
      const found = [...document.querySelectorAll('.quick-input-list .monaco-list-row')].map((row) => row.textContent);
      return found.some((row) => row?.includes('%')) && found;
    });
    assert.match(String(rows), /·Spain.*%, rank 1.*·Spain/);
    await closeList();
    await shown;
  });

  it('why: of a changed model, its probabilities', async () => {
    await ghost.api.changes.switchOff([{ layer: 0, part: 'mlp' }]);
    try {
      await ghost.write(`${LIST} `);
      const found = await ghost.suggest();
      assert.ok(found.state === 'shown');
      const [{ logprob }] = found.suggestion.tokens;
      const shown = vscode.commands.executeCommand('tokenscope.ghostText.why');
      // The rows of a list that was closed may be there still.
      const listed = `${percent(Math.exp(logprob))}, rank `;
      await drive.waitFor(
        (text: string) => document.querySelector('.quick-input-list .monaco-list-row')?.textContent?.includes(text),
        [listed],
      );
      await closeList();
      await shown;
    } finally {
      await ghost.api.changes.switchOff([]);
    }
  });
});
