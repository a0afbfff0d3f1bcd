import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { HEAT_STEPS } from '../../src/analysis/heat.ts';
import type { TestApi } from '../../src/extension.ts';
import { closeAll, event, openText, setting, testApi } from './explore.ts';
import { heated, heatFinished, heatOf } from './heated.ts';

const SENTENCE = 'The chicken did not cross the road because it was too tired.';

describe('heatmap', () => {
  let api: TestApi;

  before(async () => {
    api = await testApi();
    await setting('ghostText.mode', 'off');
  });

  after(() => setting('ghostText.mode', undefined));

  afterEach(async () => {
    api.heatmap.set(false);
    await closeAll();
  });

  it('tints each token but the first by its surprisal', async () => {
    const editor = await heated(api, SENTENCE);
    const { text, all } = heatOf(api, editor);
    const { tokens, scores } = text!.run!;
    assert.equal(all.length, tokens.length - 1);
    all.forEach(({ start, end, step }, i) => {
      assert.deepEqual([start, end], [tokens[i + 1].start, tokens[i + 1].end]);
      const bits = -scores.logprob[i + 1] / Math.LN2;
      assert.equal(step, Math.min(HEAT_STEPS - 1, Math.floor((bits / 12) * HEAT_STEPS)));
    });
    assert.match(api.heatStatus.text, /surprisal 0 … 12 bits · 13 tokens · \d+\.\d bits\/token · ppl/);
  });

  it('an edit makes what follows stale at once, and only from there on is computed again', async () => {
    const editor = await heated(api, SENTENCE);
    const { text } = heatOf(api, editor);
    const chunks: [number, number][] = [];
    text!.read({ scored: ({ from, to }) => chunks.push([from, to]) });
    const at = SENTENCE.indexOf(' tired');
    await editor.edit((edit) => edit.insert(editor.document.positionAt(at), ' very'));
    const stale = heatOf(api, editor).all.filter((mark) => mark.stale);
    assert.deepEqual(
      stale.map(({ start }) => start),
      [at + 5, at + 11],
    );
    await heatFinished(api, editor);
    const { tokens } = text!.run!;
    const first = tokens.findIndex(({ text: shown }) => shown === ' very');
    // What the cache holds comes at once, then what was run.
    assert.deepEqual(chunks, [
      [0, first],
      [first, tokens.length],
    ]);
  });

  it('a hover lists what else might stand there; a link puts it in, and undo takes it out', async () => {
    const editor = await heated(api, SENTENCE);
    const { document } = editor;
    const at = document.positionAt(SENTENCE.indexOf('road') + 1);
    const hovers = await vscode.commands.executeCommand<vscode.Hover[]>(
      'vscode.executeHoverProvider',
      document.uri,
      at,
    );
    const said = hovers
      .flatMap(({ contents }) => contents as vscode.MarkdownString[])
      .find(({ value }) => value.includes('rank'))!;
    assert.match(said.value, /·road/);
    assert.match(said.value.replaceAll('&nbsp;', ' '), /%, rank [\d,]+, \d+\.\d bits; entropy here \d+\.\d bits/);
    const [, args] = /command:tokenscope\.replaceToken\?([^)]+)/.exec(said.value)!;
    const [link] = JSON.parse(decodeURIComponent(args));
    await vscode.commands.executeCommand('tokenscope.replaceToken', link);
    const piece = heatOf(api, editor).text!.run!.loaded!.pieces.get(link.id)!.text;
    assert.equal(document.getText(), SENTENCE.replace(' road', piece));
    await vscode.commands.executeCommand('undo');
    assert.equal(document.getText(), SENTENCE);
    // The link speaks of a text that is another one now.
    await vscode.commands.executeCommand('tokenscope.replaceToken', link);
    assert.equal(document.getText(), SENTENCE);
  });

  it('next and previous surprise walk the ten that surprise most', async () => {
    const editor = await heated(api, SENTENCE);
    const { surprises } = heatOf(api, editor);
    assert.equal(surprises.length, 10);
    const walksTo = async (command: string, { start, end }: { start: number; end: number }) => {
      const there = event(vscode.window.onDidChangeTextEditorSelection, ({ selections: [{ active }] }) => {
        const offset = editor.document.offsetAt(active);
        return offset >= start && offset <= end;
      });
      await vscode.commands.executeCommand(`tokenscope.heatmap.${command}`);
      await there;
    };
    await walksTo('next', surprises[0]);
    await walksTo('next', surprises[1]);
    await walksTo('previous', surprises[0]);
    await walksTo('previous', surprises[9]);
  });

  it('a selection alone is tinted where there is one; off, nothing is left', async () => {
    const editor = await openText(`${SENTENCE}\n${SENTENCE}`);
    editor.selection = new vscode.Selection(1, 0, 1, 11);
    await vscode.commands.executeCommand('tokenscope.heatmap.toggle');
    await heatFinished(api, editor);
    assert.ok(
      heatOf(api, editor).all.every(({ start, end }) => start > SENTENCE.length && end <= SENTENCE.length + 12),
    );
    await vscode.commands.executeCommand('tokenscope.heatmap.toggle');
    assert.equal(api.heatmap.of(editor.document), undefined);
    assert.equal(api.texts.all.length, 0);
  });

  it('of a long document what is visible is scored, with some context', async () => {
    const editor = await heated(api, `${SENTENCE}\n`.repeat(3000));
    const { range } = heatOf(api, editor).text!.place;
    assert.equal(range.start, 0);
    assert.ok(range.end < 80 * SENTENCE.length);
  });

  it('leaves the text to the attention tint while that is shown', async () => {
    const editor = await heated(api, SENTENCE);
    await vscode.commands.executeCommand('tokenscope.attention.focus');
    await vscode.window.showTextDocument(editor.document, editor.viewColumn);
    const at = editor.document.positionAt(SENTENCE.indexOf('tired') + 1);
    editor.selection = new vscode.Selection(at, at);
    const { tint } = api.side;
    if (tint.rangesIn(editor).length === 0) await event((hear) => vscode.Disposable.from(tint.onDidChange(hear)));
    assert.ok(api.heatmap.isHidden);
    await vscode.commands.executeCommand('tokenscope.clearTint');
    assert.ok(!api.heatmap.isHidden);
    await vscode.commands.executeCommand('workbench.action.closeSidebar');
  });
});
