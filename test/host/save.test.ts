import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestApi } from '../../src/extension.ts';
import { drive } from './drive.ts';
import { closeAll, explore, Heard, openText, testApi } from './explore.ts';

const SENTENCE = 'The chicken did not cross the road because it was too tired';

describe('saving a figure', () => {
  let api: TestApi;
  let folder: string;

  before(async () => {
    api = await testApi();
    folder = mkdtempSync(join(tmpdir(), 'tokenscope-save-'));
  });

  after(() => rmSync(folder, { recursive: true, force: true }));

  afterEach(closeAll);

  it('asks where, writes the file there, and says so where the button is', async () => {
    const heard = new Heard(api);
    await openText(SENTENCE);
    await explore();
    await heard.done();
    await drive.webview.waitFor(() => document.body.dataset.state === 'done');
    await drive.webview.click('.menu-place vscode-button');
    await drive.webview.click('.menu-item:nth-of-type(2)');
    const field = '.quick-input-widget input.input';
    await drive.waitFor(
      (selector: string) => document.querySelector<HTMLInputElement>(selector)?.offsetParent,
      [field],
    );
    await drive.press('Control+A');
    const file = join(folder, 'numbers.csv');
    await drive.type(file);
    await drive.press('Enter');
    const saved = await heard.next('saved');
    assert.equal(saved.file, file);
    const said = await drive.webview.waitFor(() => document.querySelector('.said:not([hidden])')?.textContent);
    assert.ok(String(said).includes(file), String(said));
    const [head, ...rows] = readFileSync(file, 'utf8')
      .trim()
      .split('\n')
      .filter((line) => !line.startsWith('#'));
    assert.match(head, /probability/);
    assert.ok(rows.length > 5);
    heard.dispose();
  });
});
