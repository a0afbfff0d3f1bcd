import assert from 'node:assert/strict';
import type { PageMessage } from '../../src/panel/protocol.ts';
import type { OpenPage } from './harness.ts';
import { answerAll, byLikelihood, openText, type RealText, realText } from './real.ts';

const TIRED = 11;

describe('everything by keyboard, on numbers of the real engine', () => {
  let text: RealText;
  let opened: OpenPage;

  before(async () => {
    text = await realText("The chicken didn't cross the road because it was too tired.");
    assert.equal(text.tokens[TIRED].text, ' tired');
  });

  afterEach(() => opened.close());

  const open = async (view: string) => {
    const sampling = { temperature: 1, topK: 0, topP: 1 };
    opened = await openText(text, { state: { view, layer: 13, head: 4, sampling, pinned: false } }, TIRED);
  };
  const press = async (...keys: string[]) => {
    for (const key of keys) await opened.page.keyboard.press(key);
    await opened.settle();
  };
  const ofType = <T extends PageMessage['type']>(type: T) =>
    opened.sent().filter((message): message is Extract<PageMessage, { type: T }> => message.type === type);
  const focused = () =>
    opened.page.evaluate(() => document.activeElement?.id || document.activeElement?.getAttribute('aria-label'));
  const said = () => opened.page.locator('#live').innerText();
  /** Tab until what has the focus has this id or name. */
  async function tabTo(name: string): Promise<void> {
    for (let i = 0; i < 60; i++) {
      if ((await focused()) === name) return;
      await opened.page.keyboard.press('Tab');
    }
    assert.fail(`Tab never reached ${name}`);
  }

  it('arrows, Home and End walk the tokens: the strip, the editor and the ear follow', async () => {
    await open('predict');
    await tabTo('strip');
    await press('ArrowLeft', 'ArrowLeft', 'Home', 'ArrowRight', 'End', 'ArrowRight');
    const n = text.tokens.length;
    assert.deepEqual(
      ofType('choose').map(({ position }) => position),
      [10, 9, 0, 1, n, n],
    );
    assert.equal(await opened.page.locator('#strip').getAttribute('aria-activedescendant'), `token-${n}`);
    await press('Home', 'ArrowRight');
    assert.match(await said(), /^chicken, rank [\d,]+, (less than )?[\d.]+ percent, [\d.]+ bits$/);
    assert.equal(await focused(), 'strip');
  });

  it('the second candidate is walked to, said, and put in by Enter', async () => {
    await open('predict');
    const [, second] = await byLikelihood(text, TIRED - 1);
    await tabTo('strip');
    await press('ArrowDown', 'ArrowDown');
    assert.match(await said(), /, rank 2, [\d.]+ percent$/);
    assert.deepEqual(ofType('tryCandidate'), []);
    await press('Enter');
    assert.deepEqual(ofType('tryCandidate'), [{ type: 'tryCandidate', run: 1, position: TIRED, id: second }]);
    await press('ArrowUp', 'Enter');
    const [first] = await byLikelihood(text, TIRED - 1);
    assert.equal(ofType('tryCandidate')[1].id, first);
  });

  it('brackets change the layer and ask for it once, braces the head and ask for nothing; both end at the ends', async () => {
    await open('attention');
    await answerAll(opened, text);
    await tabTo('strip');
    const asked = ofType('ask').length;
    await press(']');
    await answerAll(opened, text);
    await press('[', ']');
    const layers = ofType('ask').slice(asked);
    assert.deepEqual(
      layers.map(({ question }) => question),
      [{ kind: 'pattern', layer: 14 }],
    );
    const legend = () => opened.page.locator('.under-strip .legend .label').innerText();
    assert.match(await legend(), /layer 14 head 4$/);
    await press(...Array(20).fill('}'));
    assert.match(await legend(), new RegExp(`head ${text.model.nHeads - 1}$`));
    await press(...Array(20).fill('{'));
    assert.match(await legend(), /head 0$/);
    assert.equal(ofType('ask').length, asked + 1);
  });

  it('/ finds, Enter goes on to the next, Esc gives the strip its focus back, and then the editor', async () => {
    await open('predict');
    await tabTo('strip');
    await press('/');
    await opened.page.keyboard.type('t');
    const holders = text.tokens.flatMap((token, i) => (/t/i.test(token.text) ? [i] : []));
    const from = holders.indexOf(TIRED);
    assert.equal(ofType('choose').at(-1)?.position, TIRED);
    await press('Enter');
    assert.equal(ofType('choose').at(-1)?.position, holders[(from + 1) % holders.length]);
    assert.deepEqual(ofType('focusEditor'), []);
    await press('Escape');
    assert.equal(await focused(), 'strip');
    await press('Escape');
    assert.equal(ofType('focusEditor').length, 1);
  });

  it('tabs open by arrows', async () => {
    await open('predict');
    await tabTo('tab-predict');
    await press('ArrowRight');
    await opened.page.locator('.view.attention').waitFor();
    assert.equal(await focused(), 'tab-attention');
    await press('ArrowLeft');
    assert.equal(await opened.page.locator('.view.predict').isVisible(), true);
  });

  it('a slider moves by arrows: other candidates remain, and nothing is asked', async () => {
    await open('predict');
    await tabTo('top-k');
    const before = opened.sent().length;
    await press('ArrowRight', 'ArrowRight', 'ArrowRight');
    assert.match(await opened.page.locator('.remain').innerText(), /^3 of 49,152 remain/);
    assert.equal(await opened.page.locator('tr.candidate:not(.excluded)').count(), 3);
    assert.equal(opened.sent().length, before);
  });

  it('a file is saved by keys alone', async () => {
    await open('predict');
    await tabTo('Export');
    // PNG, SVG, CSV, JSON, in this order.
    await press('Enter', 'ArrowDown', 'ArrowDown', 'Enter');
    assert.equal((await opened.waitForMessage('save')).mime, 'text/csv');
    assert.equal(await focused(), 'Export');
  });
});
