import assert from 'node:assert/strict';
import { iclScore } from '../../src/analysis/contextLoss.ts';
import { percent } from '../../src/analysis/format.ts';
import { BESIROGLU, fittedLoss, HOFFMANN } from '../../src/analysis/scaling.ts';
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
    opened = await openPage({ state: kept, width: 900, height: 1400 });
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

  it('a text of one token has no loss, and says so', async () => {
    await open(await realText('Hello', 1), 0);
    assert.match((await said('.formula'))[0], /no loss/);
  });
});
