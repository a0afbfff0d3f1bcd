import assert from 'node:assert/strict';
import { mostTelling } from '../../src/analysis/patterns.ts';
import { paletteFrom } from '../../webview/plots/palette.ts';
import { magnitudeScale, type Rgb } from '../../webview/plots/scale.ts';
import { type OpenOptions, type OpenPage, openPage, type Theme } from './harness.ts';
import { answerAll, type RealText, realText } from './real.ts';
import { themeFacts, themes } from './theme.ts';

const LAYER = 13;
const HEAD = 8;
const IT = 8;

describe('the attention view, on numbers of the real engine', () => {
  let opened: OpenPage;
  let text: RealText;
  let weights: Float32Array;

  before(async () => {
    text = await realText("The chicken didn't cross the road because it was too tired.");
    const n = text.tokens.length;
    weights = (await text.pattern(LAYER)).data.subarray(HEAD * n * n, (HEAD + 1) * n * n);
  });

  afterEach(() => opened.close());

  const n = () => text.tokens.length;
  const weight = (row: number, column: number) => weights[row * n() + column];
  /** The largest weight below the first row. */
  const top = () => Math.max(...weights.subarray(n()));
  const paletteOf = (theme: Theme) => {
    const { variables, bodyClass } = themeFacts(theme);
    return paletteFrom((name) => variables[name] ?? '', bodyClass.split(' '));
  };

  async function open(options: OpenOptions = {}, chosen = IT): Promise<void> {
    const sampling = { temperature: 1, topK: 0, topP: 1 };
    opened = await openPage({
      state: { view: 'attention', layer: LAYER, head: HEAD, sampling, pinned: false },
      ...options,
    });
    for (const message of text.finished(1, chosen)) await opened.send(message);
    await answerAll(opened, text);
    await frames();
  }

  const frames = () =>
    opened.page.evaluate(
      () => new Promise<void>((done) => requestAnimationFrame(() => requestAnimationFrame(() => done()))),
    );

  /** Colours in the middle of the cells below the diagonal, by row. */
  async function drawn(): Promise<Rgb[][]> {
    return opened.page.evaluate((count) => {
      const canvas = document.querySelector<HTMLCanvasElement>('.matrix')!;
      const { width, height, data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
      const { cell, x, y } = JSON.parse(canvas.dataset.window!) as { cell: number; x: number; y: number };
      const at = (row: number, column: number): [number, number, number] => {
        // Beside the middle, where the crosshair is.
        const px = Math.floor(x + (column + 0.25) * cell);
        const py = Math.floor(y + (row + 0.25) * cell);
        if (px >= width || py >= height) throw new Error(`cell ${row}, ${column} is not in view`);
        const from = (py * width + px) * 4;
        return [data[from], data[from + 1], data[from + 2]];
      };
      return Array.from({ length: count }, (_, row) =>
        Array.from({ length: row + 1 }, (__, column) => at(row, column)),
      );
    }, n());
  }

  function expected(theme: Theme): Rgb[][] {
    const scale = magnitudeScale(paletteOf(theme), 'cool', top());
    return Array.from({ length: n() }, (_, row) =>
      Array.from({ length: row + 1 }, (__, column) => scale(weight(row, column)).fill),
    );
  }

  for (const theme of themes) {
    it(`${theme}: each cell has the colour of its weight, the largest below row 0 the strongest`, async () => {
      await open({ theme });
      assert.deepEqual(await drawn(), expected(theme));
      // One scale, said once: with the strip where it has the same colours.
      const place = theme.startsWith('hc') ? '.attention .legend' : '.under-strip .legend';
      const legend = await opened.page.locator(place).innerText();
      assert.ok(legend.endsWith(`\n0\n${top().toPrecision(3)}+`), legend);
      assert.equal(await opened.page.locator('.attention .legend').isVisible(), theme.startsWith('hc'));
      await opened.checkAxe();
    });
  }

  it('the strip has the same colours as the row', async () => {
    await open({ theme: 'light' });
    const tints = await opened.page
      .locator('#strip .token:not(.next)')
      .evaluateAll((all) => all.map((token) => (token as HTMLElement).style.backgroundColor));
    const row = expected('light')[IT].map((rgb) => `rgb(${rgb.join(', ')})`);
    assert.deepEqual(tints, [...row, ...Array(n() - IT - 1).fill('')]);
  });

  it('the theme changes while another view is open: matrix, strip and picture follow', async () => {
    await open({ theme: 'dark' });
    await opened.openView('predict');
    await opened.setTheme('light');
    await opened.openView('attention');
    await frames();
    assert.deepEqual(await drawn(), expected('light'));
    await opened.page.getByRole('button', { name: 'Export' }).click();
    await opened.page.getByRole('menuitem', { name: /PNG/ }).click();
    const { data } = await opened.waitForMessage('save');
    const corner = await opened.page.evaluate(async (bytes) => {
      const image = await createImageBitmap(new Blob([bytes as Uint8Array<ArrayBuffer>]));
      const context = new OffscreenCanvas(image.width, image.height).getContext('2d')!;
      context.drawImage(image, 0, 0);
      return [...context.getImageData(image.width - 1, 0, 1, 1).data];
    }, data);
    assert.deepEqual(corner, [255, 255, 255, 255]);
  });

  /** Where the middle of a cell is on the page. */
  async function placeOf(row: number, column: number): Promise<{ x: number; y: number }> {
    const box = (await opened.page.locator('.matrix').boundingBox())!;
    const { cell, x, y } = await view();
    return { x: box.x + x + (column + 0.5) * cell, y: box.y + y + (row + 0.5) * cell };
  }
  const view = (): Promise<{ cell: number; x: number; y: number; width: number; height: number }> =>
    opened.page.evaluate(() => JSON.parse(document.querySelector<HTMLCanvasElement>('.matrix')!.dataset.window!));
  const marked = (mark: string) =>
    opened.page
      .locator(`#strip .token.${mark}`)
      .evaluateAll((all) => all.map((token) => Number((token as HTMLElement).dataset.position)));
  const strongest = (row: number) =>
    Array.from({ length: row + 1 }, (_, column) => column).sort((a, b) => weight(row, b) - weight(row, a));

  it('a cell marks both tokens, in the strip and for the editor, and the row says what it looks at most', async () => {
    await open();
    const row = opened.page.locator('.looks-at');
    assert.match(await row.innerText(), /^·it looks at: /);
    const [most] = strongest(IT);
    assert.equal(text.tokens[most].text, ' chicken');
    const { x, y } = await placeOf(IT, most);
    await opened.page.mouse.move(x, y);
    assert.deepEqual([await marked('hovered'), await marked('target')], [[IT], [most]]);
    assert.deepEqual(opened.sent().at(-1), { type: 'hover', run: 1, position: IT, target: most });
    assert.equal(
      await opened.page.locator('.cell-value').innerText(),
      `·it (${IT}) looks at ·chicken (${most}): ${weight(IT, most).toPrecision(4)}`,
    );
    const listed = await row.locator('.target').allInnerTexts();
    assert.deepEqual(
      listed,
      strongest(IT)
        .filter((column) => weight(IT, column) >= 0.005)
        .slice(0, 6)
        .map((column) => `${text.tokens[column].text.replace(' ', '·')} ${weight(IT, column).toFixed(3)}`),
    );
    assert.equal(await row.locator('.pointed').innerText(), listed[0]);
    await opened.checkAxe('.attention');
    await opened.page.keyboard.press('ArrowRight');
    assert.match(await opened.page.locator('.cell-value').innerText(), /^Point at a cell/);
    assert.match(await row.innerText(), /^·was looks at: /);
    await opened.page.mouse.move(x + 1, y);
    assert.deepEqual([await marked('hovered'), await marked('target')], [[IT], [most]]);
    await opened.page.mouse.move(2, 2);
    assert.deepEqual([await marked('hovered'), await marked('target')], [[], []]);
    assert.deepEqual(opened.sent().at(-1), { type: 'hover', run: 1, position: null, target: undefined });
  });

  it('keys walk the cells, and say both tokens and the weight', async () => {
    await open();
    await opened.page.locator('.matrix-scroller').focus();
    await opened.page.keyboard.press('Home');
    await opened.page.keyboard.press('ArrowRight');
    assert.deepEqual([await marked('hovered'), await marked('target')], [[IT], [1]]);
    assert.equal(
      await opened.page.locator('#live').innerText(),
      `it looks at chicken: ${weight(IT, 1).toPrecision(4)}`,
    );
    await opened.page.keyboard.press('Enter');
    assert.equal(opened.sent().findLast(({ type }) => type === 'choose')?.type, 'choose');
  });

  it('zoom by key keeps the cell where the keys are, and each row its name', async () => {
    await open({ width: 480, height: 640 });
    await opened.page.evaluate(() => {
      const names = (window as unknown as { names: [string, number][] }).names ?? [];
      (window as unknown as { names: [string, number][] }).names = names;
      const { fillText } = CanvasRenderingContext2D.prototype;
      CanvasRenderingContext2D.prototype.fillText = function (text, x, y, most) {
        names.push([text, x]);
        fillText.call(this, text, x, y, most);
      };
    });
    await opened.page.locator('.matrix-scroller').focus();
    await opened.page.keyboard.press('PageDown');
    await opened.page.keyboard.press('Home');
    const row = n() - 1;
    assert.deepEqual([await marked('hovered'), await marked('target')], [[row], [0]]);
    const before = await placeOf(row, 0);
    for (let i = 0; i < 6; i++) await opened.page.keyboard.press('+');
    await frames();
    await opened.page.evaluate(() => {
      (window as unknown as { names: [string, number][] }).names.length = 0;
    });
    await opened.page.keyboard.press('+');
    await frames();
    const { cell, x, y, width, height } = await view();
    assert.ok(width <= 480, 'the view is no wider than the page');
    assert.ok(
      x + cell * n() > width && cell * n() > height,
      `the matrix is larger than the pane: ${JSON.stringify(await view())}`,
    );
    assert.ok(
      x >= 0 && x + cell <= width && y + row * cell >= 0 && y + (row + 1) * cell <= height,
      'the cell is in view',
    );
    assert.ok(Math.abs((await placeOf(row, 0)).y - before.y) <= cell, 'and about where it was');
    // In the gutter, whatever is scrolled away.
    const inGutter = await opened.page.evaluate(() =>
      (window as unknown as { names: [string, number][] }).names.filter(([, left]) => left < 10).map(([name]) => name),
    );
    const first = Math.max(0, Math.floor(-y / cell));
    const rows = text.tokens.slice(first).map((token) => token.text.replace(' ', '·'));
    assert.deepEqual([...new Set(inGutter)].sort(), [...new Set(rows)].sort());
  });

  const chosenHead = () => opened.page.locator('.under-strip .legend .label').innerText();

  it('begins with a head that is known to be worth seeing', async () => {
    await open({ state: undefined });
    await opened.openView('attention');
    await answerAll(opened, text);
    assert.equal(await chosenHead(), `attention of ·it, layer ${LAYER} head ${HEAD}`);
    assert.deepEqual(
      opened
        .sent()
        .flatMap((message) =>
          message.type === 'ask' && message.question.kind === 'pattern' ? [message.question.layer] : [],
        ),
      [LAYER],
    );
  });

  it('of a model without one, begins with the most telling head of the middle layer; what is chosen stays', async () => {
    opened = await openPage();
    const [said, ...others] = text.finished(1, IT);
    assert.ok(said.type === 'model' && said.model.firstHead);
    const model = { ...said.model, firstHead: undefined };
    for (const message of [{ ...said, model }, ...others]) await opened.send(message);
    await opened.openView('attention');
    const answered = await answerAll(opened, text);
    const head = mostTelling(await text.pattern(15));
    assert.equal(await chosenHead(), `attention of ·it, layer 15 head ${head}`);
    await opened.page.keyboard.press(head > 0 ? '{' : '}');
    const other = head > 0 ? head - 1 : head + 1;
    for (const message of text.finished(2, IT)) await opened.send(message);
    await answerAll(opened, text, answered);
    assert.equal(await chosenHead(), `attention of ·it, layer 15 head ${other}`);
  });
});
