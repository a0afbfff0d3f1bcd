import assert from 'node:assert/strict';

import { type OpenPage, openPage } from './harness.ts';
import { layoutFaults, measure } from './measure.ts';
import { type Ask, finished, messages } from './messages.ts';
import { chicken, zipf } from './numbers.ts';

type TreeAsk = Ask & { question: { kind: 'tree'; paths: number[][]; top: number; position: number } };

describe('generate', () => {
  let opened: OpenPage;

  afterEach(() => opened.close());

  const asks = (kind: string) =>
    opened.sent().filter((message): message is Ask => message.type === 'ask' && message.question.kind === kind);
  const lastTree = () => asks('tree').at(-1) as TreeAsk;

  /** The view on a finished run, each level of the tree answered until it asks for no more. */
  async function open(theme?: 'light' | 'dark', width = 900): Promise<void> {
    const sampling = { temperature: 1, topK: 0, topP: 1 };
    opened = await openPage({ state: { view: 'generate', sampling, pinned: false }, theme, width, height: 900 });
    for (const message of finished(chicken, 1, 5)) await opened.send(message);
    for (let answered = 0; asks('tree').length > answered; answered++) {
      await opened.send(messages.answer(chicken, asks('tree')[answered]));
      await opened.page.evaluate(() => new Promise(requestAnimationFrame));
    }
  }

  it('grows level by level, each box as high as its token is probable', async () => {
    await open();
    const counts = asks('tree').map((ask) => (ask as TreeAsk).question.paths.length);
    assert.deepEqual(counts, [1, 5, 21]);
    const boxes = await opened.page.evaluate(() =>
      [...document.querySelectorAll<HTMLElement>('.tree .node')].map((box) => ({
        path: box.dataset.path!.split(' ').length,
        share:
          box.getBoundingClientRect().height / document.querySelector('.tree-inside')!.getBoundingClientRect().height,
      })),
    );
    const firsts = boxes.filter(({ path }) => path === 1);
    assert.equal(firsts.length, 4);
    for (const [i, { share }] of firsts.entries()) assert.ok(Math.abs(share - zipf(i + 1)) < 0.003, `${share}`);
    const seconds = boxes.filter(({ path }) => path === 2);
    assert.ok(Math.abs(seconds[0].share - zipf(1) ** 2) < 0.003);
    const rest = 1 - [1, 2, 3, 4].reduce((sum, rank) => sum + zipf(rank), 0);
    assert.match(
      await opened.page.locator('.tree .rest', { hasText: /./ }).last().innerText(),
      new RegExp(`${(rest * 100).toPrecision(3)} % not shown`),
    );
  });

  it('by keys: walks to a path, says its probability, and puts it in', async () => {
    await open();
    await opened.page.locator('.tree .node[tabindex="0"]').focus();
    await opened.page.keyboard.press('ArrowDown');
    await opened.page.keyboard.press('ArrowRight');
    const p = zipf(2) * zipf(1);
    assert.match(await opened.page.locator('.path').innerText(), new RegExp(`${(p * 100).toPrecision(3)} % of all`));
    await opened.page.keyboard.press('Enter');
    const message = await opened.waitForMessage('putIn');
    const path = await opened.page.evaluate(() => (document.activeElement as HTMLElement).dataset.path);
    assert.deepEqual(message, { type: 'putIn', run: 1, position: 5, ids: path!.split(' ').map(Number) });
  });

  it('a click expands a box, and a broader tree begins anew', async () => {
    await open();
    const before = asks('tree').length;
    const { paths } = lastTree().question;
    const deepest = opened.page.locator('.tree .node[aria-level="3"]').first();
    const path = (await deepest.getAttribute('data-path'))!.split(' ').map(Number);
    await deepest.click();
    assert.deepEqual(lastTree().question.paths, [...paths, path]);
    assert.equal(asks('tree').length, before + 1);
    await opened.page.locator('.generate input[type=range]').nth(1).fill('2');
    const { question } = lastTree();
    assert.deepEqual([question.top, question.paths], [2, [[]]]);
  });

  it('texts of compared ways have the width of the page at 480 px', async () => {
    await open('dark', 480);
    await opened.page.locator('.compare-ways vscode-button').click();
    for (const ask of asks('sample')) await opened.send(messages.answer(chicken, ask));
    const cell = opened.page.locator('.compare tbody tr:nth-child(2) td').last();
    assert.ok((await cell.evaluate((one) => one.getBoundingClientRect().width)) > 400);
    assert.equal(await opened.page.getByRole('row').count(), 7);
    await measure(opened);
    assert.deepEqual(await layoutFaults(opened), []);
  });

  it('compares ways of sampling when asked to', async () => {
    await open();
    assert.equal(asks('sample').length, 0);
    await opened.page.locator('.compare-ways vscode-button').click();
    assert.equal(asks('sample').length, 6);
    for (const ask of asks('sample')) await opened.send(messages.answer(chicken, ask));
    const rows = await opened.page.locator('.compare tbody tr').allInnerTexts();
    assert.equal(rows.length, 6);
    assert.match(rows[1], /temperature 0\.7\s+-2\.50 nats\s+0\.75\s+0\.88/);
    assert.deepEqual(await opened.page.locator('.compare tbody tr:nth-child(2) strong').allInnerTexts(), [
      'end',
      'another text',
    ]);
  });
});
