import assert from 'node:assert/strict';
import { type OpenPage, openPage } from './harness.ts';
import { finished } from './messages.ts';
import { chicken } from './numbers.ts';

const sampling = { temperature: 1, topK: 0, topP: 1 };

describe('a view is loaded when it is first opened', () => {
  let opened: OpenPage;
  afterEach(() => opened.close());

  /** Views, and what else has a name, whose code was loaded, in the order of time. */
  const loaded = () =>
    opened.page.evaluate(() =>
      performance.getEntriesByType('resource').flatMap(({ name }) => /parts\/((?!chunk)\w+)-/.exec(name)?.[1] ?? []),
    );
  const tab = (name: string) => opened.page.getByRole('tab', { name, exact: true });

  it('the first with the page, another with its tab, and each once', async () => {
    opened = await openPage({});
    for (const message of finished(chicken)) await opened.send(message);
    assert.deepEqual(await loaded(), ['predict']);
    await tab('Depth').click();
    await opened.page.locator('.view.depth').waitFor();
    assert.deepEqual(await loaded(), ['predict', 'depth']);
    await tab('Predict').click();
    await opened.page.locator('.view.predict').waitFor();
    await tab('Depth').click();
    await opened.page.locator('.view.depth').waitFor();
    assert.deepEqual(await loaded(), ['predict', 'depth']);
    assert.equal(await opened.page.locator('.view').count(), 2);
  });

  it('the one that was open before a reload, alone; how to export when something is exported', async () => {
    opened = await openPage({ state: { view: 'generate', sampling, pinned: false } });
    for (const message of finished(chicken)) await opened.send(message);
    assert.deepEqual(await loaded(), ['generate']);
    await opened.page.getByRole('button', { name: 'Export' }).click();
    await opened.page.getByRole('menuitem', { name: /Tokens/ }).click();
    await opened.waitForMessage('save');
    assert.deepEqual(await loaded(), ['generate', 'export']);
  });

  it('one that cannot be loaded says so in its place; the others go on', async () => {
    opened = await openPage({});
    await opened.page.route('**/parts/roles-*', (route) =>
      route.fulfill({ contentType: 'text/javascript', body: 'throw new Error("cut short")' }),
    );
    for (const message of finished(chicken)) await opened.send(message);
    await tab('Heads').click();
    assert.match(
      await opened.page.getByRole('alert').innerText(),
      /^This view could not be loaded: cut short\. Close it/,
    );
    await tab('Predict').click();
    assert.ok(await opened.page.locator('.view.predict').isVisible());
  });
});
