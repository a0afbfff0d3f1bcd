import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type HostWindow, openHostWindow } from '../host/outside.ts';

const FILE = 'prose.md';

/** Opens the file, with its third line selected. */
async function selectLine(window: HostWindow): Promise<void> {
  await window.open(FILE);
  await clickText(window);
  await window.page.keyboard.press('Control+L');
  await window.page
    .locator('.statusbar-item')
    .filter({ hasText: /selected/ })
    .waitFor();
}

const clickText = ({ page }: HostWindow) =>
  page
    .locator('.editor-instance .view-lines')
    .first()
    .click({ position: { x: 300, y: 60 } });

/** What the panel says, once each token has its number. */
async function scored(window: HostWindow): Promise<{ strip: string; facts: string }> {
  const frame = await window.webview('#tab-depth');
  await frame.waitForFunction(() => {
    const [busy, perplexity] = ['.progress', '.fact.ppl'].map((selector) => document.querySelector(selector));
    return busy?.hasAttribute('data-busy') === false && /\d/.test(perplexity?.textContent ?? '');
  });
  return frame.evaluate(() => ({
    strip: document.querySelector('.strip')!.textContent!,
    facts: document.querySelector('.facts')!.textContent!,
  }));
}

/** The heatmap's totals in the status bar, once they are of all tokens. */
async function tinted({ page }: HostWindow): Promise<string> {
  const item = page.locator('.statusbar-item').filter({ hasText: /bits · [\d,]+ tokens · .* bits\/token · ppl/ });
  await item.waitFor({ timeout: 60_000 });
  return (await item.textContent())!;
}

/** The token in the side bar, and the tokens that it looks at. */
async function looking(window: HostWindow): Promise<(string | null)[]> {
  const side = await window.webview('.look');
  return side.evaluate(() => [...document.querySelectorAll('.looking, .look')].map((each) => each.textContent));
}

describe('a whole window', function () {
  this.timeout(180_000);
  let window: HostWindow;

  beforeEach(async () => {
    window = await openHostWindow();
  });

  afterEach(() => window.close());

  // One webview a window: here all have one origin and get in each other's way when they come back together.
  it('loaded again, its panel and heatmap show the same, and ghost text comes', async () => {
    await selectLine(window);
    await window.command('Tokenscope: Explore Selection');
    const explored = await scored(window);
    await clickText(window);
    await window.command('Tokenscope: Toggle Surprisal Heatmap');
    const totals = await tinted(window);
    await window.reload();
    assert.deepEqual(await scored(window), explored);
    assert.equal(await tinted(window), totals);
    await clickText(window);
    await window.page.keyboard.press('Control+End');
    await window.page.keyboard.type('\nOne, two, three, four, five, six, ');
    await window.page.locator('.ghost-text-decoration').first().waitFor();
  });

  it('loaded again, its side bar shows the same', async () => {
    await window.open(FILE);
    await clickText(window);
    await window.page.locator('.activitybar [aria-label="Tokenscope"]').first().click();
    const looked = await looking(window);
    await window.reload();
    assert.deepEqual(await looking(window), looked);
    assert.ok(looked.length > 4);
  });

  it('beside another one on the same folder: each has its numbers, and follows what the other one saves', async () => {
    const other = await window.another();
    for (const each of [window, other]) {
      await selectLine(each);
      await each.command('Tokenscope: Explore Selection');
    }
    assert.deepEqual(await scored(other), await scored(window));
    await clickText(window);
    await window.page.keyboard.type('Indeed');
    await window.page.keyboard.press('Control+S');
    const frame = await other.webview('#tab-depth');
    await frame.waitForFunction(() => document.querySelector('.strip')!.textContent!.includes('Indeed'));
    assert.ok(readFileSync(join(window.folder, FILE), 'utf8').includes('Indeed'));
    assert.deepEqual(await scored(other), await scored(window));
  });
});
