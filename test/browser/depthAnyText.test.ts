import assert from 'node:assert/strict';
import type { PageState } from '../../src/panel/protocol.ts';
import { kept, placeOf, windowOf } from './depthPage.ts';
import { type OpenPage, openPage } from './harness.ts';
import { type Ask, finished, messages } from './messages.ts';
import { chicken, longText, sample } from './numbers.ts';

let opened: OpenPage;

const shows = (what: string) => opened.page.locator(`.depth ${what}`).innerText();

describe('the depth view, of any text', () => {
  afterEach(() => opened.close());

  const lenses = () =>
    opened.sent().flatMap((message) => {
      if (message.type !== 'ask' || message.question.kind !== 'lens') return [];
      return [{ ...message, question: message.question }];
    });

  it('the columns in view are asked for first, one window at a time, then those beside them', async () => {
    const of = longText(256);
    opened = await openPage({ state: kept({ layer: 2 }) });
    for (const message of finished(of, 1, 130)) await opened.send(message);
    await opened.waitForMessage('ask');
    const asked: number[] = [];
    for (let i = 0; i < 8; i++) {
      await opened.settle();
      const asks = lenses();
      assert.equal(asks.length, i + 1, 'one at a time');
      assert.equal(asks[i].question.count, 32);
      asked.push(asks[i].question.from);
      assert.equal(await shows('.waiting'), i === 0 ? 'Looking at the layers…' : `${32 * i} of 256 tokens`);
      await opened.send(messages.answer(of, asks[i]));
    }
    const { left, cellWidth, width, gutter } = await windowOf(opened);
    const seen = [left / cellWidth, (left + width - gutter) / cellWidth - 1].map(
      (column) => Math.floor(column / 32) * 32,
    );
    assert.ok(seen.includes(asked[0]) && seen.includes(128), `${asked} where ${seen} are in view`);
    assert.deepEqual(
      [...asked].sort((a, b) => a - b),
      [0, 32, 64, 96, 128, 160, 192, 224],
    );
    const from = asked.map((at) => Math.max(0, seen[0] - at, at - seen[1]));
    assert.deepEqual(
      from,
      [...from].sort((a, b) => a - b),
      'the nearest first',
    );
    assert.equal(await shows('.waiting'), '');
  });

  it('scrolled on, what is in view then comes next', async () => {
    const of = longText(1024);
    opened = await openPage({ state: kept({ layer: 2 }) });
    for (const message of finished(of, 1, 5)) await opened.send(message);
    await opened.waitForMessage('ask');
    const before = opened.sent().length;
    await opened.page.locator('.layers-scroller').evaluate((pane) => pane.scrollTo({ left: 76 * 640 }));
    const next = (await opened.waitForMessage('ask', before)) as Ask;
    assert.deepEqual(next.question, { kind: 'lens', from: 640, count: 32 });
    // It is given up, not waited for: the host drops what is overtaken.
    const [first] = lenses();
    await opened.send({ type: 'answer', run: first.run, id: first.id, dropped: true });
    await opened.send(messages.answer(of, next));
    await opened.settle();
    assert.deepEqual(lenses().at(-1)!.question.from, 0, 'where the chosen token is');
  });

  it('the measure and the view survive a reload', async () => {
    opened = await openPage({ state: kept({ layer: 2 }) });
    for (const message of finished(chicken)) await opened.send(message);
    await opened.page.getByRole('combobox', { name: 'Tint by' }).click();
    await opened.page.getByRole('option', { name: 'entropy' }).click();
    const found = await opened.page.waitForFunction(() => {
      const state = window.tokenscopeState as PageState | undefined;
      return state?.depth === 'entropy' && state;
    });
    const state = await found.jsonValue();
    assert.equal((state as PageState).view, 'depth');
    await opened.close();
    opened = await openPage({ state });
    for (const message of finished(chicken)) await opened.send(message);
    assert.match(await shows('.legend'), /8\.52 nats$/);
  });

  it('one token: one column, and the likeliest that may follow through depth', async () => {
    const one = sample([['The', 0]]);
    opened = await openPage({ state: kept({ layer: 2 }) });
    for (const message of finished(one, 1, 0)) await opened.send(message);
    for (let i = 0; i < 2; i++) {
      await opened.settle();
      await opened.send(messages.answer(one, lenses()[i]));
    }
    assert.deepEqual(
      lenses().map(({ question }) => question),
      [
        { kind: 'lens', from: 0, count: 1 },
        { kind: 'lens', from: 0, count: 1, follow: 100 },
      ],
    );
    assert.match(await shows('.course-heading'), /after The, the likeliest of the output · layer 2: [\d.]+ %, rank 5$/);
    await opened.checkAxe();
  });

  it('while it computes the output’s row is there; stale it is dimmed; an error stands where the view is', async () => {
    opened = await openPage({ state: kept({ layer: 2 }) });
    const [told, run, scores, done] = finished(chicken);
    for (const message of [told, run, scores]) await opened.send(message);
    await opened.settle();
    assert.match(await shows('.waiting'), /when the scores are there/);
    const { x, y } = await placeOf(opened, 0, 9);
    await opened.page.mouse.move(x, y);
    assert.match(
      await shows('.layer-value'),
      /^output, after ·was \(9\): ·didn p 0\.\d+.* · next in the text ·too: rank 9, /,
    );
    const below = await placeOf(opened, 1, 9);
    await opened.page.mouse.move(below.x, below.y);
    assert.match(await shows('.layer-value'), /^layer 5, after ·was \(9\): not computed yet$/);
    await opened.send(done);
    const [{ run: number, id }] = lenses();
    const error = { what: 'There is no memory left.', where: 'The lens', todo: 'Close something.' };
    await opened.send({ type: 'answer', run: number, id, error });
    assert.match(await shows('.problem'), /no memory left/);
    assert.equal(await shows('.waiting'), '');
    await opened.send({ type: 'stale', run: 1 });
    const dimmed = await opened.page
      .locator('.layers-scroller')
      .evaluate((pane) => Number(getComputedStyle(pane).opacity));
    assert.ok(dimmed < 1, String(dimmed));
  });

  it('zoom by key: smaller cells, more of them in view, the cell of the keys too', async () => {
    const of = longText(256);
    opened = await openPage({ state: kept({ layer: 2 }) });
    for (const message of finished(of, 1, 200)) await opened.send(message);
    await opened.settle();
    const before = await windowOf(opened);
    await opened.page.locator('.layers-scroller').focus();
    for (let i = 0; i < 8; i++) await opened.page.keyboard.press('-');
    await opened.settle();
    const { cellWidth, left, width, gutter } = await windowOf(opened);
    assert.ok(cellWidth < before.cellWidth / 4);
    assert.ok(200 * cellWidth >= left && 201 * cellWidth <= left + width - gutter, 'the chosen column is in view');
    await opened.page.keyboard.press('0');
    await opened.settle();
    assert.equal((await windowOf(opened)).cellWidth, before.cellWidth);
  });
});
