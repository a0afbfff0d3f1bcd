import assert from 'node:assert/strict';
import type { HostMessage } from '../../src/panel/protocol.ts';
import { type OpenOptions, type OpenPage, openPage } from './harness.ts';
import { contrastFaults, layoutFaults, leastContrast, measure } from './measure.ts';
import { messages } from './messages.ts';
import { answerAll, openText, type RealText, realText } from './real.ts';
import { themes } from './theme.ts';

const KNOWN = 6;
const progress = (stage: 'load' | 'compute', done: number, total: number): HostMessage =>
  messages.progress(stage, done, total);

const failure: HostMessage = {
  type: 'error',
  run: 1,
  error: {
    what: 'The file ends before its tensors do: 1,234,567 bytes are missing.',
    where: `/home/ada/models/${'a-very-long-folder/'.repeat(6)}SmolLM2-135M-Instruct-Q8_0.gguf`,
    todo: 'Download the model again, or choose another one in the settings.',
    action: { label: 'Open settings', message: { type: 'openSettings', query: 'tokenscope.model' } },
  },
};

describe('every state, on numbers of the real engine', () => {
  let text: RealText;
  let opened: OpenPage;
  let run: HostMessage;
  /** The numbers of the first tokens only. */
  let part: HostMessage;

  before(async () => {
    text = await realText("The chicken didn't cross the road because it was too tired.");
    const scores = text.finished().find((message) => message.type === 'scores')!;
    assert.ok(scores.chunk.count > KNOWN);
    part = { ...scores, chunk: { ...scores.chunk, count: KNOWN } };
    run = text.finished().find((message) => message.type === 'run')!;
  });

  afterEach(() => opened.close());

  async function open(options: OpenOptions, ...said: HostMessage[]): Promise<void> {
    opened = await openPage(options);
    await say(...said);
  }

  async function say(...said: HostMessage[]): Promise<void> {
    for (const message of said) await opened.send(message);
  }

  const sentence = () => opened.page.locator('.sentence').innerText();
  const tinted = () =>
    opened.page
      .locator('#strip .token')
      .evaluateAll((all) => all.filter((token) => (token as HTMLElement).style.backgroundColor !== '').length);

  for (const theme of themes) {
    it(`${theme}: nothing is cut off, overlaps or is too faint in any state`, async () => {
      await open({ theme });
      await measure(opened);
      const states: [string, HostMessage[]][] = [
        ['empty', [{ type: 'empty', reason: 'Nothing is selected.' }]],
        ['loading', [progress('load', 3, 30)]],
        ['loading', [{ ...run, loading: true } as HostMessage, progress('load', 9, 30)]],
        ['computing', [...text.finished(1, 8).slice(0, 2), progress('compute', 0, text.tokens.length), part]],
        ['cancelled', [{ type: 'cancelled', run: 1 }]],
        ['done', text.finished(1, 8)],
        ['stale', [{ type: 'stale', run: 1 }]],
        ['error', [...text.finished(1, 8), failure]],
      ];
      const faults: string[] = [];
      for (const [i, [state, said]] of states.entries()) {
        await say(...said);
        await answerAll(opened, text);
        assert.equal(await opened.page.evaluate(() => document.body.dataset.state), state);
        for (const width of [480, 900, 1500]) {
          await opened.page.setViewportSize({ width, height: 800 });
          await opened.settle();
          const found = await layoutFaults(opened);
          faults.push(...found.map((fault) => `${state}, ${width}: ${fault}`));
          const shots = process.env.STATES_SHOTS;
          if (shots) await opened.screenshot(`${shots}/${theme}-${width}-${i}-${state}.png`);
        }
        const faint = await contrastFaults(opened, leastContrast(theme));
        faults.push(...faint.map((fault) => `${state}: ${fault}`));
        await opened.checkAxe();
      }
      assert.deepEqual(faults, []);
    });
  }

  it('computing: numbers appear token by token, and nothing moves', async () => {
    await open({ width: 900 }, ...text.finished(1, 3).slice(0, 2));
    const places = () =>
      opened.page.evaluate(() =>
        [...document.querySelectorAll('.token, .legend, .info, vscode-panel-tab, .explanation, .sampling')]
          .filter((one) => one.checkVisibility())
          .map((one) => {
            const { x, y, height } = one.getBoundingClientRect();
            return `${one.className} ${one.id}: ${x} ${y} ${height}`;
          }),
      );
    const first = await places();
    assert.ok(first.length > text.tokens.length + 5);
    assert.equal(await tinted(), 0);
    await say(part);
    assert.deepEqual([await tinted(), await sentence()], [KNOWN - 1, `Computing: ${KNOWN} of 13 tokens.`]);
    assert.deepEqual(await places(), first);
    await say(...text.finished(1).slice(2));
    assert.equal(await tinted(), text.tokens.length - 1);
    assert.deepEqual(await places(), first);
  });

  it('stale: dimmed and said so, the numbers stay, and no candidate goes into the changed text', async () => {
    opened = await openText(text, {}, 8);
    const numbers = () => opened.page.locator('td.number').allInnerTexts();
    const before = await numbers();
    await say({ type: 'stale', run: 1 });
    assert.equal(await opened.page.evaluate(() => document.body.hasAttribute('data-outdated')), true);
    assert.equal(await sentence(), 'The text changed: these numbers are of the text before the change.');
    assert.deepEqual(await numbers(), before);
    const asked = opened.sent().length;
    await opened.page.locator('#strip').focus();
    for (const key of ['ArrowDown', 'Enter']) await opened.page.keyboard.press(key);
    await opened.settle();
    assert.deepEqual(
      opened
        .sent()
        .slice(asked)
        .filter(({ type }) => type === 'tryCandidate' || type === 'ask'),
      [],
    );
    await say(...text.finished(2, 8));
    assert.equal(await opened.page.evaluate(() => document.body.hasAttribute('data-outdated')), false);
  });

  it('cancelled: what there is stays, and is asked about', async () => {
    await open({}, ...text.finished(1, 3).slice(0, 2), part, { type: 'cancelled', run: 1 });
    assert.deepEqual([await tinted(), await sentence()], [KNOWN - 1, `Cancelled: ${KNOWN} of 13 tokens have numbers.`]);
    await opened.waitForMessage('ask');
    await answerAll(opened, text);
    assert.match(await opened.page.locator('.remain').innerText(), /^Nothing is cut off: all 49,152/);
    await opened.page.locator('#token-9').click();
    assert.match(await opened.page.locator('.heading').innerText(), /not computed yet/);
    assert.match((await opened.page.locator('#token-9').getAttribute('aria-label'))!, /not computed yet$/);
  });

  for (const view of ['predict', 'attention', 'depth', 'roles', 'generate', 'model']) {
    it(`${view}: a load that is cancelled after the plain tokens leaves nothing that says it computes`, async () => {
      const sampling = { temperature: 1, topK: 0, topP: 1 };
      const loading = { ...run, chosen: 8, loading: true } as HostMessage;
      await open({ state: { view, sampling, pinned: false } }, loading, progress('load', 9, 30));
      await say({ type: 'cancelled', run: 1 });
      const page = await opened.page.locator('body').innerText();
      assert.match(page, /not computed/i);
      assert.doesNotMatch(page, /Computing|computed when|Point at/);
      assert.match(page, view === 'attention' ? /^attention of ·it$/m : /^12\+ bits$/m);
    });
  }

  it('pointing at a cell, or choosing a token, moves nothing at 480 px', async () => {
    const sampling = { temperature: 1, topK: 0, topP: 1 };
    const top = (what: string) => opened.page.locator(what).evaluate((one) => one.getBoundingClientRect().top);
    opened = await openText(text, { width: 480, state: { view: 'attention', sampling, pinned: false } }, 8);
    await opened.settle();
    const matrix = await top('.matrix');
    await opened.page.locator('.matrix').hover({ position: { x: 20, y: 120 } });
    await opened.settle();
    assert.match(await opened.page.locator('.cell-value').filter({ visible: true }).innerText(), /looks at/);
    assert.equal(await top('.matrix'), matrix);
    const from = opened.sent().length;
    await opened.openView('generate');
    await answerAll(opened, text, from);
    const below = await top('.path');
    await opened.page.locator('#token-5').click();
    assert.equal(await opened.page.locator('.tree').isVisible(), false);
    assert.equal(await top('.path'), below);
  });

  it('while it loads or computes there is a button that cancels, and it is gone afterwards', async () => {
    await open({}, ...text.finished(1, 3).slice(0, 2), part);
    const cancel = opened.page.getByRole('button', { name: 'Cancel' });
    await cancel.click();
    assert.equal((await opened.waitForMessage('cancel')).run, 1);
    await say({ type: 'cancelled', run: 1 });
    assert.equal(await cancel.isVisible(), false);
  });

  it('error: what, where, what to do, and a button that does it', async () => {
    await open({}, failure);
    const { what, where, todo } = (failure as Extract<HostMessage, { type: 'error' }>).error;
    const problem = await opened.page.locator('header .problem').innerText();
    for (const line of [what, where, todo]) assert.ok(problem.includes(line), problem);
    await opened.page.getByRole('button', { name: 'Open settings' }).click();
    assert.equal((await opened.waitForMessage('openSettings')).query, 'tokenscope.model');
  });

  it('empty: the button opens an example', async () => {
    await open({}, { type: 'empty', reason: 'Nothing is selected.' });
    await opened.page.getByRole('button', { name: 'Open an example' }).click();
    await opened.waitForMessage('openExample');
  });
});
