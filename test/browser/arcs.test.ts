import assert from 'node:assert/strict';
import { maxOverHeads, meanOverHeads, strongest } from '../../src/analysis/patterns.ts';
import { paletteFrom } from '../../webview/plots/palette.ts';
import { contrast, parseColor } from '../../webview/plots/scale.ts';
import type { OpenOptions, OpenPage } from './harness.ts';
import { contrastFaults, layoutFaults, leastContrast, measure } from './measure.ts';
import { answerUntilQuiet, openText, type RealText, realText } from './real.ts';
import { themeFacts, themes } from './theme.ts';

const LAYER = 13;
const HEAD = 8;
const IT = 8;
const MOST = 10;

interface Arc {
  from: number;
  to: number;
  weight: number;
  width: number;
  opacity: number;
  stroke: string;
  /** Ends of the path, on the page; null: it is not drawn. */
  ends: [number, number, number, number] | null;
}

describe('arcs over the strip, on numbers of the real engine', () => {
  let opened: OpenPage;
  let text: RealText;
  let long: RealText;

  before(async () => {
    text = await realText("The chicken didn't cross the road because it was too tired.");
    const lines = Array.from(
      { length: 30 },
      (_, i) => `The chicken did not cross road ${i} because it was too tired.\n`,
    );
    long = await realText(lines.join(''));
  });

  afterEach(() => opened.close());

  const kept = (arcs: boolean, head: { layer: number; head: number } = { layer: LAYER, head: HEAD }) => ({
    view: 'attention',
    ...head,
    sampling: { temperature: 1, topK: 0, topP: 1 },
    pinned: false,
    attention: { measure: 'head', times: false, withoutFirst: false, arcs, compared: null },
  });

  const measured = (measure: string) => ({ ...kept(true), attention: { ...kept(true).attention, measure } });

  async function open(of = text, chosen = IT, options: OpenOptions = {}): Promise<void> {
    opened = await openText(of, { state: kept(true), ...options }, chosen);
    await answerUntilQuiet(opened, of);
  }

  /** The strongest first. */
  const arcs = async (): Promise<Arc[]> =>
    (
      await opened.page.locator('#strip .arcs').evaluate((svg) => {
        const { left, top } = svg.getBoundingClientRect();
        return [...svg.querySelectorAll('path')].map((path) => {
          const [x1, y1, , , x2, y2] = (path.getAttribute('d') ?? '').match(/-?[\d.]+/g)?.map(Number) ?? [];
          return {
            from: Number(path.dataset.from),
            to: Number(path.dataset.to),
            weight: Number(path.dataset.weight),
            width: Number(path.getAttribute('stroke-width')),
            opacity: Number(path.getAttribute('stroke-opacity')),
            stroke: path.getAttribute('stroke')!,
            ends: x1 === undefined ? null : ([x1 + left, y1 + top, x2 + left, y2 + top] as Arc['ends']),
          };
        });
      })
    ).reverse();

  /** What the arcs of a row have to say. */
  function expected(data: Float32Array, n: number, row: number, head = 0): [number, number, number][] {
    const weights = data.subarray((head * n + row) * n, (head * n + row) * n + row + 1);
    return strongest(weights, MOST, 0.005).map((to) => [row, to, weights[to]]);
  }
  const said = async () => (await arcs()).map(({ from, to, weight }) => [from, to, weight]);
  const patternRow = async (row: number, layer = LAYER, head = HEAD) =>
    expected((await text.pattern(layer)).data, text.tokens.length, row, head);

  /** The middle of a token's upper edge, on the page. */
  const topOf = (position: number): Promise<[number, number]> =>
    opened.page.locator(`#token-${position}`).evaluate((token) => {
      const { left, width, top } = token.getClientRects()[0];
      return [left + width / 2, top];
    });
  const toggle = () => opened.page.locator('vscode-checkbox', { hasText: 'Arcs' }).click();

  const keptState = async () => {
    const from = opened.sent().length;
    await opened.send({ type: 'keep' });
    return (await opened.waitForMessage('kept', from)).state;
  };

  const isNear = (a: number, b: number) => assert.ok(Math.abs(a - b) < 0.6, `${a} is not ${b}`);

  it('join the chosen token with the ten it looks at most, the stronger the wider, on top of their boxes', async () => {
    await open();
    const drawn = await arcs();
    assert.deepEqual(await said(), await patternRow(IT));
    assert.equal(text.tokens[drawn[0].to].text, ' chicken');
    for (const [i, { from, to, ends, width, opacity }] of drawn.entries()) {
      if (i > 0) assert.ok(width < drawn[i - 1].width && opacity < drawn[i - 1].opacity);
      const [[x1, y1], [x2, y2]] = [await topOf(from), await topOf(to)];
      assert.ok(ends);
      // A token that looks at itself has a loop.
      const half = from === to ? 4 : 0;
      for (const [a, b] of [
        [ends[0], x1 - half],
        [ends[1], y1],
        [ends[2], x2 + half],
        [ends[3], y2],
      ])
        isNear(a, b);
    }
    assert.equal(await opened.page.locator('#strip .arcs').getAttribute('aria-hidden'), 'true');
  });

  it('another token, layer, head and measure have other arcs, and nothing more is asked for', async () => {
    await open();
    await opened.page.keyboard.press('ArrowRight');
    await opened.settle();
    assert.deepEqual(await said(), await patternRow(IT + 1));
    await opened.page.keyboard.press('{');
    await opened.settle();
    assert.deepEqual(await said(), await patternRow(IT + 1, LAYER, HEAD - 1));
    const asked = opened.sent().filter(({ type }) => type === 'ask').length;
    assert.equal(asked, 1);
    await opened.page.keyboard.press(']');
    await answerUntilQuiet(opened, text);
    assert.deepEqual(await said(), await patternRow(IT + 1, LAYER + 1, HEAD - 1));
    const { data, shape } = await text.pattern(LAYER);
    for (const [measure, of] of [
      ['mean', meanOverHeads],
      ['max', maxOverHeads],
    ] as const) {
      await opened.close();
      await open(text, IT, { state: measured(measure) });
      assert.deepEqual(await said(), expected(of({ shape, data }), text.tokens.length, IT));
    }
    await opened.close();
    await open(text, IT, { state: measured('rollout') });
    const asks = opened.sent().filter((message) => message.type === 'ask');
    const answer = await text.answer(asks.find(({ question }) => question.kind === 'rollout')!);
    assert.ok(answer.type === 'answer' && 'result' in answer);
    const rolled = (answer.result as { data: Float32Array }).data;
    assert.deepEqual(await said(), expected(rolled, text.tokens.length, IT));
  });

  it('are off at first, come and go with the toggle, stay over a reload, and leave with the view', async () => {
    await open(text, IT, { state: kept(false) });
    const height = () => opened.page.locator('#strip').evaluate((strip) => strip.getBoundingClientRect().height);
    const plain = await height();
    assert.deepEqual(await said(), []);
    await toggle();
    await opened.settle();
    assert.deepEqual(await said(), await patternRow(IT));
    assert.equal((await keptState()).attention?.arcs, true);
    await opened.openView('predict');
    await opened.settle();
    assert.deepEqual([await said(), await height()], [[], plain]);
    await opened.openView('attention');
    await opened.settle();
    assert.deepEqual(await said(), await patternRow(IT));
    await toggle();
    await opened.settle();
    assert.deepEqual([await said(), await height()], [[], plain]);
    const state = await keptState();
    assert.equal(state.attention?.arcs, false);
    const on = { ...state, attention: { ...state.attention, arcs: true } };
    await opened.close();
    await open(text, IT, { state: on });
    assert.deepEqual(await said(), await patternRow(IT));
  });

  it('move with the text as it is scrolled, and leave the strip at the edge that a token is beyond', async () => {
    const last = long.tokens.length - 3;
    // Looks at the first tokens and at those near it.
    await open(long, last - 1, { state: measured('max') });
    await opened.page.locator('#strip').focus();
    await opened.page.keyboard.press('ArrowRight');
    await answerUntilQuiet(opened, long);
    const box = (await opened.page.locator('#strip').boundingBox())!;
    const scrollTo = async (y: number) => {
      await opened.page.locator('#strip').evaluate((strip, top) => strip.scrollTo({ top }), y);
      await opened.settle();
      await opened.settle();
    };
    const size = () => opened.page.locator('#strip').evaluate(({ scrollHeight }) => scrollHeight);
    await opened.settle();
    const before = await size();
    const down = await opened.page.locator('#strip').evaluate(({ scrollTop }) => scrollTop);
    const drawn = await arcs();
    const toFirst = drawn.find(({ to }) => to === 0);
    assert.ok(down > 0 && toFirst?.ends, JSON.stringify(drawn));
    const [, y1, , y2] = toFirst.ends;
    assert.ok(y1 > box.y && y1 < box.y + box.height, 'begins in the strip');
    assert.ok(y2 < box.y && y2 > box.y - 40, 'and ends just above it');
    await scrollTo(down - 12);
    const moved = (await arcs()).find(({ to }) => to === 0)!;
    isNear(moved.ends![1], y1 + 12);
    isNear(moved.ends![0], (await topOf(last))[0]);
    await scrollTo(0);
    const above = (await arcs()).find(({ to }) => to === 0)!;
    isNear(above.ends![3], (await topOf(0))[1]);
    assert.ok(above.ends![1] > box.y + box.height, 'the chosen token is below the strip');
    // Two tokens beyond the same edge have nothing between them to be seen.
    const near = (await arcs()).find(({ from, to }) => to > from - 5)!;
    assert.equal(near.ends, null);
    assert.equal(await size(), before);
    assert.deepEqual(
      await said(),
      drawn.map(({ from, to, weight }) => [from, to, weight]),
    );
  });

  it('the chosen token is in the strip when they are switched on', async () => {
    await open(long, 100, { state: kept(false) });
    await opened.page.locator('#strip').focus();
    // To the last line of the strip that is in view.
    const isIn = (position: number) =>
      opened.page.evaluate((at) => {
        const { bottom } = document.getElementById(`token-${at}`)!.getBoundingClientRect();
        return bottom <= document.getElementById('strip')!.getBoundingClientRect().bottom;
      }, position);
    let last = 100;
    while (await isIn(last + 1)) last++;
    await opened.page.locator(`#token-${last}`).click();
    await answerUntilQuiet(opened, long);
    await toggle();
    await opened.settle();
    await opened.settle();
    assert.equal(await isIn(last), true);
    const [first] = await arcs();
    isNear(first.ends![1], (await topOf(last))[1]);
  });

  it('are not drawn again for what does not change them', async () => {
    await open();
    await opened.page.locator('#strip .arcs').evaluate((svg) => {
      const seen = { changes: 0 };
      const observer = new MutationObserver((records) => {
        seen.changes += records.length;
      });
      observer.observe(svg, { subtree: true, childList: true, attributes: true });
      Object.assign(window, { seen });
    });
    const seen = () => opened.page.evaluate(() => (window as unknown as { seen: { changes: number } }).seen.changes);
    await opened.page.locator('#token-3').hover();
    await opened.page.locator('.matrix').hover({ position: { x: 20, y: 60 } });
    await opened.settle();
    assert.equal(await seen(), 0);
    await opened.page.keyboard.press('ArrowLeft');
    await opened.settle();
    assert.ok((await seen()) > 0);
  });

  it('the pointer goes through them, to the token below', async () => {
    await open();
    const hit = await opened.page.locator('#strip .arcs').evaluate((svg) => {
      const { left, top } = svg.getBoundingClientRect();
      return [...svg.querySelectorAll('path')].map((path) => {
        const { x, y } = path.getPointAtLength(path.getTotalLength() / 2);
        return document.elementFromPoint(left + x, top + y)!.closest('svg');
      });
    });
    assert.ok(hit.length > 0 && hit.every((found) => found === null));
  });

  for (const theme of themes) {
    it(`${theme}: can be seen, and nothing is hidden or too faint for them`, async () => {
      await open(text, IT, { theme, width: 480 });
      const { variables, bodyClass } = themeFacts(theme);
      const { background, foreground } = paletteFrom((name) => variables[name] ?? '', bodyClass.split(' '));
      const [strongestArc, ...others] = await arcs();
      const colour = parseColor(strongestArc.stroke)!;
      const seen = [...colour, strongestArc.opacity].join(', ');
      assert.ok(contrast(parseColor(`rgba(${seen})`, background)!, background) >= 3);
      if (theme.startsWith('hc')) {
        assert.deepEqual(colour, foreground);
        assert.ok([strongestArc, ...others].every(({ opacity }) => opacity === 1));
      }
      await measure(opened);
      assert.deepEqual([...(await layoutFaults(opened)), ...(await contrastFaults(opened, leastContrast(theme)))], []);
      await opened.checkAxe();
      const before = strongestArc.stroke;
      const other = theme === 'light' ? 'dark' : 'light';
      await opened.setTheme(other);
      await opened.settle();
      assert.notEqual((await arcs())[0].stroke, before);
    });
  }
});
