import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { drive } from './drive.ts';
import { event, setting } from './explore.ts';
import { eachInGhostWindow, type GhostWindow, LIST, textBecomes } from './ghostWindow.ts';
import { Painted } from './painted.ts';

const { executeCommand } = vscode.commands;

/** Long enough for a suggestion to be worked out and painted. */
const FRAMES = 60;

describe('ghost text when it is hard', () => {
  let ghost: GhostWindow;

  eachInGhostWindow(['ghostText.mode', 'ghostText.threshold'], (opened) => {
    ghost = opened;
  });

  const frames = (count: number) =>
    drive.eval(
      (left: number) =>
        new Promise<void>((done) => {
          const next = (n: number) => (n === 0 ? done() : requestAnimationFrame(() => next(n - 1)));
          next(left);
        }),
      count,
    );

  it('while an input method composes nothing is painted; when it ends, the suggestion is there', async () => {
    await setting('ghostText.threshold', 0);
    const written = await ghost.write(LIST);
    const painted = await Painted.watch(ghost.api);
    await drive.compose(' S');
    await textBecomes(written, `${LIST} S`);
    await frames(FRAMES);
    await drive.compose(' Sp');
    await textBecomes(written, `${LIST} Sp`);
    await frames(FRAMES);
    assert.deepEqual(await painted.lines(), []);
    const ended = ghost.state('shown');
    await drive.endCompose(' Spain');
    await textBecomes(written, `${LIST} Spain`);
    const shown = await ended;
    assert.ok(shown.state === 'shown');
    await ghost.shows(shown.suggestion.text);
    painted.dispose();
  });

  it('a language server that replaces the text takes the suggestion away, and it cannot be taken in', async () => {
    const written = await ghost.write(LIST);
    const painted = await Painted.watch(ghost.api);
    await drive.type(' ');
    await ghost.shows('Spain.');
    await setting('ghostText.mode', 'onDemand');
    const other = 'One line of quite another text.';
    const edit = new vscode.WorkspaceEdit();
    edit.replace(written.uri, new vscode.Range(0, 0, written.lineCount, 0), other);
    await vscode.workspace.applyEdit(edit);
    await ghost.shows('');
    await executeCommand('editor.action.inlineSuggest.commit');
    assert.equal(written.getText(), other);
    assert.deepEqual(await painted.wrong(), []);
    painted.dispose();
  });

  it('where suggestions are slow it says so, and begins after a longer pause', async () => {
    await ghost.write(LIST);
    ghost.api.ghost.took = 4000;
    const typed = event(vscode.workspace.onDidChangeTextDocument).then(() => performance.now());
    const began = ghost.state('computing').then(() => performance.now());
    await drive.type(' ');
    // Half of what the last one took, counted from the key; a timer may come a little early.
    assert.ok((await began) - (await typed) > 1990);
    await ghost.shows('Spain.');
    assert.notEqual(ghost.api.ghost.took, 4000);

    ghost.api.ghost.took = 4000;
    ghost.api.ghostStatus.remark(undefined);
    const told = ghost.api.ghostStatus.tooltip.replaceAll('&nbsp;', ' ').replaceAll('\\', '');
    assert.match(told, /took 4\.0 s: this is slow, so a longer pause in typing is waited for/);
    ghost.api.ghost.took = undefined;
  });

  it('two editors of one document: in the one with the caret, from one run', async () => {
    const written = await ghost.write(LIST);
    const first = vscode.window.activeTextEditor!;
    const second = await vscode.window.showTextDocument(written, { viewColumn: vscode.ViewColumn.Two });
    await ghost.putCaret(second, LIST.length);
    ghost.forget();
    await drive.type(' ');
    await ghost.shows('Spain.');
    assert.equal(ghost.asked.filter((name) => name === 'ghost text').length, 1);
    await drive.press('Tab');
    await textBecomes(written, `${LIST} Spain.`);
    assert.equal(first.document.getText(), `${LIST} Spain.`);
  });
});
