import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { TestApi } from '../../src/extension.ts';
import { drive } from './drive.ts';
import { closeAll, event, explore, Heard, openText, select, send, testApi } from './explore.ts';

const SENTENCE = 'The chicken did not cross the road because it was too tired';

describe('the editor and the panel', () => {
  let api: TestApi;
  let heard: Heard;

  beforeEach(async () => {
    api = await testApi();
    heard = new Heard(api);
  });

  afterEach(async () => {
    heard.dispose();
    await closeAll();
  });

  /** Explores a text and chooses one of its tokens as the page does. */
  async function chosen(text: string, wanted: string) {
    const editor = await openText(text);
    await explore();
    const { run } = await heard.done();
    const { tokens } = heard.last('run');
    const position = tokens.findIndex((token) => token.text === wanted);
    const moved = event(
      vscode.window.onDidChangeTextEditorSelection,
      ({ selections: [selection] }) => selection.isEmpty,
    );
    send(api, { type: 'choose', run, position });
    await moved;
    return { editor, run, tokens, position };
  }

  const offsets = ({ document }: vscode.TextEditor, ranges: readonly vscode.Range[]) =>
    ranges.map(({ start, end }) => [document.offsetAt(start), document.offsetAt(end)]);

  /**
   * Waits until what is drawn with a background of its own is so many times as wide as what is drawn with an outline: the
   * window paints a little after the host has said so.
   */
  const drawnAs = (times: number) =>
    drive.waitFor(
      (wanted: number) => {
        const marks = [...document.querySelectorAll<HTMLElement>('.editor-instance .view-overlays .cdr')].filter(
          (mark) => mark.className.includes('ced-'),
        );
        const width = (fits: (style: CSSStyleDeclaration) => boolean) =>
          marks.find((mark) => fits(getComputedStyle(mark)))?.getBoundingClientRect().width ?? Number.NaN;
        const outlined = width((style) => style.outlineStyle === 'solid');
        const explored = width(
          (style) => style.borderStyle === 'dotted' && style.backgroundColor !== 'rgba(0, 0, 0, 0)',
        );
        return Math.abs(explored / outlined - wanted) < 0.5;
      },
      [times],
    );

  it('the chosen token has a mark, and the explored text once it is not selected; both go with the panel', async () => {
    const { editor, tokens, position } = await chosen(SENTENCE, ' road');
    const { start, end } = tokens[position];
    assert.deepEqual(offsets(editor, api.marks.chosen.rangesIn(editor)), [[start, end]]);
    assert.deepEqual(offsets(editor, api.marks.explored.rangesIn(editor)), [[0, SENTENCE.length]]);
    await drawnAs(SENTENCE.length / ' road'.length);
    select(editor, 0, SENTENCE.length);
    assert.deepEqual(api.marks.explored.rangesIn(editor), []);
    const panel = vscode.window.tabGroups.all
      .flatMap(({ tabs }) => tabs)
      .find(({ input }) => input instanceof vscode.TabInputWebview);
    await vscode.window.tabGroups.close(panel!);
    assert.deepEqual([api.marks.chosen.rangesIn(editor), api.marks.explored.rangesIn(editor)], [[], []]);
    await drive.waitFor(
      () => document.querySelectorAll('.editor-instance .view-overlays [class*="ced-"]').length === 0,
    );
  });

  it('a long text begins at its first token with numbers', async () => {
    await openText(`${SENTENCE}.\n`.repeat(40));
    await explore();
    await heard.done();
    assert.ok(heard.last('run').tokens.length > 400);
    assert.equal(heard.last('run').chosen, 1);
  });

  it('choosing a token puts the caret after its space, so that no other word is marked', async () => {
    const { editor, tokens, position } = await chosen(SENTENCE, ' road');
    const caret = editor.document.offsetAt(editor.selection.active);
    assert.equal(caret, tokens[position].start + 1);
    const word = editor.document.getWordRangeAtPosition(editor.selection.active)!;
    assert.equal(editor.document.getText(word), 'road');
  });

  it('typing in the middle of the text: the chosen token is the one that is typed', async () => {
    const { editor, run } = await chosen(SENTENCE, ' tired');
    await vscode.window.showTextDocument(editor.document, vscode.ViewColumn.One);
    const at = SENTENCE.indexOf(' cross');
    const moved = event(
      vscode.window.onDidChangeTextEditorSelection,
      ({ selections: [s] }) => s.active.character === at,
    );
    select(editor, at, at);
    await moved;
    await drive.type(' even');
    await heard.next('done', (message) => message.run > run && textOf(heard).includes(' even'));
    const { tokens, chosen: token } = heard.last('run');
    assert.equal(tokens[token].text, ' even');
    // The page is told of no other one after that.
    const told = heard.messages.slice(heard.messages.indexOf(heard.last('run')));
    assert.deepEqual(
      told.filter(({ type }) => type === 'cursor'),
      [],
    );
    const typed = heard.last('run').run;
    await drive.press('Backspace');
    await heard.done(typed);
    const again = heard.last('run');
    assert.equal(again.tokens[again.chosen].end, at + ' eve'.length);
  });

  it('a candidate that is used stays chosen', async () => {
    const { run, tokens, position } = await chosen(SENTENCE, ' road');
    const other = tokens.find(({ text }) => text === ' chicken')!;
    send(api, { type: 'tryCandidate', run, position, id: other.id });
    await heard.done(run);
    assert.equal(heard.last('run').chosen, position);
    assert.equal(heard.last('run').tokens[position].id, other.id);
  });

  it('help opens where the panel is, not over the text', async () => {
    const editor = await openText(SENTENCE);
    await explore();
    await heard.done();
    const group = (of: vscode.Tab | undefined) => of?.group.viewColumn;
    const tabs = () => vscode.window.tabGroups.all.flatMap((one) => one.tabs);
    const help = () =>
      tabs().find(({ input }) => input instanceof vscode.TabInputCustom && /tokens\.md$/.test(input.uri.path));
    const opened = event(vscode.window.tabGroups.onDidChangeTabs, () => help() !== undefined);
    await drive.webview.waitFor(() => document.body.dataset.state === 'done');
    await drive.webview.click('[aria-label="Help: tokens"]');
    await opened;
    const panel = tabs().find(({ input }) => input instanceof vscode.TabInputWebview);
    assert.equal(group(help()), group(panel));
    assert.notEqual(group(help()), editor.viewColumn);
  });

  it('a file that is opened while the panel has the focus comes to the editor', async () => {
    const editor = await openText(SENTENCE);
    await explore();
    await heard.done();
    await drive.webview.waitFor(() => document.body.dataset.state === 'done');
    await drive.webview.click('#token-3');
    await drive.webview.waitFor(() => document.hasFocus());
    await drive.press('Control+P');
    await drive.waitFor(() => document.querySelector('.quick-input-widget:not([style*="none"]) input'));
    await drive.type('prose.md');
    await drive.waitFor(() => document.querySelector('.quick-input-list [aria-label*="prose.md"]'));
    const shown = event(
      vscode.window.onDidChangeActiveTextEditor,
      (active) => active?.document.fileName.endsWith('prose.md') ?? false,
    );
    await drive.press('Enter');
    await shown;
    assert.equal(vscode.window.activeTextEditor!.viewColumn, editor.viewColumn);
  });

  it('a text that is behind another one: choosing a token brings it back in its group', async () => {
    const { document: explored } = await openText(SENTENCE);
    await explore();
    await heard.done();
    await drive.webview.waitFor(() => document.getElementById('token-4'));
    await openText('Something else.');
    const shown = event(vscode.window.onDidChangeVisibleTextEditors, (editors) =>
      editors.some((editor) => editor.document === explored),
    );
    await drive.webview.click('#token-4');
    await shown;
    const editor = vscode.window.visibleTextEditors.find((one) => one.document === explored);
    assert.equal(editor!.viewColumn, vscode.ViewColumn.One);
  });

  for (const [language, code] of [
    ['python', true],
    ['markdown', false],
    ['plaintext', false],
  ] as const) {
    it(`${language} is ${code ? '' : 'not '}shown as code`, async () => {
      await openText('def chicken(road):', language);
      await explore();
      await heard.done();
      assert.equal(heard.last('run').document.code, code);
    });
  }
});

const textOf = (heard: Heard): string =>
  heard
    .last('run')
    .tokens.map(({ text }) => text)
    .join('');
