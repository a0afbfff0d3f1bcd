import assert from 'node:assert/strict';
import type { Question } from '../../src/panel/questions/index.ts';
import { type OpenPage, openPage } from './harness.ts';
import { type Ask, finished, messages } from './messages.ts';
import { chicken, zipf } from './numbers.ts';
import { weight } from './stubAnswers.ts';

describe('views ask for what they need', () => {
  let opened: OpenPage;

  afterEach(() => opened.close());

  const asks = () => opened.sent().filter((message): message is Ask => message.type === 'ask');
  const questions = () => asks().map(({ question }) => question);
  const position = (question: Question) => (question.kind === 'distribution' ? question.position : undefined);
  const text = (selector: string) => opened.page.locator(selector).first().innerText();

  /** Opens the page on a finished run. */
  async function open(state?: unknown, chosen?: number): Promise<void> {
    opened = await openPage({ state });
    for (const message of finished(chicken, 1, chosen)) await opened.send(message);
  }

  const kept = (view: string) => ({
    view,
    layer: 2,
    head: 1,
    sampling: { temperature: 1, topK: 0, topP: 0.5 },
    pinned: false,
  });

  it('predict: the chosen place first, then its neighbours, and candidates as sampling leaves them', async () => {
    await open(kept('predict'), 5);
    assert.deepEqual(questions(), [{ kind: 'distribution', position: 4 }]);
    assert.match(await text('.remain'), /wait for all logits/);
    await opened.send(messages.answer(chicken, asks()[0]));
    let remain = 0;
    for (let sum = 0; sum < 0.5; ) sum += zipf(++remain);
    assert.match(await text('.remain'), new RegExp(`^${remain} of 5,000 remain`));
    assert.deepEqual(questions().map(position), [4, 5, 3]);
    // The 256 likeliest are named, with what the scores did not tell.
    await opened.page.locator('.view.predict button.link').click();
    assert.equal(await opened.page.locator('tr.candidate').count(), 200);
    assert.equal(await opened.page.locator('tr.candidate .name', { hasText: /^id / }).count(), 0);
  });

  it('attention: the pattern of the layer, in the strip and its legend too', async () => {
    await open(kept('attention'), 5);
    assert.deepEqual(questions(), [{ kind: 'pattern', layer: 2 }]);
    assert.match(await text('.view.attention .waiting'), /^Computing/);
    await opened.send(messages.answer(chicken, asks()[0]));
    assert.equal(await text('.view.attention .waiting'), '');
    assert.match(await text('.under-strip .legend .label'), /^attention of ·the, layer 2 head 1$/);
    // The scale is the matrix' own: up to the largest weight below the first row.
    const rows = chicken.tokens.flatMap((_, i) =>
      Array.from({ length: i + 1 }, (__, j) => (i > 0 ? weight(1, i, j) : 0)),
    );
    const most = Math.fround(Math.max(...rows));
    assert.match(await text('.under-strip .legend'), new RegExp(most.toPrecision(3).replace('.', '\\.')));
    const tinted = await opened.page.evaluate(() =>
      [...document.querySelectorAll<HTMLElement>('#strip .token:not(.next)')].map(
        ({ style }) => style.backgroundColor !== '',
      ),
    );
    assert.deepEqual(
      tinted,
      chicken.tokens.map((_, i) => i <= 5),
    );
    const before = opened.sent().length;
    await opened.page.keyboard.press(']');
    await opened.waitForMessage('ask', before);
    assert.deepEqual(questions().at(-1), { kind: 'pattern', layer: 3 });
  });

  it('the tint goes with the view: attention, and surprisal again', async () => {
    await open(kept('attention'), 5);
    await opened.send(messages.answer(chicken, asks()[0]));
    const colours = () =>
      opened.page.evaluate(() =>
        [...document.querySelectorAll<HTMLElement>('#strip .token:not(.next)')].map(
          ({ style }) => style.backgroundColor,
        ),
      );
    const attention = await colours();
    await opened.openView('predict');
    await opened.page.locator('.under-strip .legend .label', { hasText: /^surprisal$/ }).waitFor();
    const surprisals = await colours();
    assert.equal(surprisals[0], '', 'the first token has no surprisal');
    assert.ok(surprisals.slice(1).every((colour) => colour !== ''));
    assert.notDeepEqual(surprisals, attention);
  });

  it('an error is shown where the view waits, with its button; the numbers stay', async () => {
    await open(kept('attention'));
    const [{ run, id }] = asks();
    await opened.send({
      type: 'answer',
      run,
      id,
      error: {
        what: 'The attention of 9,000 tokens is too large to hold.',
        where: 'Attention of layer 2',
        todo: 'Select at most 3,862 tokens.',
        action: { label: 'Try again', message: { type: 'rerun' } },
      },
    });
    assert.match(await text('.view.attention .problem'), /too large to hold\.[\s\S]*Select at most 3,862 tokens\./);
    assert.equal(await text('.view.attention .waiting'), '');
    assert.equal(await opened.page.evaluate(() => document.body.dataset.state), 'done');
    await opened.checkAxe();
    await opened.page.locator('.view.attention .problem vscode-button').click();
    await opened.waitForMessage('rerun');
    for (const message of finished(chicken, 2)) await opened.send(message);
    assert.equal(await opened.page.locator('.view.attention .problem').first().isVisible(), false);
    assert.equal(asks().at(-1)!.run, 2);
  });

  it('a kept view that is none of the registered ones: the first is open', async () => {
    await open(kept('entrails'));
    assert.ok(await opened.page.locator('.view.predict').isVisible());
    assert.equal(position(questions()[0]), 10);
  });
});
