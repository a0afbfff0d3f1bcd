import assert from 'node:assert/strict';
import { type OpenPage, openPage } from './harness.ts';
import { contrastFaults, layoutFaults, measure, walkByTab } from './measure.ts';
import { finished } from './messages.ts';
import { chicken } from './numbers.ts';

describe('what finds faults of the page finds them', () => {
  let opened: OpenPage;

  beforeEach(async () => {
    opened = await openPage();
    for (const message of finished(chicken)) await opened.send(message);
    await measure(opened);
    assert.deepEqual([...(await layoutFaults(opened)), ...(await contrastFaults(opened, 4.5))], []);
  });

  afterEach(() => opened.close());

  const style = (selector: string, property: string, value: string) =>
    opened.page
      .locator(selector)
      .first()
      .evaluate((element, [name, to]) => (element as HTMLElement).style.setProperty(name, to), [property, value]);

  it('text over text', async () => {
    await style('.sentence', 'margin-top', '-24px');
    assert.match((await layoutFaults(opened)).join(), /overlaps "Computed in/);
  });

  it('text that is cut off, at the side or below', async () => {
    for (const [property, value] of [
      ['width', '40px'],
      ['height', '4px'],
    ]) {
      await style('.under-strip', 'overflow', 'hidden');
      await style('.under-strip', 'white-space', 'nowrap');
      await style('.under-strip', property, value);
      assert.match((await layoutFaults(opened)).join(), /is cut (at the side|above or below) by/);
      await style('.under-strip', property, '');
    }
  });

  it('what is wider than the page', async () => {
    await style('table.candidates', 'width', '900px');
    assert.match((await layoutFaults(opened)).join(), /beside the page|cut at the side/);
  });

  it('text that is too faint, by its colour or by being let through', async () => {
    await style('#token-3', 'color', 'rgb(70, 70, 70)');
    assert.match((await contrastFaults(opened, 4.5)).join(), /"'t" in span#token-3/);
    await style('#token-3', 'color', '');
    await style('table.candidates', 'opacity', '0.3');
    assert.match((await contrastFaults(opened, 4.5)).join(), /in td/);
  });

  it('what Tab cannot reach, and what does not show that it has the focus', async () => {
    await style('#strip', 'outline', 'none');
    await opened.page.evaluate(() => {
      // Tab is caught here, and goes back to the start.
      const trap = document.querySelector<HTMLElement>('input[aria-label="top-k"]')!;
      trap.addEventListener('keydown', (event) => {
        if (event.key !== 'Tab') return;
        event.preventDefault();
        document.getElementById('strip')!.focus();
      });
    });
    const { stops, missed } = await walkByTab(opened);
    assert.equal(stops.find(({ what }) => what.startsWith('div#strip'))!.contrast, 0);
    assert.ok(missed.some((name) => name.includes('top-p')));
  });
});
