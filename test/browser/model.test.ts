import assert from 'node:assert/strict';
import { iclScore } from '../../src/analysis/contextLoss.ts';
import { nats, percent } from '../../src/analysis/format.ts';
import { BESIROGLU, fittedLoss, HOFFMANN } from '../../src/analysis/scaling.ts';
import { fixture } from '../fixtures.ts';
import { type OpenPage, openPage } from './harness.ts';
import { answerAll, answerUntilQuiet, type RealText, realText } from './real.ts';

const kept = { view: 'model', sampling: { temperature: 1, topK: 0, topP: 1 }, pinned: false };

describe('the model view, on numbers of the real engine', () => {
  let opened: OpenPage;
  let text: RealText;
  before(async () => {
    text = await realText('The keys to the cabinet are on the table, and the keys to the cabinet');
  });
  afterEach(() => opened.close());

  async function open(of: RealText, chosen = 2): Promise<void> {
    opened = await openPage({ state: kept, width: 900, height: 2400 });
    for (const message of of.finished(1, chosen)) await opened.send(message);
    await answerUntilQuiet(opened, of);
  }
  const said = (what: string) => opened.page.locator(`.model-view ${what}`).allInnerTexts();

  it('the mean loss is that of the tokens, written out, and the score that of its quarters', async () => {
    await open(text);
    const losses = text.losses.filter((x) => !Number.isNaN(x));
    const mean = losses.reduce((a, b) => a + b) / losses.length;
    const [formula] = await said('.formula');
    assert.ok(
      formula.startsWith(
        `(${losses
          .slice(0, 4)
          .map((x) => x.toFixed(2))
          .join(' + ')} + …) / ${losses.length} = `,
      ),
      formula,
    );
    assert.ok(formula.includes(`= ${mean.toFixed(2)} nats a token`), formula);
    const { score } = iclScore(text.losses.map((x) => -x))!;
    assert.ok((await opened.page.locator('.model-view').innerText()).includes(`= ${score.toFixed(3)} nats`));
  });

  it('the laws are as published, and move with the sliders; the model stands where its size and its loss are', async () => {
    await open(text);
    const [, laws] = await said('.formula');
    assert.ok(laws.includes(`${HOFFMANN.name}: ${fittedLoss(HOFFMANN, 1e9, 10 ** 10.3).toFixed(3)}`), laws);
    assert.ok(laws.includes(`${BESIROGLU.name}: ${fittedLoss(BESIROGLU, 1e9, 10 ** 10.3).toFixed(3)}`), laws);
    const slider = opened.page.getByRole('slider', { name: 'parameters N, 10 to the' });
    await slider.focus();
    await opened.page.keyboard.press('ArrowRight');
    const [, moved] = await said('.formula');
    assert.ok(moved.includes(`${HOFFMANN.name}: ${fittedLoss(HOFFMANN, 10 ** 9.1, 10 ** 10.3).toFixed(3)}`), moved);
    // 30 layers of 576 by 576 for q and o, 576 by 192 for k and v, three of 576 by 1536, two norms, and one norm more.
    const size = 30 * (2 * 576 * 576 + 2 * 576 * 192 + 3 * 576 * 1536 + 2 * 576) + 576;
    assert.ok((await opened.page.locator('.model-view').innerText()).includes(size.toLocaleString('en')));
    assert.equal(await opened.page.locator('.lines .mark.own').count(), 1);
  });

  it('the nearest tokens are those of the engine', async () => {
    await open(text, 1);
    const { ids, cosines } = (await text.neighbours(text.tokens[1].id)).E;
    const lines = await said('.neighbours li');
    assert.equal(lines.length, ids.length);
    for (const [i, cosine] of cosines.entries()) assert.ok(lines[i].endsWith(cosine.toFixed(3)), lines[i]);
  });

  it('examples make the answer likelier: what is shown is what the engine computes of the same prompts', async () => {
    await open(text);
    const from = opened.sent().length;
    await opened.page.getByRole('button', { name: 'Try with none, one, two, …' }).click();
    await answerAll(opened, text, from);
    await opened.settle();
    const rows = await said('.shots li');
    assert.equal(rows.length, 5);
    const lines = ['France: Paris', 'Italy: Rome', 'Japan: Tokyo', 'Greece: Athens', 'Spain: Madrid'];
    for (const k of [0, 4]) {
      const whole = await realText([...lines.slice(0, k), lines[4]].join('\n'));
      // " Madrid" is one token.
      const p = percent(Math.exp(-whole.losses.at(-1)!));
      assert.ok(rows[k].startsWith(`${k} examples: ${p},`), `${rows[k]}, ${p}`);
    }
  });

  it('positions are those of the model: its slowest pair turns once in as many tokens as its frequencies say', async () => {
    await open(text);
    const slowest = Math.round((2 * Math.PI) / Math.min(...text.model.rotary!)).toLocaleString('en');
    assert.ok((await opened.page.locator('.model-view').innerText()).includes(`the slowest in ${slowest}`));
    assert.equal(text.model.rotary!.length, 32);
  });

  it('learned positions: the curve is that of the file’s rows; rotated pairs are drawn where there are some', async () => {
    const gpt2 = await realText('The keys to the cabinet', 8, fixture('models', 'gpt2'));
    await open(gpt2, 2);
    assert.match(await opened.page.locator('.model-view').innerText(), /mean cosine of two rows/);
    const cosines = (await gpt2.positionCosines(256))!;
    const path = await opened.page.locator('[aria-label^="How alike two rows"] .line').getAttribute('d');
    const drawn = path!
      .split(/[ML]/)
      .slice(1)
      .map((point) => Number(point.split(' ')[1]));
    assert.equal(drawn.length, cosines.length);
    // From -1 at 204 to 1 at 10.
    for (const [k, y] of drawn.entries()) assert.ok(Math.abs(y - (204 - ((cosines[k] + 1) / 2) * 194)) < 0.06, `${k}`);
    if (process.env.MODEL_SHOTS) await opened.screenshot(`${process.env.MODEL_SHOTS}/gpt2.png`);
    await opened.close();
    await open(text);
    const pairs = (await opened.page.locator('.model-view').innerText()).includes('how slowly each pair turns');
    assert.ok(pairs);
  });

  it('the row of E is the token’s own, each number to be read', async () => {
    await open(text, 1);
    const { row } = await text.neighbours(text.tokens[1].id);
    await opened.page.locator('.embedding-row .step-scroller').focus();
    await opened.page.keyboard.press('End');
    assert.equal((await said('.row-value'))[0], `E[575] = ${`${row[575]}`.replace('-', '−')}`);
    await opened.page.keyboard.press('ArrowUp');
    assert.equal((await said('.row-value'))[0], `E[574] = ${`${row[574]}`.replace('-', '−')}`);
  });

  it('read twice: losses are those of the text repeated, and the second time is better', async () => {
    await open(text);
    const from = opened.sent().length;
    await opened.page.getByRole('button', { name: 'Read it twice' }).click();
    await answerAll(opened, text, from);
    await opened.settle();
    if (process.env.MODEL_SHOTS) await opened.screenshot(`${process.env.MODEL_SHOTS}/twice.png`);
    const losses = await text.lossesOf([...text.tokens, ...text.tokens].map(({ id }) => id));
    const half = text.tokens.length;
    const mean = (from: number) => nats(losses.slice(from + 1, from + half).reduce((a, b) => a + b) / (half - 1));
    assert.ok(mean(half) < mean(0));
    const shown = await opened.page.locator('.model-view').innerText();
    assert.ok(
      shown.includes(`Mean loss of ${half - 1} tokens: ${mean(0)} the first time, ${mean(half)} the second.`),
      shown,
    );
  });

  it('a text of one token has no loss, and says so', async () => {
    await open(await realText('Hello', 1), 0);
    assert.match((await said('.formula'))[0], /no loss/);
  });
});
