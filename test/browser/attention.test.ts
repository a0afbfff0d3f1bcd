import assert from 'node:assert/strict';
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
      assert.equal(await opened.page.locator('.attention .legend').innerText(), `weight\n0\n${top().toPrecision(3)}+`);
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
    await opened.page.locator('#tab-predict').click();
    await opened.setTheme('light');
    await opened.page.locator('#tab-attention').click();
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
});
