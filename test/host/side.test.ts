import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { HostMessage } from '../../src/panel/protocol.ts';
import { drive } from './drive.ts';
import { closeAll, event, explore, Heard, openText, testApi } from './explore.ts';

const SENTENCE = 'The chicken did not cross the road because it was too tired';

type Api = Awaited<ReturnType<typeof testApi>>;

describe('attention in the side bar', () => {
  let api: Api;
  let heard: Heard;
  /** Layers whose patterns the engine was asked for. */
  let layers: number[];

  before(async () => {
    api = await testApi();
    await vscode.commands.executeCommand('workbench.action.closeSidebar');
  });

  beforeEach(() => {
    heard = new Heard(api.side);
    layers = [];
  });

  afterEach(async () => {
    heard.dispose();
    await vscode.commands.executeCommand('workbench.action.closeSidebar');
    await closeAll();
  });

  const open = () => vscode.commands.executeCommand('tokenscope.attention.focus');

  /** Puts the caret at an offset, in the window too. */
  async function put(editor: vscode.TextEditor, offset: number): Promise<void> {
    const at = editor.document.positionAt(offset);
    editor.selection = new vscode.Selection(at, at);
    await vscode.commands.executeCommand('revealLine', { lineNumber: 0, at: 'top' });
  }

  /** The view open beside a text, the caret in the word. */
  async function beside(word: string): Promise<vscode.TextEditor> {
    const editor = await openText(SENTENCE);
    await put(editor, SENTENCE.indexOf(word) + 1);
    await open();
    await vscode.window.showTextDocument(editor.document, editor.viewColumn);
    await heard.done();
    await drive.webview.waitFor(() => document.querySelectorAll('.look').length > 3);
    return editor;
  }

  const looking = () => drive.webview.eval(() => document.querySelector('.looking')!.textContent);
  const looksAt = (word: string) =>
    drive.webview.waitFor((wanted: string) => document.querySelector('.looking')!.textContent === wanted, [word]);
  const said = <T extends HostMessage['type']>(type: T) => heard.all(type);

  it('shows the text around the caret, and follows the caret both ways', async () => {
    const editor = await beside('road');
    assert.equal(await looking(), '·road');
    await put(editor, SENTENCE.indexOf('tired') + 1);
    await looksAt('·tired');
    // The same text stays: nothing is run again.
    assert.equal(said('run').length, 1);
    const moved = event(
      vscode.window.onDidChangeTextEditorSelection,
      () => editor.document.offsetAt(editor.selection.active) === SENTENCE.indexOf('chicken'),
    );
    await drive.webview.click('.look[data-token="1"]');
    await moved;
    await looksAt('·chicken');
  });

  it('follows the selection: a selected word is itself; without one, the end of a word is the word', async () => {
    const editor = await beside('chicken');
    const select = async (word: string, backwards = false) => {
      const start = SENTENCE.indexOf(word);
      const [from, to] = [start, start + word.length].map((offset) => editor.document.positionAt(offset));
      editor.selection = backwards ? new vscode.Selection(to, from) : new vscode.Selection(from, to);
      await vscode.commands.executeCommand('revealLine', { lineNumber: 0, at: 'top' });
    };
    await select('road');
    await looksAt('·road');
    await select('did not cross');
    await looksAt('·cross');
    await select('The chicken', true);
    await looksAt('·chicken');
    await put(editor, SENTENCE.indexOf(' because'));
    await looksAt('·road');
    await put(editor, SENTENCE.indexOf('because'));
    await looksAt('·because');
    assert.equal(said('run').length, 1);
  });

  it('a token that is chosen right after a word stays chosen; the caret alone, put there, is about the word', async () => {
    const text = 'They call foo(bar) twice a day';
    const editor = await openText(text);
    await put(editor, 1);
    await open();
    await vscode.window.showTextDocument(editor.document, editor.viewColumn);
    const { run } = await heard.done();
    await looksAt('They');
    const shown = api.side.view.page!.text!;
    const bracket = shown.run!.tokens.findIndex((token) => token.text.startsWith('('));
    assert.equal(shown.run!.tokens[bracket].start, text.indexOf('('));
    const isBefore = () => editor.document.offsetAt(editor.selection.active) === text.indexOf('(');
    const moved = event(vscode.window.onDidChangeTextEditorSelection, isBefore);
    api.side.view.page!.receive({ type: 'choose', run, position: bracket });
    await moved;
    assert.equal(shown.choice.token, bracket);
    await vscode.commands.executeCommand('cursorLeft');
    await looksAt(shown.run!.tokens[bracket - 1].text.replace(' ', '·'));
    const back = event(vscode.window.onDidChangeTextEditorSelection, isBefore);
    await vscode.commands.executeCommand('cursorRight');
    await back;
    assert.equal(shown.choice.token, bracket - 1);
  });

  it('tints in the editor what the token looks at, the strongest most, and no more once it is cleared or closed', async () => {
    const editor = await beside('because');
    assert.equal(await looking(), '·because');
    const tinted = () => api.side.tint.rangesIn(editor);
    if (tinted().length === 0) await event(api.side.tint.onDidChange);
    const text = api.side.view.page!.text!;
    const { layer, head, token } = text.choice;
    const asked = await text.run!.patterns!.of(13, new AbortController().signal);
    assert.deepEqual([layer, head, text.run!.tokens[token].text], [0, 0, ' because']);
    const n = text.run!.tokens.length;
    const weights = asked.data.subarray((8 * n + token) * n, (8 * n + token) * n + token + 1);
    const most = Math.max(...weights);
    const expected = [...weights].flatMap((weight, position) => {
      const step = Math.round((10 * weight) / most);
      const { start, end } = text.rangeOf(position)!;
      return step > 0 ? [[start, end, step]] : [];
    });
    const found = tinted().map(({ range, step }) => [
      editor.document.offsetAt(range.start),
      editor.document.offsetAt(range.end),
      step,
    ]);
    assert.deepEqual(found, expected);
    assert.ok(found.some(([, , step]) => step === 10));
    await drive.waitFor(() =>
      [...document.querySelectorAll('.editor-instance .view-overlays .cdr')].some((mark) =>
        /srgb|color\(/.test(getComputedStyle(mark).backgroundColor),
      ),
    );
    await vscode.commands.executeCommand('tokenscope.clearTint');
    assert.deepEqual(tinted(), []);
    await put(editor, SENTENCE.indexOf('road') + 1);
    await event(api.side.tint.onDidChange, (shown) => shown);
    assert.ok(tinted().length > 0);
    await vscode.commands.executeCommand('workbench.action.closeSidebar');
    await drive.waitFor(
      () =>
        ![...document.querySelectorAll('.editor-instance .view-overlays .cdr')].some((mark) =>
          /srgb|color\(/.test(getComputedStyle(mark).backgroundColor),
        ),
    );
    assert.deepEqual(tinted(), []);
    assert.equal(api.texts.all.length, 0);
  });

  it('holds a token while the caret moves on, and follows again; what is pointed at in the editor is told', async () => {
    const editor = await beside('road');
    const offset = (word: string) => SENTENCE.indexOf(word) + 1;
    const marked = () => api.marks.chosen.rangesIn(editor).map((range) => editor.document.getText(range));
    await drive.webview.waitFor(() => document.querySelector('.looking')!.textContent === '·road');
    assert.deepEqual(marked(), [' road']);
    await drive.webview.click('[aria-label="Hold the token"]');
    await drive.webview.waitFor(() => document.querySelector('[aria-label="Hold the token"].on') !== null);
    const told = said('cursor').length;
    await put(editor, offset('tired'));
    await vscode.commands.executeCommand('vscode.executeHoverProvider', editor.document.uri, new vscode.Position(0, 5));
    const { position } = await heard.next('pointed');
    assert.equal(position, 1);
    await drive.webview.waitFor(() => /chicken/.test(document.querySelector('.row .cell-value')!.textContent!));
    assert.equal(said('cursor').length, told);
    assert.equal(await looking(), '·road');
    await drive.webview.click('[aria-label="Hold the token"]');
    await drive.webview.waitFor(() => document.querySelector('[aria-label="Hold the token"].on') === null);
    await put(editor, offset('because'));
    await looksAt('·because');
  });

  it('shares text, head and pattern with the panel: a layer is one call of the engine', async () => {
    const editor = await openText(SENTENCE);
    const { engine } = await api.engine.ready(new AbortController().signal, () => {});
    const { pattern } = engine;
    Object.defineProperty(engine, 'pattern', {
      configurable: true,
      value: (...asked: Parameters<typeof pattern>) => {
        layers.push(asked[1]);
        return pattern.apply(engine, asked);
      },
    });
    try {
      const panel = new Heard(api);
      await explore();
      const { run } = await panel.done();
      await drive.webview.waitFor(
        () => document.body.dataset.state === 'done' && document.getElementById('strip') !== null,
      );
      await open();
      await vscode.window.showTextDocument(editor.document, editor.viewColumn);
      await heard.done();
      assert.equal(api.texts.all.length, 1);
      await heard.next('answer');
      api.receive({ type: 'chooseHead', run, layer: 4, head: 2 });
      const { layer, head } = await heard.next('head');
      assert.deepEqual([layer, head], [4, 2]);
      await heard.next('answer', (message) => 'result' in message && layers.includes(4));
      const id = 2_000_000;
      api.receive({ type: 'ask', run, id, question: { kind: 'pattern', layer: 4 } });
      await panel.next('answer', (message) => message.id === id);
      assert.deepEqual(layers, [13, 4]);
      const page = api.side.view.page!;
      page.receive({ type: 'chooseHead', run: heard.last('run').run, layer: 5, head: 1 });
      assert.equal(panel.last('head').layer, 5);
      panel.dispose();
    } finally {
      Reflect.deleteProperty(engine, 'pattern');
    }
  });
});
