import assert from 'node:assert/strict';
import { maxOverHeads, meanOverHeads } from '../../src/analysis/patterns.ts';
import { rollRows, unmixed } from '../../src/analysis/rollout.ts';
import type { HostMessage, PageState } from '../../src/panel/protocol.ts';
import { paletteFrom } from '../../webview/plots/palette.ts';
import { magnitudeScale } from '../../webview/plots/scale.ts';
import { type OpenOptions, type OpenPage, openPage } from './harness.ts';
import { contrastFaults, layoutFaults, leastContrast, measure } from './measure.ts';
import { answerAll, type RealText, realText } from './real.ts';
import { themeFacts, themes } from './theme.ts';

const LAYER = 13;
const HEAD = 8;
const IT = 8;

describe('the side bar at 260 px, on numbers of the real engine', () => {
  let opened: OpenPage;
  let text: RealText;
  let pattern: { shape: number[]; data: Float32Array };

  before(async () => {
    text = await realText("The chicken didn't cross the road because it was too tired.");
    pattern = await text.pattern(LAYER);
  });

  afterEach(() => opened.close());

  const n = () => text.tokens.length;
  /** The weights of one head, or of any matrix. */
  const rowOf = (data: Float32Array, row: number, head = 0) => [
    ...data.subarray((head * n() + row) * n(), (head * n() + row) * n() + row + 1),
  ];

  async function open(options: OpenOptions = {}, chosen = IT): Promise<void> {
    opened = await openPage({ script: 'side', width: 260, height: 700, ...options });
    for (const message of text.finished(1, chosen)) await opened.send(message);
    await answerAll(opened, text);
    await opened.settle();
  }

  /** Weights that a list shows, by position. */
  async function listed(which: 'it looks' | 'looks at it'): Promise<Map<number, number>> {
    const name = which === 'it looks' ? 'What it looks at' : 'What looks at it';
    const lines = await opened.page
      .getByRole('region', { name })
      .locator('[data-token]')
      .evaluateAll((all) =>
        all.map((line): [number, number] => [
          Number((line as HTMLElement).dataset.token),
          Number(line.querySelector('.look-weight')!.textContent),
        ]),
      );
    return new Map(lines);
  }

  function sameNumbers(shown: Map<number, number>, expected: number[]): void {
    assert.equal(shown.size, expected.length);
    for (const [position, weight] of shown) assert.ok(Math.abs(weight - expected[position]) <= 1e-3);
    const sum = [...shown.values()].reduce((a, b) => a + b, 0);
    assert.ok(Math.abs(sum - expected.reduce((a, b) => a + b, 0)) < 1e-3 * expected.length, String(sum));
  }

  const all = () =>
    opened.page.getByRole('region', { name: 'What it looks at' }).getByRole('button', { name: /more$/ }).click();

  for (const theme of themes) {
    it(`${theme}: nothing is cut off, overlaps or is too faint`, async () => {
      await open({ theme });
      await measure(opened);
      const faults = [...(await layoutFaults(opened)), ...(await contrastFaults(opened, leastContrast(theme)))];
      assert.deepEqual(faults, []);
      await opened.checkAxe();
    });
  }

  const frames = async () => {
    for (let i = 0; i < 3; i++) await opened.settle();
  };

  /** Opens a view and answers what it asks for. */
  async function go(view: 'matrix' | 'layer' | 'heads' | 'compare'): Promise<void> {
    const from = opened.sent().length;
    await opened.openView(view);
    await answerAll(opened, text, from);
    await frames();
  }

  for (const theme of themes) {
    it(`${theme}: matrix, layer and all heads are whole too`, async () => {
      await open({ theme });
      const faults: string[] = [];
      for (const view of ['matrix', 'layer', 'heads', 'compare'] as const) {
        await go(view);
        await measure(opened);
        const found = [...(await layoutFaults(opened)), ...(await contrastFaults(opened, leastContrast(theme)))];
        faults.push(...found.map((fault) => `${view}: ${fault}`));
        await opened.checkAxe();
      }
      assert.deepEqual(faults, []);
    });
  }

  it('each picture has its scale beside it, and no layer is named before the model is known', async () => {
    await open({ width: 300 });
    for (const view of ['matrix', 'layer', 'heads'] as const) {
      await go(view);
      assert.match(await opened.page.locator('.legend:visible').innerText(), /^weight\s+0\s+[01]\.\d+\+$/, view);
    }
    const later = await openPage({ script: 'side', width: 300 });
    await later.send({ ...text.finished(1, IT)[1], loading: true } as HostMessage);
    assert.deepEqual(await later.page.locator('.stepped').allInnerTexts(), ['–', '–']);
    await later.close();
  });

  it('all heads: a thumbnail of each layer is asked for once, each head has the colours of its row', async () => {
    await open({ theme: 'light' });
    await go('heads');
    const layers = opened
      .sent()
      .flatMap((message) =>
        message.type === 'ask' && message.question.kind === 'thumbnails' ? [message.question.layer] : [],
      );
    assert.deepEqual(
      layers,
      Array.from({ length: text.model.nLayers }, (_, i) => text.model.nLayers - 1 - i),
    );
    const tops = [];
    for (const layer of layers) {
      const { data, shape } = await text.pattern(layer);
      for (let i = 0; i < data.length; i++) if (Math.floor(i / shape[1]) % shape[1] > 0) tops.push(data[i]);
    }
    const top = tops.reduce((a, b) => Math.max(a, b));
    const { variables, bodyClass } = themeFacts('light');
    const palette = paletteFrom((name) => variables[name] ?? '', bodyClass.split(' '));
    const scale = magnitudeScale(palette, 'cool', top);
    const last = text.model.nLayers - 1;
    const weights = rowOf((await text.pattern(last)).data, IT, 3);
    const drawn = await opened.page.evaluate(
      ({ head }) => {
        const canvas = document.querySelector<HTMLCanvasElement>('#view-heads canvas')!;
        const { x, left, gap } = JSON.parse(canvas.dataset.cells!);
        const image = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
        return Array.from({ length: x - gap }, (_, i) => {
          const from = (6 * canvas.width + left + head * x + i) * 4;
          return [...image.data.subarray(from, from + 3)];
        });
      },
      { head: 3 },
    );
    for (const [i, colour] of drawn.entries()) {
      // A pixel over two tokens has the larger weight.
      const [from, to] = [i, i + 1].map((pixel) => (pixel * n()) / drawn.length);
      const expected = scale(Math.max(0, ...weights.slice(Math.floor(from), Math.ceil(to)))).fill;
      // A byte and a step of the scale may each be off by one.
      for (const c of [0, 1, 2]) assert.ok(Math.abs(colour[c] - expected[c]) <= 4, `${i}: ${colour} for ${expected}`);
    }
  });

  it('all heads by keys: arrows say the head and its exact weight, Enter opens it', async () => {
    await open();
    await go('heads');
    const from = opened.sent().length;
    await opened.page.locator('#view-heads .matrix-scroller').focus();
    await opened.page.keyboard.press('Home');
    await answerAll(opened, text, from);
    const last = text.model.nLayers - 1;
    const weights = rowOf((await text.pattern(last)).data, IT, 0);
    const most = weights.indexOf(Math.max(...weights));
    const value = await opened.page.locator('#view-heads .cell-value').innerText();
    assert.ok(value.startsWith(`layer ${last} head 0, `), value);
    assert.ok(value.includes(`: ${weights[most].toFixed(3)}`), value);
    await opened.page.keyboard.press('Enter');
    assert.deepEqual(
      opened.sent().findLast(({ type }) => type === 'chooseHead'),
      { type: 'chooseHead', run: 1, layer: last, head: 0 },
    );
    assert.equal(await opened.page.locator('#view-row').isVisible(), true);
  });

  it('mean, max and rollout are those of all heads', async () => {
    await open();
    const choose = async (name: string) => {
      const from = opened.sent().length;
      await opened.page.getByRole('combobox', { name: 'What is shown of the layer' }).click();
      await opened.page.getByRole('option', { name }).click();
      await answerAll(opened, text, from);
      await opened.settle();
    };
    await choose('mean over heads');
    await all();
    sameNumbers(await listed('it looks'), rowOf(meanOverHeads(pattern), IT));
    await choose('max over heads');
    sameNumbers(await listed('it looks'), rowOf(maxOverHeads(pattern), IT));
    await choose('rollout');
    let rolled = unmixed(n());
    for (let layer = 0; layer <= LAYER; layer++) {
      const next = new Float32Array(n() * n());
      rollRows(meanOverHeads(await text.pattern(layer)), rolled, next, n(), 0, n());
      rolled = next;
    }
    sameNumbers(await listed('it looks'), rowOf(rolled, IT));
  });

  it('times the norms of the values, where that is wanted', async () => {
    await open();
    const from = opened.sent().length;
    await opened.page.getByRole('checkbox', { name: '× |v W_O|' }).click();
    const asked = await opened.waitForMessage('ask', from);
    assert.deepEqual(asked.question, { kind: 'values', layer: LAYER });
    const answer = await text.answer(asked);
    assert.ok(answer.type === 'answer' && 'result' in answer);
    const { shape, data } = answer.result as { shape: number[]; data: Float32Array };
    assert.deepEqual(shape, [text.model.nHeads, n()]);
    await answerAll(opened, text, from);
    await all();
    const norms = data.subarray(HEAD * n(), (HEAD + 1) * n());
    sameNumbers(
      await listed('it looks'),
      rowOf(pattern.data, IT, HEAD).map((weight, i) => weight * norms[i]),
    );
  });

  it('two heads: side by side, and the weight of one minus that of the other', async () => {
    await open({ theme: 'light' });
    await go('compare');
    await opened.page.getByRole('button', { name: 'Compare with this head' }).click();
    const from = opened.sent().length;
    await opened.page.keyboard.press('Escape');
    await opened.page.getByRole('button', { name: 'Previous head' }).click();
    await answerAll(opened, text, from);
    await frames();
    await measure(opened);
    assert.deepEqual([...(await layoutFaults(opened)), ...(await contrastFaults(opened, leastContrast('light')))], []);
    await opened.checkAxe();
    await opened.page.locator('.two-heads > .matrix-scroller').focus();
    for (const key of ['Home', 'ArrowRight']) await opened.page.keyboard.press(key);
    const [a, b] = [HEAD, HEAD - 1].map((head) => rowOf(pattern.data, IT, head)[1]);
    assert.equal(
      await opened.page.locator('.two-heads .cell-value').innerText(),
      `·it looks at ·chicken: ${b.toFixed(3)} − ${a.toFixed(3)} = ${(Math.fround(b) - Math.fround(a)).toFixed(3)}`,
    );
  });

  it('a page that was hidden comes back as it was: measure, switches, the compared head', async () => {
    await open();
    await opened.page.getByRole('combobox', { name: 'What is shown of the layer' }).click();
    await opened.page.getByRole('option', { name: 'max over heads' }).click();
    for (const name of ['× |v W_O|', 'without first']) await opened.page.getByRole('checkbox', { name }).click();
    await go('compare');
    await opened.page.getByRole('button', { name: 'Compare with this head' }).click();
    const kept = await opened.page.waitForFunction(() => {
      const state = window.tokenscopeState as PageState | undefined;
      return state?.attention?.compared && state;
    });
    const state = await kept.jsonValue();
    await opened.close();
    await open({ state });
    const { page } = opened;
    const measures = page.getByRole('combobox', { name: 'What is shown of the layer' });
    assert.equal(await measures.evaluate((list) => (list as HTMLSelectElement).value), 'max');
    for (const name of ['× |v W_O|', 'without first'])
      assert.equal(await page.getByRole('checkbox', { name }).isChecked(), true, name);
    assert.match(await page.locator('#view-compare').innerText(), new RegExp(`first: layer ${LAYER} head ${HEAD}`));
  });

  it('what is shown is told, to be tinted in the editor; a lock is told; a token is pointed at from the editor', async () => {
    await open();
    const { weights, position, max } = await opened.waitForMessage('attend');
    assert.deepEqual([...weights!], rowOf(pattern.data, IT, HEAD));
    assert.deepEqual([position, max], [IT, Math.max(...weights!)]);
    await opened.page.getByRole('button', { name: 'Hold the token' }).click();
    assert.deepEqual(await opened.waitForMessage('lock'), { type: 'lock', token: true, head: false });
    await opened.send({ type: 'pointed', run: 1, position: 1 });
    assert.equal(
      await opened.page.locator('#view-row .cell-value').innerText(),
      `·it looks at ·chicken: ${weights![1].toFixed(3)}`,
    );
    await opened.send({ type: 'head', run: 1, layer: 3, head: 4 });
    assert.equal(await opened.page.locator('.stepper').first().innerText(), 'layer 3');
  });

  it('lists what the token looks at, the strongest first; all of them are its row, which adds up to 1', async () => {
    await open();
    const weights = rowOf(pattern.data, IT, HEAD);
    const order = [...(await listed('it looks')).keys()];
    assert.deepEqual(
      order,
      [...order].sort((a, b) => weights[b] - weights[a]),
    );
    assert.equal(text.tokens[order[0]].text, ' chicken');
    await all();
    const shown = await listed('it looks');
    sameNumbers(shown, weights);
    assert.ok(Math.abs([...shown.values()].reduce((a, b) => a + b, 0) - 1) < 1e-2);
  });
});
