import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { readSettings } from '../../src/explore/settings.ts';
import type { TestApi } from '../../src/extension.ts';
import { closeAll, event, setting, testApi } from './explore.ts';
import { sampleHost } from './ownTime.ts';

const EDITORS = 50;
const LINE = 'The old keeper climbed the stairs every evening, and lit the lamp.\n';
const LINES = Math.ceil(5e6 / LINE.length);

describe('much at once', () => {
  let api: TestApi;
  let scratch: string;

  before(async () => {
    api = await testApi();
    await setting('ghostText.mode', 'off');
    scratch = mkdtempSync(join(tmpdir(), 'tokenscope-many-'));
  });

  after(async () => {
    await setting('ghostText.mode', undefined);
    rmSync(scratch, { recursive: true, force: true });
  });

  afterEach(async () => {
    api.heatmap.set(false);
    await closeAll();
  });

  /** A file in an editor. One that is not saved would be opened once more, in whatever group VS Code holds for active. */
  async function opened(name: string, text: string): Promise<vscode.TextEditor> {
    const file = join(scratch, `${name}.txt`);
    writeFileSync(file, text);
    const document = await vscode.workspace.openTextDocument(file);
    return vscode.window.showTextDocument(document, { viewColumn: vscode.ViewColumn.One, preview: false });
  }

  /** The parts of documents that are read, by anybody. */
  const read = () => api.texts.all.map(({ place: { document, range } }) => [document.fileName, range]);

  const heatOf = ({ document }: vscode.TextEditor) => api.heatmap.of(document);

  /** The heatmap of an editor has all numbers of what it covers. */
  async function finished(editor: vscode.TextEditor, covers: () => boolean = () => true): Promise<void> {
    const fits = () => {
      const heat = heatOf(editor);
      return heat?.text?.state === 'finished' && heat.all.every(({ stale }) => !stale) && covers();
    };
    if (!fits()) await event((hear) => vscode.Disposable.from(api.heatmap.onDidChange(hear)), fits);
  }

  it(`${EDITORS} editors: only what is visible is kept and scored; the first is right when one comes back to it`, async function () {
    this.timeout(120_000);
    api.heatmap.set(true);
    const editors: vscode.TextEditor[] = [];
    for (let i = 0; i < EDITORS; i++) {
      editors.push(await opened(`room ${i}`, `Room ${i} has ${i} lamps. ${LINE}`));
    }
    await finished(editors[EDITORS - 1]);
    assert.equal(read().length, 1, JSON.stringify(read()));
    assert.equal(heatOf(editors[0]), undefined);
    const first = await vscode.window.showTextDocument(editors[0].document);
    await finished(first);
    assert.equal(read().length, 1, JSON.stringify(read()));
    const { tokens } = heatOf(first)!.text!.run!;
    const text = first.document.getText();
    assert.ok(tokens.every((token) => text.slice(token.start, token.end) === token.text));
    assert.match(tokens.map((token) => token.text).join(''), /^Room 0 has 0 lamps\./);
  });

  it('a file of 5 MB: the visible lines are scored, and those that one scrolls to', async function () {
    this.timeout(120_000);
    const editor = await opened('long', LINE.repeat(LINES));
    const { document } = editor;
    const sampled = await sampleHost();
    const tinted = () => {
      const marks = heatOf(editor)?.all ?? [];
      const [{ start, end }] = editor.visibleRanges;
      const [from, to] = [document.offsetAt(start), document.offsetAt(end)];
      // The document's first token has no tint.
      return marks.length > 0 && marks[0].start <= from + LINE.length && marks.at(-1)!.end >= to - 1;
    };
    api.heatmap.set(true);
    await finished(editor, tinted);
    const few = () => heatOf(editor)!.text!.run!.tokens.length <= readSettings().maxTokens;
    assert.ok(few());
    const middle = Math.floor(LINES / 2);
    editor.revealRange(new vscode.Range(middle, 0, middle, 0), vscode.TextEditorRevealType.AtTop);
    const there = () => editor.visibleRanges[0].start.line >= middle - 5;
    await finished(editor, () => there() && tinted());
    const { longest } = await sampled();
    assert.ok(few());
    console.log(`    the extension's own code held up its host for ${longest.toFixed(1)} ms at the longest`);
  });
});
