import assert from 'node:assert/strict';
import { meanScores } from '../../src/analysis/headScores.ts';
import type { PageMessage } from '../../src/panel/protocol.ts';
import { type OpenPage, openPage } from './harness.ts';
import { finished, messages } from './messages.ts';
import { chicken } from './numbers.ts';
import { answerUntilQuiet, type RealText, realText } from './real.ts';

const kept = { view: 'roles', sampling: { temperature: 1, topK: 0, topP: 1 }, pinned: false };

describe('the heads view', () => {
  let opened: OpenPage;
  afterEach(() => opened.close());

  const sent = <T extends PageMessage['type']>(type: T) => opened.sent().filter((message) => message.type === type);
  const cell = (layer: number, head: number, nHeads = 4) =>
    opened.page.locator(`.roles-body [data-cell="${layer * nHeads + head}"]`);

  describe('on numbers of the real engine', () => {
    let text: RealText;
    before(async () => {
      text = await realText('The keys to the cabinet are on the table');
    });

    it('each head has the mean over the sequences, the five with most of it are listed, and the file says the same', async function () {
      this.timeout(180_000);
      opened = await openPage({ state: kept, width: 1000, height: 1100 });
      for (const message of text.finished(1, 5)) await opened.send(message);
      await answerUntilQuiet(opened, text);
      const each = [];
      for (let seed = 0; seed < 4; seed++) each.push(await text.headScores(seed));
      const { induction } = meanScores(each);
      for (const [layer, head] of [
        [18, 6],
        [0, 0],
        [29, 8],
      ]) {
        const label = await cell(layer, head, 9).getAttribute('aria-label');
        assert.equal(label, `layer ${layer}, head ${head}: ${induction[layer * 9 + head].toFixed(3)}`);
      }
      const top = [...induction.keys()].sort((a, b) => induction[b] - induction[a]).slice(0, 5);
      const listed = await opened.page.locator('.roles-top li').allInnerTexts();
      assert.deepEqual(
        listed.map((line) => line.split(/\s+/)[0]),
        top.map((i) => `${Math.floor(i / 9)}.${i % 9}`),
      );
    });
  });

  async function open(): Promise<void> {
    opened = await openPage({ state: kept, width: 1000, height: 900 });
    for (const message of finished(chicken)) await opened.send(message);
    await opened.settle();
  }

  it('a click chooses the head; Shift+click and Space select more; the button switches them off beside what was', async () => {
    await open();
    await cell(3, 2).click();
    assert.deepEqual(sent('chooseHead').at(-1), { type: 'chooseHead', run: 1, layer: 3, head: 2 });
    await cell(4, 1).click({ modifiers: ['Shift'] });
    await opened.page.keyboard.press('ArrowUp');
    await opened.page.keyboard.press('Space');
    assert.deepEqual(await opened.page.locator('.roles-map [aria-selected="true"]').count(), 3);
    await opened.send({ type: 'changed', parts: [{ layer: 2, part: 'mlp' }], mean: false });
    await opened.page.getByRole('button', { name: 'Switch off 3 heads' }).click();
    const { parts, mean } = sent('switchOff').at(-1) as Extract<PageMessage, { type: 'switchOff' }>;
    assert.deepEqual([parts.length, mean], [4, false]);
    for (const part of [
      { layer: 2, part: 'mlp' },
      { layer: 3, part: 2 },
      { layer: 4, part: 1 },
      { layer: 5, part: 1 },
    ])
      assert.ok(
        parts.some((one) => JSON.stringify(one) === JSON.stringify(part)),
        JSON.stringify(part),
      );
    await opened.page.locator('.changes').click();
    assert.deepEqual((sent('switchOff').at(-1) as { parts: unknown[] }).parts, []);
  });

  it('Enter opens the head in Attention', async () => {
    await open();
    await cell(3, 2).click();
    await opened.page.keyboard.press('Enter');
    await opened.page.locator('.view.attention').first().waitFor();
  });

  it('what is off is marked, totals are before and after, and the tokens are tinted by their change', async () => {
    await open();
    assert.equal(await opened.page.locator('.changes').isVisible(), false);
    await opened.send({ type: 'changed', parts: [{ layer: 3, part: 2 }], mean: true });
    assert.equal(await opened.page.locator('.changes').innerText(), '1 head off ✕');
    const done = messages.done(chicken) as Extract<ReturnType<typeof messages.done>, { type: 'done' }>;
    await opened.send({ ...done, before: { ...done.totals, meanSurprisal: 1.25, perplexity: 2.5 } });
    await opened.settle();
    assert.match(await opened.page.locator('.fact.mean').innerText(), /^1\.25 → \d+\.\d\d/);
    assert.match(await opened.page.locator('.fact.ppl').innerText(), /2\.5\d* → /);
    assert.equal(await cell(3, 2).innerText(), '✕');
    const ask = opened.sent().findLast((message) => message.type === 'ask' && message.question.kind === 'difference');
    assert.ok(ask?.type === 'ask' && ask.question.kind === 'difference');
    await opened.send(messages.answer(chicken, ask));
    await opened.settle();
    // Every token is one bit less expected than before.
    const state = opened.page.locator('.changed-tokens li');
    assert.ok((await state.count()) > 0);
    assert.match(await state.first().innerText(), /\+1\.0 bits$/);
    assert.match(await opened.page.locator('.changed-next').innerText(), /36\.8 %\s+13\.5 %/);
  });
});
