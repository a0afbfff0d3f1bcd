import assert from 'node:assert/strict';
import type { HostMessage } from '../../src/panel/protocol.ts';
import { type OpenPage, openPage } from './harness.ts';
import { finished, messages } from './messages.ts';
import { chicken, hostile } from './numbers.ts';

const failure = (run?: number): HostMessage => ({
  type: 'error',
  run,
  error: { what: 'It is damaged.', where: 'model.gguf', todo: 'Get it again.' },
});

describe('what the page says of how things stand', () => {
  let opened: OpenPage;

  afterEach(() => opened.close());

  async function open(...said: HostMessage[]): Promise<void> {
    opened = await openPage();
    await say(...said);
  }

  async function say(...said: HostMessage[]): Promise<void> {
    for (const message of said) await opened.send(message);
  }

  const sentence = () => opened.page.locator('.sentence').innerText();
  const tokens = () => opened.page.locator('#strip .token:not(.next)');
  const tinted = () =>
    tokens().evaluateAll((all) => all.filter((token) => (token as HTMLElement).style.backgroundColor !== '').length);
  const isDimmed = () => opened.page.evaluate(() => document.body.hasAttribute('data-outdated'));
  const seesEmpty = () => opened.page.locator('.empty').isVisible();

  it('before the host has spoken: nothing, and no button', async () => {
    await open();
    assert.deepEqual([await sentence(), await seesEmpty()], ['', false]);
  });

  it('first use: the load, then the plain tokens while it goes on, then the numbers', async () => {
    await open(messages.progress('load', 0, 32));
    assert.match(await sentence(), /^Loading the model: layer…$/);
    assert.equal(await seesEmpty(), false);
    await say({ ...messages.run(chicken), loading: true } as HostMessage);
    assert.match(await sentence(), /^Loading the model/);
    assert.deepEqual([await tokens().count(), await tinted(), await isDimmed()], [chicken.tokens.length, 0, false]);
    await say(messages.progress('load', 3, 32));
    assert.match(await sentence(), /^Loading the model: layer…$/);
    assert.equal(await isDimmed(), false);
    await opened.checkAxe();
    await say(messages.model(), messages.progress('compute', 0, chicken.tokens.length));
    assert.match(await sentence(), /^Computing: 0 of 13 tokens\.$/);
    await say(messages.scores(chicken, 0, chicken.tokens.length), messages.done(chicken));
    assert.match(await sentence(), /^Computed in/);
    assert.equal(await tinted(), chicken.tokens.length - 1);
  });

  it('a newer run whose tokens are not known: what is shown is dimmed and said to be older, until they are', async () => {
    await open(...finished(chicken), messages.progress('load', 0, 32, 2));
    assert.equal(await sentence(), 'Loading the model: layer… What is shown is of the run before.');
    assert.equal(await isDimmed(), true);
    await opened.checkAxe();
    await say({ ...messages.run(hostile, 2), loading: true } as HostMessage);
    assert.match(await sentence(), /^Loading the model: layer…$|^Loading the model…$/);
    assert.deepEqual([await isDimmed(), await tinted()], [false, 0]);
  });

  it('a newer run that fails: the error, what is shown is dimmed and said to be older', async () => {
    await open(...finished(chicken), failure(2));
    assert.equal(await sentence(), 'What is shown is of the run before.');
    assert.deepEqual([await isDimmed(), await opened.page.locator('header .problem').isVisible()], [true, true]);
    await say(...finished(chicken, 3));
    assert.deepEqual([await isDimmed(), await opened.page.locator('header .problem').isVisible()], [false, false]);
  });

  it('an error about what is shown leaves it as it is', async () => {
    await open(...finished(chicken), failure());
    assert.equal(await isDimmed(), false);
  });

  it('a newer run that is cancelled before its tokens: said so, and not of the numbers shown', async () => {
    await open(...finished(chicken), messages.progress('load', 1, 32, 2), { type: 'cancelled', run: 2 });
    assert.equal(await sentence(), 'Cancelled. What is shown is of the run before.');
    assert.equal(await isDimmed(), true);
  });

  it('nothing to show: the sentence of the host and its button', async () => {
    await open({ type: 'empty', reason: 'Nothing is selected.' });
    assert.match(await opened.page.locator('.empty').innerText(), /Nothing is selected\.\s+Open an example/);
    assert.equal(await sentence(), '');
  });

  it('after an error of the model: its own button, and one that tries the same text again', async () => {
    const action = { label: 'Open settings', message: { type: 'openSettings', query: 'tokenscope.model' } } as const;
    await open(...finished(chicken), {
      type: 'error',
      error: { what: 'It is damaged.', where: 'model.gguf', todo: 'Get it again.', action },
    });
    await opened.page.locator('header .problem vscode-button', { hasText: 'Try again' }).click();
    assert.deepEqual(opened.sent().at(-1), { type: 'rerun' });
  });

  it('what if: the whole line as it would go on, as text, until it is over', async () => {
    await open(...finished(chicken));
    const line = () => opened.page.locator('.what-if');
    assert.equal(await line().isVisible(), false);
    await say({ type: 'whatIf', line: { before: 'The chicken', text: ' <b>crossed</b>' } });
    assert.equal(await line().innerText(), 'What if: The chicken <b>crossed</b>');
    assert.equal(await line().locator('strong').innerText(), ' <b>crossed</b>');
    await opened.checkAxe('header');
    await say({ type: 'whatIf' });
    assert.equal(await line().isVisible(), false);
  });

  it('the values under the strip are explained, with the value in full', async () => {
    await open(...finished(chicken, 1, 5));
    for (const [word, says] of [
      ['surprisal', /log2 of 1\/p/],
      ['entropy', /wider the choice/],
      ['rank', /Place of a token/],
    ] as const) {
      const explained = await opened.page.locator('.info .term', { hasText: word }).getAttribute('data-explained');
      assert.match(explained ?? '', says);
      assert.match(explained ?? '', /\(\d/);
    }
  });
});
