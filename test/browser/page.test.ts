import assert from 'node:assert/strict';
import type { OpenPage } from './harness.ts';
import { contrastFaults, layoutFaults, leastContrast, measure, walkByTab } from './measure.ts';
import { finished } from './messages.ts';
import { hostile } from './numbers.ts';
import { answerAll, openText, type RealText, realText } from './real.ts';
import { themes } from './theme.ts';

const widths = [480, 900, 1500];
const SENTENCE = "The chicken didn't cross the road because it was too tired.";

describe('every view, on numbers of the real engine', () => {
  let text: RealText;
  let opened: OpenPage;

  before(async () => {
    text = await realText(SENTENCE);
  });

  afterEach(() => opened.close());

  /** Goes to each view, and answers what it asks. */
  async function eachView(look: (view: string) => Promise<void>): Promise<void> {
    const ids = await opened.page.locator('vscode-panel-tab').evaluateAll((all) => all.map(({ id }) => id));
    assert.ok(ids.length > 1);
    for (const id of ids) {
      await opened.page.locator(`#${id}`).click();
      await answerAll(opened, text);
      await look(id.slice('tab-'.length));
    }
  }

  for (const theme of themes) {
    it(`${theme}: nothing is cut off, overlaps, or stands beside the page; all text can be read`, async () => {
      opened = await openText(text, { theme });
      await measure(opened);
      const faults: string[] = [];
      await eachView(async (view) => {
        for (const width of widths) {
          await opened.page.setViewportSize({ width, height: 900 });
          await opened.settle();
          const found = await layoutFaults(opened);
          faults.push(...found.map((fault) => `${view}, ${width}: ${fault}`));
        }
        const faint = await contrastFaults(opened, leastContrast(theme));
        faults.push(...faint.map((fault) => `${view}: ${fault}`));
        await opened.checkAxe();
      });
      assert.deepEqual(faults, []);
    });

    it(`${theme}: Tab reaches all there is, and each place shows that it has the focus`, async () => {
      opened = await openText(text, { theme });
      await eachView(async (view) => {
        await measure(opened);
        const { stops, missed } = await walkByTab(opened);
        assert.deepEqual(missed, [], `${view}: never reached`);
        assert.ok(stops.some(({ what }) => what.includes('#strip')));
        assert.deepEqual(
          stops.filter(({ contrast }) => contrast < 3),
          [],
          view,
        );
      });
    });

    it(`${theme}: so it is with all open that opens, a candidate chosen, and a text that is hard to show`, async () => {
      opened = await openText(text, { theme, width: 480 });
      const faults: string[] = [];
      const look = async (when: string) => {
        await opened.settle();
        const found = await contrastFaults(opened, leastContrast(theme));
        faults.push(...found.map((fault) => `${when}: ${fault}`));
        await opened.checkAxe();
      };
      await measure(opened);
      await opened.page.locator('table.candidates').focus();
      await opened.page.keyboard.press('ArrowDown');
      await opened.page.locator('tr.candidate').nth(2).hover();
      await look('a candidate chosen and another pointed at');
      await opened.page.keyboard.press('/');
      await opened.page.keyboard.type('zebra');
      const closed = opened.page.locator('details:not([open]) > summary').filter({ visible: true });
      while ((await closed.count()) > 0) await closed.first().click();
      await opened.page.getByRole('button', { name: 'Export' }).click();
      await look('search, lists and menu open');
      await opened.page.keyboard.press('Escape');
      for (const message of finished(hostile, 2, 7)) await opened.send(message);
      await look('a text that is hard to show');
      faults.push(...(await layoutFaults(opened)));
      assert.deepEqual(faults, []);
    });
  }
});
