import assert from 'node:assert/strict';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { perplexity } from '../../src/analysis/format.ts';
import type { TestApi } from '../../src/extension.ts';
import { drive } from './drive.ts';
import { closeAll, Heard, send, setting, testApi } from './explore.ts';

describe('the tour', () => {
  let api: TestApi;
  let heard: Heard;

  before(async () => {
    api = await testApi();
    heard = new Heard(api);
  });

  after(async () => {
    heard.dispose();
    await drive.pointAtNothing();
    await closeAll();
  });

  /** The step's sentences, once its numbers are there. */
  const told = (step: number, fits: RegExp) =>
    heard.next('tour', (message) => message.step?.step === step && fits.test(message.step.text));

  it('opens the right view at the right token, and says what to see with the numbers of the text', async () => {
    await vscode.commands.executeCommand('tokenscope.tour');
    await told(0, /cut into \d+ tokens/);
    const [first] = api.texts.all;
    assert.equal(first.run!.tokens[first.choice.token].text, ' bank');
    await drive.webview.waitFor(() => document.querySelector('#tab-model')?.getAttribute('aria-selected') === 'true');
    await drive.webview.waitFor(() => /^1 of 9/.test(document.querySelector('.tour h2')?.textContent ?? ''));

    await drive.webview.click('.tour-ways vscode-button:nth-of-type(2)');
    await told(1, /"chicken"/);
    const text = api.texts.all.find(({ run }) => run?.tokens.some((token) => token.text === ' chicken'))!;
    assert.equal(text.run!.tokens[text.choice.token].text, ' it');
    assert.deepEqual(text.head, { layer: 13, head: 8 });
    await drive.webview.waitFor(
      () => document.querySelector('#tab-attention')?.getAttribute('aria-selected') === 'true',
    );
  });

  it('numbers are those of the run; what it switches off is on again afterwards', async () => {
    send(api, { type: 'tour', step: 3 });
    const { step } = await told(3, /%/);
    const keys = api.texts.all.find(({ run }) => run?.tokens.some((token) => token.text === ' keys'))!;
    const at = keys.run!.tokens.findLastIndex(({ text }) => text === ' are');
    assert.ok(step!.text.includes(`${(100 * Math.exp(keys.run!.scores.logprob[at])).toPrecision(3)} %`), step!.text);

    send(api, { type: 'tour', step: 8 });
    const off = await told(8, /second half costs/);
    assert.equal(api.changes.state.parts.length, 5);
    const [, second, firstHalf] = /costs ([\d.]+) .*\(([\d.]+)\)/.exec(off.step!.text)!;
    assert.ok(Number(second) > 4 && Number(firstHalf) > 4, off.step!.text);
    send(api, { type: 'tour', step: 0 });
    await told(0, /cut into/);
    assert.equal(api.changes.state.parts.length, 0);
    send(api, { type: 'tour', step: null });
    await heard.next('tour', ({ step: now }) => now === undefined);
    await drive.webview.waitFor(() => document.querySelector<HTMLElement>('.tour')?.hidden);
  });

  it('of another model: its own numbers, and where a step is about the bundled one, that is said', async () => {
    await setting('model', join(process.env.TOKENSCOPE_TEST_ROOT!, 'test/fixtures/models/llama_gqa_tied'));
    const fresh = new Heard(api);
    const said = (step: number, fits: RegExp) =>
      fresh.next('tour', (message) => message.step?.step === step && fits.test(message.step.text));
    send(api, { type: 'tour', step: 5 });
    const { step } = await said(5, /perplexity of/);
    const keys = api.texts.all.find(({ run }) => run?.loaded?.model.name !== 'SmolLM2-135M-Instruct')!;
    const { loaded, ids, scores } = keys.run!;
    let [loss, count] = [0, 0];
    for await (const { logprob } of loaded!.engine.run({ ids, topK: 1 }))
      for (const x of logprob) if (!Number.isNaN(x)) [loss, count] = [loss - x, count + 1];
    assert.equal(count, ids.length - 1);
    assert.ok(Math.abs(scores.totals.perplexity / Math.exp(loss / count) - 1) < 1e-6);
    assert.ok(step!.text.includes(`perplexity of ${perplexity(Math.exp(loss / count))}.`), step!.text);
    send(api, { type: 'tour', step: 8 });
    await said(8, /about the bundled model/);
    assert.deepEqual(api.changes.state.parts, []);
    send(api, { type: 'tour', step: null });
    await fresh.next('tour', ({ step: now }) => now === undefined);
    fresh.dispose();
    await setting('model', undefined);
  });

  it('a head is shown at work: an induction head at a token that came before, on what came after it then', async () => {
    const [layer, head] = [18, 6];
    const fresh = new Heard(api);
    send(api, { type: 'headExample', layer, head });
    await drive.webview.waitFor(
      () => document.querySelector('#tab-attention')?.getAttribute('aria-selected') === 'true',
    );
    const isSecond = (position: number | null) => position !== null && position >= 20;
    const { position: at } = await fresh.next('cursor', ({ position }) => isSecond(position));
    fresh.dispose();
    const twice = api.texts.all.find(({ run }) =>
      run?.tokens
        .map(({ text }) => text)
        .join('')
        .startsWith('Zorn'),
    )!;
    assert.deepEqual(twice.head, { layer, head });
    const { tokens, patterns } = twice.run!;
    const { data } = await patterns!.of(layer, new AbortController().signal);
    const n = tokens.length;
    assert.equal(at, twice.choice.token);
    const row = [...data.subarray((head * n + at) * n, (head * n + at + 1) * n)];
    const looked = row.indexOf(Math.max(...row));
    assert.equal(tokens[looked - 1].text, tokens[at].text);
  });
});
