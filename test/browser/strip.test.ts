import assert from 'node:assert/strict';
import type { HostMessage } from '../../src/panel/protocol.ts';
import { type OpenPage, openPage, type Theme } from './harness.ts';
import { finished, messages } from './messages.ts';
import { chicken, hostile, longText, type Sample } from './numbers.ts';

describe('the strip of tokens', () => {
  let opened: OpenPage;

  afterEach(() => opened.close());

  async function open(of: Sample, chosen?: number, theme?: Theme): Promise<void> {
    opened = await openPage({ theme });
    for (const message of finished(of, 1, chosen)) await opened.send(message);
  }

  const token = (position: number) => opened.page.locator(`#token-${position}`);
  const isInView = (position: number) =>
    opened.page.evaluate((id) => {
      const box = document.getElementById('strip')!.getBoundingClientRect();
      const { top, bottom } = document.getElementById(id)!.getBoundingClientRect();
      return top >= box.top && bottom <= box.bottom;
    }, `token-${position}`);
  const scrolledTo = () => opened.page.evaluate(() => document.getElementById('strip')!.scrollTop);
  const chosen = () =>
    opened.page.evaluate(() => Number(document.querySelector<HTMLElement>('.token.chosen')!.dataset.position));
  const hovers = () => opened.sent().flatMap((message) => (message.type === 'hover' ? [message.position] : []));

  it('1,024 tokens: the first click lands on what it was aimed at, and nothing scrolls', async () => {
    await open(longText(1024), 1000);
    await opened.page.evaluate(() => {
      document.getElementById('strip')!.scrollTop = 0;
    });
    await token(20).click();
    assert.equal((await opened.waitForMessage('choose')).position, 20);
    assert.equal(await scrolledTo(), 0);
  });

  it('1,024 tokens: the focus that comes by a key brings the chosen token into view', async () => {
    await open(longText(1024), 1000);
    await opened.page.evaluate(() => {
      document.getElementById('strip')!.scrollTop = 0;
    });
    assert.equal(await isInView(1000), false);
    await opened.page.keyboard.press('Tab');
    for (let i = 0; i < 20 && !(await opened.page.evaluate(() => document.activeElement?.id === 'strip')); i++) {
      await opened.page.keyboard.press('Tab');
    }
    await opened.page.waitForFunction(() => document.getElementById('strip')!.scrollTop > 0);
    assert.equal(await isInView(1000), true);
  });

  it('1,024 tokens: the token that is chosen when a page first shows the text is in view', async () => {
    await open(longText(1024), 1000);
    await opened.page.waitForFunction(() => document.getElementById('strip')!.scrollTop > 0);
    for (let i = 0; i < 3; i++) await opened.settle();
    assert.equal(await isInView(1000), true);
  });

  it('1,024 tokens: begins where the first numbers are, and goes wherever a token is chosen', async () => {
    await open(longText(1024), 1);
    assert.equal(await scrolledTo(), 0);
    assert.deepEqual([await isInView(0), await isInView(1)], [true, true]);
    for (const position of [1023, 512, 700, 1]) {
      await opened.send({ type: 'cursor', run: 1, position });
      // Blocks take their heights in the next frames.
      await opened.page.evaluate(
        () => new Promise<void>((done) => requestAnimationFrame(() => requestAnimationFrame(() => done()))),
      );
      assert.equal(await isInView(position), true, `token ${position}`);
    }
  });

  it('a key ends a hover, and a pointer that rests does not begin one', async () => {
    await open(chicken, 4);
    const name = () => opened.page.locator('#token-info .chip').innerText();
    await token(8).hover();
    assert.equal(await name(), '·it');
    await opened.page.keyboard.press('ArrowRight');
    assert.deepEqual([await chosen(), await name(), hovers().at(-1)], [5, '·the', null]);
    // The page moves under the pointer.
    const before = hovers().length;
    for (const message of finished(chicken, 2, 5)) await opened.send(message);
    await opened.page.keyboard.press('ArrowRight');
    assert.deepEqual([await chosen(), await name(), hovers().length], [6, '·road', before]);
    // The hand is back at the pointer: it moves within the same token.
    const box = (await token(8).boundingBox())!;
    await opened.page.mouse.move(box.x + 3, box.y + 3);
    await opened.page.mouse.move(box.x + 5, box.y + 4);
    assert.equal(await name(), '·it');
  });

  it('two clicks choose a token and follow nothing', async () => {
    await open(chicken, 4);
    await token(7).dblclick();
    assert.equal((await opened.waitForMessage('choose')).position, 7);
    assert.equal(opened.sent().filter(({ type }) => type === 'pin').length, 0);
  });

  it('a character of several tokens is shown once, over its parts', async () => {
    const cat = hostile.tokens.findIndex(({ bytes }) => bytes);
    const whole = { ...hostile.tokens[cat + 1], bytes: [0xab] };
    const tokens = hostile.tokens.with(cat + 1, whole);
    await open({ ...hostile, tokens }, cat);
    const joined = opened.page.locator('.joined');
    assert.equal(await joined.innerText(), '猫');
    assert.equal(await joined.count(), 1);
    const boxes = await Promise.all([token(cat), token(cat + 1), joined].map((part) => part.boundingBox()));
    const [first, second, outline] = boxes.map((box) => box!);
    assert.ok(first.width > 4 && second.width > 4, 'both can be pointed at');
    assert.ok(first.x + first.width <= second.x + 0.5, 'side by side');
    assert.ok(outline.x <= first.x && outline.x + outline.width >= second.x + second.width, 'under one outline');
    assert.equal(await token(cat).getAttribute('title'), 'part 1 of 2 of 猫, bytes E7 8C');
    assert.match((await token(cat + 1).getAttribute('aria-label'))!, /^part 2 of 2 of 猫, bytes AB, rank 2, /);
    await token(cat + 1).click();
    assert.equal((await opened.waitForMessage('choose')).position, cat + 1);
    await opened.checkAxe('#strip');
  });

  it('a part of a character whose others are missing is its bytes', async () => {
    const cat = hostile.tokens.findIndex(({ bytes }) => bytes);
    await open({ tokens: hostile.tokens.slice(0, cat + 1), ranks: hostile.ranks.slice(0, cat + 1) }, cat);
    assert.equal(await token(cat).innerText(), '⟨E7 8C⟩');
    assert.match((await token(cat).getAttribute('aria-label'))!, /^part of a character, bytes E7 8C, rank 90, /);
  });

  it('what is copied is the text of the document, a character of several tokens once', async () => {
    await open(hostile, 1);
    const copied = await opened.page.evaluate(() => {
      const { firstElementChild: first, lastElementChild: last } = document.getElementById('strip')!;
      getSelection()!.setBaseAndExtent(first!, 0, last!, last!.childNodes.length);
      const data = new DataTransfer();
      document
        .getElementById('strip')!
        .dispatchEvent(new ClipboardEvent('copy', { clipboardData: data, bubbles: true, cancelable: true }));
      return data.getData('text/plain');
    });
    const text = hostile.tokens.map((one) => (one.bytes ? (one.bytes.length > 1 ? '猫' : '') : one.text)).join('');
    assert.equal(copied, text);
  });

  it('a text in a programming language is in the font of the editor, another is not', async () => {
    opened = await openPage();
    const font = () => opened.page.evaluate(() => getComputedStyle(document.getElementById('strip')!).fontFamily);
    const said = (code: boolean, run: number) =>
      ({ ...messages.run(chicken, run), document: { name: 'a', uri: 'file:///a', code } }) as HostMessage;
    await opened.send(said(false, 1));
    const prose = await font();
    await opened.send(said(true, 2));
    const editors = await opened.page.evaluate(() =>
      getComputedStyle(document.documentElement).getPropertyValue('--vscode-editor-font-family'),
    );
    assert.equal((await font()).replaceAll('"', "'"), editors.trim());
    assert.notEqual(prose, await font());
    await opened.send(said(false, 3));
    assert.equal(await font(), prose);
  });

  for (const theme of ['hc-dark', 'hc-light'] as const) {
    it(`${theme}: a line under each token as strong as its surprisal, in one colour, and no tint`, async () => {
      await open(chicken, 4, theme);
      const lines = await opened.page
        .locator('#strip .token:not(.next)')
        .evaluateAll((all) =>
          all.map((one) => [getComputedStyle(one).borderBottomWidth, (one as HTMLElement).style.backgroundColor]),
        );
      assert.ok(lines.every(([, tint]) => tint === ''));
      const widths = lines.map(([width]) => Number.parseFloat(width));
      const surprised = chicken.ranks.indexOf(Math.max(...chicken.ranks));
      assert.equal(Math.max(...widths), widths[surprised]);
      assert.ok(widths[surprised] > widths[chicken.ranks.indexOf(1)]);
    });
  }
});
