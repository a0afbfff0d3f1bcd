import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TrackedText } from '../../src/explore/trackedText.ts';
import type { TestApi } from '../../src/extension.ts';
import type { ScoreChunk } from '../../src/panel/protocol.ts';
import { drive } from './drive.ts';
import { ask, closeAll, explore, Heard, openText, setting, testApi } from './explore.ts';

interface Prompt {
  name: string;
  text: string;
  ids: number[];
  /** Entry j is of token j + 1. */
  nll: number[];
  /** 0-based. */
  rank: number[];
  entropy: number;
  perplexity: number;
  top10: [number, string, number, number][];
}

const root = process.env.TOKENSCOPE_TEST_ROOT!;
const prompts: Prompt[] = JSON.parse(readFileSync(join(root, 'test/fixtures/smollm2/prompts.json'), 'utf8')).prompts;
const prompt = (name: string) => prompts.find((one) => one.name === name)!;

/** A row's value of each position, out of the chunks. */
function values(chunks: ScoreChunk[], name: 'logprob' | 'rank' | 'entropy' | 'lse'): number[] {
  return chunks.flatMap((chunk) => [...chunk[name]].slice(0, chunk.count));
}

describe('exploring a text with the real model', () => {
  let api: TestApi;
  let heard: Heard;

  beforeEach(async () => {
    api = await testApi();
    heard = new Heard(api);
  });

  afterEach(async () => {
    heard.dispose();
    await setting('precision', undefined);
    await setting('model', undefined);
    await closeAll();
  });

  async function numbers(name: string) {
    const { text } = prompt(name);
    await openText(text);
    await explore();
    const done = await heard.done();
    const run = heard.last('run');
    const scores = heard.all('scores').filter((message) => message.run === run.run);
    return { done, run, chunks: scores.map(({ chunk }) => chunk), scores };
  }

  it('int8: says tokens, then numbers, then the end, close to the reference', async () => {
    const wanted = prompt('prose1');
    const { done, run, chunks, scores } = await numbers('prose1');
    assert.deepEqual(
      run.tokens.map(({ id }) => id),
      wanted.ids,
    );
    assert.equal(run.tokens.map(({ start, end }) => wanted.text.slice(start, end)).join(''), wanted.text);
    assert.equal(run.note, undefined);
    assert.deepEqual(
      chunks.map(({ from, count }) => from + count),
      chunks.map((_, i) => chunks[i + 1]?.from ?? wanted.ids.length),
    );
    const logprob = values(chunks, 'logprob');
    assert.ok(Number.isNaN(logprob[0]), 'nothing comes before the first token');
    const mean = -logprob.slice(1).reduce((sum, value) => sum + value, 0) / wanted.nll.length;
    assert.ok(Math.abs(Math.exp(mean) / wanted.perplexity - 1) < 0.05, `perplexity ${Math.exp(mean)}`);
    assert.equal(done.totals.tokens, wanted.ids.length);
    assert.equal(done.totals.scored, wanted.nll.length);
    assert.ok(Math.abs(done.totals.perplexity! - Math.exp(mean)) < 1e-3 * Math.exp(mean));
    assert.ok(Math.abs(done.totals.meanSurprisal! - mean / Math.LN2) < 1e-4);
    // Each candidate's text is told, and once.
    const told = scores.flatMap(({ pieces }) => Object.keys(pieces).map(Number));
    assert.equal(new Set(told).size, told.length);
    const named = new Set(told);
    assert.ok(chunks.every(({ topIds }) => topIds.every((id) => named.has(id))));
    const { model } = heard.last('model');
    assert.deepEqual(
      [model.precision, model.nLayers, model.nHeads, model.vocabSize, model.contextLength, model.bosPolicy],
      ['int8', 30, 9, 49152, 8192, 'no BOS is added'],
    );
  });

  it('fp32: log-probs, ranks, entropy and candidates of the reference, the distribution and the pattern', async () => {
    await setting('precision', 'fp32');
    const wanted = prompt('chicken_tired');
    const { run, chunks } = await numbers('chicken_tired');
    const logprob = values(chunks, 'logprob').slice(1);
    const off = Math.max(...logprob.map((value, i) => Math.abs(value + wanted.nll[i])));
    assert.ok(off < 1e-3, `log-probs are up to ${off} off`);
    assert.deepEqual(
      values(chunks, 'rank').slice(1),
      wanted.rank.map((rank) => rank + 1),
    );
    const last = chunks.at(-1)!;
    const end = last.count - 1;
    assert.ok(Math.abs(last.entropy[end] - wanted.entropy) < 1e-3);
    const top = [...last.topIds.subarray(end * last.topK, end * last.topK + 10)];
    assert.deepEqual(
      top,
      wanted.top10.map(([id]) => id),
    );

    const position = wanted.ids.length - 1;
    const { logits, pieces } = await ask(api, heard, run.run, { kind: 'distribution', position });
    assert.equal(logits.length, 49152);
    for (const [id, , , logit] of wanted.top10) assert.ok(Math.abs(logits[id] - logit) < 1e-3);
    assert.equal(Object.keys(pieces).length, 256);
    assert.ok(Math.abs(Math.exp(logits[wanted.top10[0][0]] - last.lse[end]) - wanted.top10[0][2]) < 1e-4);

    const { shape, data: pattern } = await ask(api, heard, run.run, { kind: 'pattern', layer: 7 });
    const n = wanted.ids.length;
    assert.deepEqual([shape, pattern.length], [[9, n, n], 9 * n ** 2]);
    for (let row = 0; row < 9 * n; row++) {
      const sum = pattern.subarray(row * n, (row + 1) * n).reduce((a, b) => a + b, 0);
      assert.ok(Math.abs(sum - 1) < 1e-4, `row ${row} adds up to ${sum}`);
    }
  });

  it('a second reader of the same text costs no run, and finds every number', async () => {
    await openText('Once the model is loaded, runs can be counted.');
    await explore();
    const { run: before } = await heard.done();
    const { engine } = api.engine.loaded!;
    const { run } = engine;
    let runs = 0;
    const counted: typeof run = (...request) => {
      runs++;
      return run.apply(engine, request);
    };
    // The client's calls are its prototype's, and not to be written.
    Object.defineProperty(engine, 'run', { value: counted, configurable: true });
    try {
      const { document } = await openText(prompt('prose1').text);
      await explore();
      const range = { start: 0, end: document.getText().length };
      const reading = api.texts.open(new TrackedText(document, range));
      reading.text.begin();
      const { totals } = await heard.done(before);
      const late = api.texts.open(new TrackedText(document, range));
      late.text.begin();
      const { scores, tokens } = late.text.run!;
      assert.equal(late.text, reading.text);
      assert.equal(scores.known, tokens.length);
      assert.equal(scores.totals.perplexity, totals.perplexity);
      late.dispose();
      reading.dispose();
      assert.equal(runs, 1);
    } finally {
      Reflect.deleteProperty(engine, 'run');
    }
  });

  it('token text that is markup arrives as the text it is, at its place', async () => {
    const text = '<img src=x onerror="alert(1)"><script>alert(2)</script> &lt; </body> 猫 👩‍🚀';
    await openText(text);
    await explore();
    await heard.done();
    const { tokens } = heard.last('run');
    const whole = tokens.filter(({ bytes }) => !bytes);
    assert.ok(whole.length > 10);
    for (const token of whole) assert.equal(token.text, text.slice(token.start, token.end));
    assert.ok(
      tokens.some(({ bytes }) => bytes),
      'the emoji is more than one token',
    );
  });

  it('learned positions of another model: a point for each distance, from 1 on', async () => {
    await setting('model', join(root, 'test/fixtures/models/gpt2'));
    await openText('a b c');
    await explore();
    await heard.done();
    await drive.webview.waitFor(() => document.body.dataset.state === 'done');
    await drive.webview.click('#tab-model');
    const path = await drive.webview.waitFor(() =>
      [...document.querySelectorAll('#view-model .lines-frame')]
        .find((frame) => frame.textContent?.includes('learned, this model'))
        ?.querySelector('path.line')
        ?.getAttribute('d'),
    );
    const { cosines } = await ask(api, heard, heard.last('run').run, { kind: 'positions', far: 256 });
    assert.ok(cosines instanceof Float64Array && Math.abs(cosines[0] - 1) < 1e-6);
    assert.equal(path!.split('L').length, cosines.length);
  });
});
