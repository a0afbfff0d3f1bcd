import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { percent, visibleToken } from '../../src/analysis/format.ts';
import type { PageMessage } from '../../src/panel/protocol.ts';
import type { LensLayer } from '../../src/runtime/api.ts';
import { paletteFrom } from '../../webview/plots/palette.ts';
import { magnitudeScale } from '../../webview/plots/scale.ts';
import { repositoryRoot } from '../fixtures.ts';
import { kept, placeOf, windowOf } from './depthPage.ts';
import { type OpenOptions, type OpenPage, openPage } from './harness.ts';
import { contrastFaults, layoutFaults, leastContrast, measure } from './measure.ts';
import type { Ask } from './messages.ts';
import { answerUntilQuiet, type RealText, realText } from './real.ts';
import { themeFacts, themes } from './theme.ts';

const IT = 8;

let opened: OpenPage;

const shows = (what: string) => opened.page.locator(`.depth ${what}`).innerText();
const last = <T extends PageMessage['type']>(type: T) => opened.sent().findLast((message) => message.type === type);

describe('the depth view, on numbers of the real engine', () => {
  let text: RealText;
  let layers: LensLayer[];

  before(async () => {
    text = await realText("The chicken didn't cross the road because it was too tired");
    layers = await text.lens();
  });

  afterEach(() => opened.close());

  const rows = () => layers.length;
  const nameOf = (id: number) => visibleToken(text.pieceOf(id));

  /** The finished run in a pane in which all of it is in view. */
  async function open(options: OpenOptions = {}, chosen = IT): Promise<void> {
    opened = await openPage({ state: kept(), width: 1100, height: 1600, ...options });
    await opened.page.evaluate(() => {
      const written: [string, number, number, string][] = [];
      Object.assign(window, { written });
      const { fillText, clearRect } = CanvasRenderingContext2D.prototype;
      CanvasRenderingContext2D.prototype.fillText = function (said, x, y, most) {
        if (this.canvas.className === 'layers') written.push([said, x, y, this.font]);
        fillText.call(this, said, x, y, most);
      };
      CanvasRenderingContext2D.prototype.clearRect = function (...box) {
        if (this.canvas.className === 'layers') written.length = 0;
        clearRect.apply(this, box);
      };
    });
    for (const message of text.finished(1, chosen)) await opened.send(message);
    await answerUntilQuiet(opened, text);
  }

  /** What is written in the cells, from the output down, by column. */
  async function cells(): Promise<{ text: string; bold: boolean }[][]> {
    const { gutter, header, cellWidth, cellHeight } = await windowOf(opened);
    const written = await opened.page.evaluate(
      () => (window as unknown as { written: [string, number, number, string][] }).written,
    );
    const found: { text: string; bold: boolean }[][] = Array.from({ length: rows() }, () => []);
    for (const [said, x, y, font] of written) {
      if (x < gutter || y < header) continue;
      const [down, column] = [Math.floor((y - header) / cellHeight), Math.floor((x - gutter) / cellWidth)];
      found[down][column] = { text: said, bold: font.startsWith('bold') };
    }
    return found;
  }

  const isCut = (shown: string, whole: string) => shown.endsWith('…') && whole.startsWith(shown.slice(0, -1));

  it('by divergence: windows are asked for with it, up to ln of the vocabulary', async () => {
    await open({ state: kept({ depth: 'kl' }) });
    const asks = opened.sent().filter((message) => message.type === 'ask' && message.question.kind === 'lens');
    assert.ok(asks.some((message) => message.type === 'ask' && 'kl' in message.question && message.question.kl));
    const top = await opened.page.locator('.depth .legend').innerText();
    assert.match(top, /10\.8 nats/); // ln of 49,152 tokens
  });

  for (const theme of themes) {
    it(`${theme}: each cell has the top token, in bold where it is the output's; nothing is faint or cut off`, async () => {
      await open({ theme });
      const drawn = await cells();
      const answers = layers[rows() - 1].topIds;
      for (const [l, { topIds }] of layers.entries()) {
        for (const [column, id] of topIds.entries()) {
          const { text: said, bold } = drawn[rows() - 1 - l][column];
          assert.ok(said === nameOf(id) || isCut(said, nameOf(id)), `${l}, ${column}: ${said}, ${nameOf(id)}`);
          assert.equal(bold, id === answers[column], `${l}, ${column}`);
        }
      }
      await measure(opened);
      const faults = [...(await layoutFaults(opened)), ...(await contrastFaults(opened, leastContrast(theme)))];
      assert.deepEqual(faults, []);
      await opened.checkAxe();
    });
  }

  for (const theme of ['light', 'dark'] as const) {
    it(`${theme}: cells have the colour of the measure, those of the answer have none`, async () => {
      await open({ theme, state: kept({ depth: 'entropy' }) }, 0);
      const { gutter, header, cellWidth, cellHeight } = await windowOf(opened);
      const { variables, bodyClass } = themeFacts(theme);
      const palette = paletteFrom((name) => variables[name] ?? '', bodyClass.split(' '));
      const scale = magnitudeScale(palette, 'warm', Math.log(text.model.vocabSize));
      // Near the upper edge, where no text is.
      const colours = await opened.page.evaluate(
        ([x, y, w, h, down, across]) => {
          const context = document.querySelector<HTMLCanvasElement>('.layers')!.getContext('2d')!;
          const at = (row: number, column: number) => [
            ...context.getImageData(x + (column + 0.5) * w, y + row * h + 2, 1, 1).data,
          ];
          return Array.from({ length: down }, (_, row) => Array.from({ length: across }, (__, i) => at(row, i)));
        },
        [gutter, header, cellWidth, cellHeight, rows(), text.tokens.length] as const,
      );
      for (const [l, { topIds, entropy }] of layers.entries()) {
        // The chosen token's column has a frame.
        for (let column = 1; column < topIds.length; column++) {
          const isAnswer = topIds[column] === layers[rows() - 1].topIds[column];
          const wanted = isAnswer ? [0, 0, 0, 0] : [...scale(entropy[column]).fill, 255];
          assert.deepEqual(colours[rows() - 1 - l][column], wanted, `${l}, ${column}`);
        }
      }
      const legend = (await shows('.legend')).split('\n');
      assert.deepEqual(legend, ['0.00 nats', `${Math.log(text.model.vocabSize).toPrecision(3)} nats`]);
    });
  }

  it('the last column is that of the reference where its top token is clear', async () => {
    await open();
    const file = join(repositoryRoot, 'test/fixtures/smollm2/prompts.json');
    const { prompts } = JSON.parse(readFileSync(file, 'utf8')) as {
      prompts: { name: string; lens_top1: [number, string, number][] }[];
    };
    const { lens_top1: wanted } = prompts.find(({ name }) => name === 'chicken_tired')!;
    assert.equal(wanted.length, rows());
    const drawn = await cells();
    const clear = wanted.map(([id, , p], l) => ({ id, p, l })).filter(({ p }) => p > 0.6);
    assert.ok(clear.length >= 10, `${clear.length} layers`);
    for (const { id, l } of clear) {
      const { text: said } = drawn[rows() - 1 - l][text.tokens.length - 1];
      assert.ok(said === nameOf(id) || isCut(said, nameOf(id)), `${l}: ${said}, ${nameOf(id)}`);
    }
  });

  it('a cell that is pointed at says layer, token, top token, p, entropy, and what the text goes on with', async () => {
    await open();
    const { x, y } = await placeOf(opened, 6, 4);
    await opened.page.mouse.move(x, y);
    await opened.settle();
    const layer = layers[rows() - 7];
    const six = (value: number) => value.toPrecision(6);
    assert.equal(
      await shows('.layer-value'),
      `layer ${rows() - 7}, after ·cross (4): ${nameOf(layer.topIds[4])} p ${six(Math.exp(layer.topLogprobs[4]))}, ` +
        `entropy ${six(layer.entropy[4])} nats · next in the text ·the: rank ${layer.targetRank[4]}, ` +
        `log-prob ${six(layer.targetLogprob[4])} nats`,
    );
    assert.deepEqual(last('hover'), { type: 'hover', run: 1, position: 4, target: undefined });
    await opened.page.mouse.move(2, 2);
    assert.match(await shows('.layer-value'), /^Point at a cell/);
  });

  it('a click chooses the token, and the layer for all views', async () => {
    await open();
    const { x, y } = await placeOf(opened, 10, 5);
    await opened.page.mouse.click(x, y);
    await opened.settle();
    assert.deepEqual(last('choose'), { type: 'choose', run: 1, position: 5 });
    assert.deepEqual(last('chooseHead'), { type: 'chooseHead', run: 1, layer: rows() - 11, head: 3 });
    assert.match(
      await shows('.course-heading'),
      new RegExp(`^·road after ·the, the token of the text · layer ${rows() - 11}:`),
    );
    // The output is no layer that heads have: the last one's are chosen.
    const top = await placeOf(opened, 0, 5);
    await opened.page.mouse.click(top.x, top.y);
    await opened.settle();
    assert.deepEqual(last('chooseHead'), { type: 'chooseHead', run: 1, layer: rows() - 2, head: 3 });
    assert.match(await shows('.course-heading'), / · output: /);
  });

  it('keys walk the cells and say them; Enter chooses', async () => {
    await open();
    await opened.page.locator('.layers-scroller').focus();
    for (const key of ['Home', 'ArrowRight', 'ArrowUp', 'ArrowUp']) await opened.page.keyboard.press(key);
    const { topIds, topLogprobs, entropy, targetRank } = layers[22];
    const { text: next } = text.tokens[2];
    assert.equal(
      await opened.page.locator('#live').innerText(),
      `layer 22, after chicken: ${nameOf(topIds[1]).replace('·', '')}, ${percent(Math.exp(topLogprobs[1])).replace(' %', '')} percent, ` +
        `entropy ${entropy[1].toFixed(2)} nats. next in the text:${next}, rank ${String(targetRank[1]).replace(/(\d)(\d{3})$/, '$1,$2')}`,
    );
    await opened.page.keyboard.press('Enter');
    assert.deepEqual(last('choose'), { type: 'choose', run: 1, position: 1 });
    assert.deepEqual(last('chooseHead'), { type: 'chooseHead', run: 1, layer: 22, head: 3 });
    // Beyond the edge nothing is.
    for (const key of ['End', 'ArrowRight', 'PageDown', 'PageDown', 'PageDown', 'PageDown', 'PageDown'])
      await opened.page.keyboard.press(key);
    assert.match(await shows('.layer-value'), /^layer 0, after ·tired \(11\): /);
  });

  it('the chosen token through depth: the next one of the text; after the last, the likeliest of the output', async () => {
    await open();
    const said = (l: number, logprob: number, rank: number) =>
      `layer ${l}: ${percent(Math.exp(logprob))}, rank ${String(rank).replace(/(\d)(\d{3})$/, '$1,$2')}`;
    const { targetLogprob, targetRank } = layers[20];
    assert.equal(
      await shows('.course-heading'),
      `·was after ·it, the token of the text · ${said(20, targetLogprob[IT], targetRank[IT])}`,
    );
    await opened.page.locator('#strip').focus();
    await opened.page.keyboard.press('End');
    await answerUntilQuiet(opened, text);
    const answer = layers[rows() - 1].topIds[11];
    const followed = (await text.lens(answer))[20];
    assert.equal(
      await shows('.course-heading'),
      `${nameOf(answer)} after ·tired, the likeliest of the output · ${said(20, followed.targetLogprob[11], followed.targetRank[11])}`,
    );
    // The curve is pointed at, and chosen from, like the cells.
    const box = (await opened.page.locator('.course').boundingBox())!;
    for (const x of [46, 44]) await opened.page.mouse.move(box.x + x, box.y + 60);
    assert.match(await shows('.course-heading'), / · layer 0: /);
    await opened.page.mouse.click(box.x + 44, box.y + 60);
    await opened.settle();
    assert.deepEqual(last('chooseHead'), { type: 'chooseHead', run: 1, layer: 0, head: 3 });
  });

  it('the last row is the output to the last bit, and it would be said if it were not', async () => {
    await open();
    assert.equal(await shows('.note'), 'last row = output: equal, at 12 positions');
    await opened.close();
    opened = await openPage({ state: kept() });
    for (const message of text.finished(1, IT)) await opened.send(message);
    const ask = (await opened.waitForMessage('ask')) as Ask;
    const answer = await text.answer(ask);
    assert.ok(answer.type === 'answer' && 'result' in answer);
    const result = answer.result as { topIds: Int32Array; entropy: Float32Array };
    result.topIds[result.topIds.length - 1]++;
    result.entropy[result.entropy.length - 2] += 0.5;
    await opened.send(answer);
    assert.match(await shows('.note'), /^last row = output: not equal; 1 of 12 positions .* up to 0\.500 nats$/);
  });

  it('exports: every cell with its numbers and hook, read back; the picture with its scale and text', async () => {
    await open();
    const save = async (item: RegExp) => {
      const from = opened.sent().length;
      await opened.page.getByRole('button', { name: 'Export' }).click();
      await opened.page.getByRole('menuitem', { name: item }).click();
      return new TextDecoder('latin1').decode((await opened.waitForMessage('save', from)).data);
    };
    const all = JSON.parse(Buffer.from(await save(/JSON/), 'latin1').toString('utf8'));
    assert.deepEqual(
      all.hooks,
      layers.map(({ hook }) => hook),
    );
    assert.deepEqual([all.model.name, all.measure, all.rows.length], [text.model.name, 'probability', rows() * 12]);
    for (const [layer, hook, position, token, id, , logprob, entropy, nextLogprob, nextRank] of all.rows) {
      const of = layers[layer];
      assert.deepEqual([hook, token, id], [of.hook, text.tokens[position].text, of.topIds[position]]);
      assert.deepEqual([logprob, entropy].map(Math.fround), [of.topLogprobs[position], of.entropy[position]]);
      const next = position === 11 ? [null, null] : [of.targetLogprob[position], of.targetRank[position]];
      assert.deepEqual([nextLogprob, nextRank], next);
    }
    const lines = (await save(/Numbers of this view/))
      .split('\r\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
    assert.equal(lines.length, rows() * 12 + 1);
    assert.match(await save(/PNG/), /"view":"depth","hooks":\["blocks\.0\.hook_resid_pre"/);
  });
});
