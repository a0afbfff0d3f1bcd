import assert from 'node:assert/strict';
import { type OpenPage, openPage } from './harness.ts';
import { layoutFaults, measure } from './measure.ts';
import { type Ask, finished, messages } from './messages.ts';
import { chicken, sample } from './numbers.ts';

describe('Predict', () => {
  let opened: OpenPage;

  afterEach(() => opened.close());

  async function open(chosen = 5, width?: number): Promise<void> {
    opened = await openPage();
    if (width) await opened.page.setViewportSize({ width, height: 800 });
    for (const message of finished(chicken, 1, chosen)) await opened.send(message);
    await answer();
  }

  /** Answers what was asked last and not answered yet. */
  let answered = 0;
  beforeEach(() => {
    answered = 0;
  });
  async function answer(): Promise<void> {
    const asks = opened.sent().filter((message): message is Ask => message.type === 'ask');
    for (const ask of asks.slice(answered)) await opened.send(messages.answer(chicken, ask));
    answered = asks.length;
  }

  const page = () => opened.page;
  const rows = () => page().locator('tr.candidate');
  const names = () => rows().locator('.name').allInnerTexts();
  const widths = () =>
    page()
      .locator('td.bars .plain')
      .evaluateAll((bars) => bars.map((bar) => (bar as HTMLElement).style.width));
  const tries = () => opened.sent().filter(({ type }) => type === 'tryCandidate');

  for (const width of [480, 900, 1500]) {
    it(`with log-prob and logit each token still has room for its name at ${width} px`, async () => {
      await open(4, width);
      await measure(opened);
      await page().locator('.under-table vscode-checkbox').click();
      await page().locator('th', { hasText: 'logit' }).waitFor();
      const room = await rows()
        .locator('.name')
        .evaluateAll((all) => Math.min(...all.map((name) => name.getBoundingClientRect().width)));
      assert.ok(room >= 90, String(room));
      assert.deepEqual(await layoutFaults(opened), []);
    });
  }

  it('about ten rows, the controls, the cut and the own token in view at 900 by 800 and at 480', async () => {
    for (const width of [900, 480]) {
      await open(4, width); // " cross" has rank 64
      assert.ok((await rows().count()) <= 12);
      await page().getByRole('textbox', { name: 'top-k, number' }).fill('20');
      await page().keyboard.press('Enter');
      for (const place of ['.sampling', 'tr.own', 'tr.cut']) {
        const box = (await page().locator(place).boundingBox())!;
        assert.ok(box && box.y >= 0 && box.y + box.height <= 800, `${place} at ${width}: ${JSON.stringify(box)}`);
      }
      if (width === 900) await opened.close();
      answered = 0;
    }
  });

  it('a double-click, Enter and the button put a candidate in; a click only goes to it', async () => {
    await open();
    const third = Number(await rows().nth(2).getAttribute('data-id'));
    await rows().nth(2).locator('.name').click();
    assert.deepEqual(tries(), []);
    assert.equal(await rows().nth(2).getAttribute('aria-selected'), 'true');
    await rows().nth(2).locator('.name').dblclick();
    await page().locator('table.candidates').focus();
    await page().keyboard.press('Enter');
    await rows().nth(2).locator('vscode-button').click();
    assert.deepEqual(
      tries(),
      [1, 2, 3].map(() => ({ type: 'tryCandidate', run: 1, position: 5, id: third })),
    );
  });

  it('the old list stays, dimmed, until its successor is complete', async () => {
    await open();
    const before = await names();
    const heading = await page().locator('.view.predict .heading').innerText();
    await opened.send({ type: 'stale', run: 1 });
    assert.deepEqual(await names(), before);
    const other = sample(chicken.tokens.map(({ text }, i) => [i === 5 ? ' a' : text, chicken.ranks[i]]));
    const isOld = () =>
      page()
        .locator('.view.predict')
        .evaluate((view) => view.hasAttribute('data-older'));
    await opened.send({ ...messages.run(other, 2), chosen: 5 } as never);
    assert.deepEqual([await names(), await isOld()], [before, true]);
    assert.equal(await page().locator('.view.predict .heading').innerText(), heading);
    await opened.send(messages.progress('compute', 0, 13, 2));
    assert.deepEqual([await names(), await isOld()], [before, true]);
    await opened.send(messages.scores(other, 0, 13, 2));
    assert.equal(await isOld(), false);
    assert.match(await page().locator('.view.predict .heading').innerText(), /·a/);
  });

  it('bars keep their scale while a slider moves, and no width is not a number', async () => {
    await open();
    const before = await widths();
    await page()
      .getByRole('slider', { name: 'temperature' })
      .evaluate((slider) => {
        const input = slider as HTMLInputElement;
        for (const value of ['0.3', '1.9']) {
          input.value = value;
          input.dispatchEvent(new Event('input'));
        }
      });
    assert.deepEqual(await widths(), before);
    assert.ok((await widths()).every((width) => /^\d/.test(width)));
  });

  it('a number that is typed acts at once; one that cannot be is put back', async () => {
    await open();
    const number = page().getByRole('textbox', { name: 'top-k, number' });
    await number.fill('7');
    await number.press('Enter');
    assert.match(await page().locator('.remain').innerText(), /^7 of 5,000 remain/);
    await number.fill('many');
    await number.press('Enter');
    await page().locator('table.candidates').focus();
    assert.equal(await number.inputValue(), '7');
    await number.fill('off');
    await number.press('Enter');
    assert.match(await page().locator('.remain').innerText(), /^Nothing is cut off/);
  });

  it('log-prob and logit on demand, right to the digits shown', async () => {
    await open();
    await page().getByText('log-prob and logit').click();
    const [logprob, logit] = await rows().nth(1).locator('.detail').allInnerTexts();
    const p = Number(await rows().nth(1).locator('.p').getAttribute('title'));
    assert.equal(logprob, Math.log(p).toFixed(3));
    assert.ok(Number.isFinite(Number(logit)));
  });

  it('a row is copied as values', async () => {
    await open();
    await page().locator('table.candidates').focus();
    await page().keyboard.press('ArrowDown');
    const copied = await page().evaluate(() => {
      const data = new DataTransfer();
      const event = new ClipboardEvent('copy', { clipboardData: data, bubbles: true, cancelable: true });
      document.querySelector('table.candidates')!.dispatchEvent(event);
      return data.getData('text/plain').split('\t');
    });
    assert.equal(copied[1], await rows().nth(0).getAttribute('data-id'));
    assert.equal(copied[2], '1');
  });

  it('what a candidate changed is said when its numbers are there', async () => {
    await open();
    await rows().nth(2).locator('.name').dblclick();
    assert.equal(await page().locator('.change li').count(), 0);
    const other = sample(chicken.tokens.map(({ text }, i) => [i === 5 ? ' a' : text, 1]));
    await opened.send({ ...messages.run(other, 2), chosen: 5 } as never);
    await opened.send(messages.scores(other, 0, 13, 2));
    await opened.send(messages.done(other, 2));
    const lines = await page().locator('.change li').allInnerTexts();
    assert.match(lines[0], /^·the → /);
    assert.match(lines[1], /^mean \d+\.\d\d → \d+\.\d\d bits\/token$/);
    assert.match(lines[2], /^perplexity /);
    assert.notEqual(lines[1].split(' ')[1], lines[1].split(' ')[3]);
  });

  it('words of the field are explained on hover and on focus', async () => {
    await open();
    const word = page().locator('.candidates .term', { hasText: 'rank' });
    await word.focus();
    const shown = await word.evaluate((element) => getComputedStyle(element, '::after').content);
    assert.match(shown, /Place of a token/);
  });

  it('S walks the most surprising tokens, and a list names ten of them, the largest first', async () => {
    await open(1);
    await page().locator('#strip').focus();
    await page().keyboard.press('s');
    const chosen = () => opened.sent().findLast(({ type }) => type === 'choose') as { position: number };
    const ranks = chicken.ranks.map((rank, position) => ({ rank, position })).filter(({ rank }) => rank > 0);
    const largest = ranks.toSorted((a, b) => b.rank - a.rank || a.position - b.position).slice(0, 10);
    const next = largest
      .map(({ position }) => position)
      .sort((a, b) => a - b)
      .find((position) => position > 1);
    assert.equal(chosen().position, next);
    await page().locator('.surprises summary').click();
    await page().locator('.surprises li').nth(9).waitFor();
    const listed = await page()
      .locator('.surprises li button')
      .evaluateAll((all) => all.map((button) => Number((button as HTMLElement).dataset.position)));
    assert.deepEqual(
      listed,
      largest.map(({ position }) => position),
    );
  });
});
