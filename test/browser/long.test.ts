import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { percent } from '../../src/analysis/format.ts';
import type { PageMessage } from '../../src/panel/protocol.ts';
import { repositoryRoot } from '../fixtures.ts';
import { type OpenPage, openPage } from './harness.ts';
import { finished, messages } from './messages.ts';
import { longText, model, type Sample } from './numbers.ts';
import { byLikelihood, openText, realText, softmax } from './real.ts';

const N = 1024;

interface Changes {
  /** Nodes put in or taken out, and attributes changed, in the strip. */
  strip: { nodes: number; attributes: number };
  /** Nodes put in or taken out anywhere. */
  nodes: number;
}

describe('1,024 tokens', () => {
  let opened: OpenPage;

  afterEach(() => opened.close());

  async function open(of: Sample, view = 'predict', chosen = 500): Promise<void> {
    const sampling = { temperature: 1, topK: 0, topP: 1 };
    opened = await openPage({ state: { view, layer: 0, head: 0, sampling, pinned: false } });
    for (const message of finished(of, 1, Math.min(chosen, of.tokens.length - 2))) await opened.send(message);
    answered = 0;
    await answer(of);
  }

  let answered = 0;
  /** Answers what was asked; attention is even, the same for every head. */
  async function answer(of: Sample): Promise<void> {
    for (; answered < opened.sent().length; answered++) {
      const message = opened.sent()[answered];
      if (message.type !== 'ask') continue;
      if (message.question.kind !== 'pattern') {
        await opened.send(messages.answer(of, message));
        continue;
      }
      await opened.page.evaluate(
        ({ run, id, heads, n }) => {
          const data = new Float32Array(heads * n * n);
          for (let row = 0; row < heads * n; row++) data.fill(1 / ((row % n) + 1), row * n, row * n + (row % n) + 1);
          window.postMessage({ type: 'answer', run, id, result: { shape: [heads, n, n], data } }, '*');
        },
        { run: message.run, id: message.id, heads: model.nHeads, n: of.tokens.length },
      );
      await opened.settle();
    }
  }

  /** What an act changes in the document, and what it sends. */
  async function changes(act: () => Promise<void>): Promise<Changes & { sent: PageMessage[] }> {
    const before = opened.sent().length;
    await opened.page.evaluate(() => {
      const seen = { strip: { nodes: 0, attributes: 0 }, nodes: 0 };
      const observer = new MutationObserver((records) => {
        for (const { type, target, addedNodes, removedNodes } of records) {
          const inStrip = (target instanceof Element ? target : target.parentElement)?.closest('#strip');
          const nodes = type === 'attributes' ? 0 : Math.max(1, addedNodes.length + removedNodes.length);
          seen.nodes += nodes;
          if (inStrip) seen.strip.nodes += nodes;
          if (inStrip && type === 'attributes') seen.strip.attributes++;
        }
      });
      observer.observe(document.body, { subtree: true, childList: true, characterData: true, attributes: true });
      Object.assign(window, { seen });
    });
    await act();
    await opened.settle();
    const seen = await opened.page.evaluate(() => (window as unknown as { seen: Changes }).seen);
    return { ...seen, sent: opened.sent().slice(before) };
  }

  const press = (key: string) => () => opened.page.keyboard.press(key);
  const chosen = () => opened.page.evaluate(() => document.querySelector<HTMLElement>('.chosen')!.dataset.position);

  it('all are in the strip, each with its tint, its name and its place', async () => {
    const of = longText(N);
    await open(of);
    const tokens = await opened.page.locator('#strip .token:not(.next)').evaluateAll((all) =>
      all.map((token) => {
        const { dataset, style } = token as HTMLElement;
        return { at: Number(dataset.position), tinted: style.backgroundColor !== '', name: token.ariaLabel ?? '' };
      }),
    );
    assert.deepEqual(
      tokens.map(({ at }) => at),
      of.tokens.map((_, i) => i),
    );
    assert.equal(tokens.filter(({ tinted }) => tinted).length, N - 1);
    assert.ok(tokens.slice(1).every(({ name }) => /, rank \d+, .* percent, [\d.]+ bits$/.test(name)));
  });

  it('a step changes no more than in a short text, and tells the editor once', async () => {
    const steps: Changes[] = [];
    for (const n of [64, N]) {
      await open(longText(n), 'predict', 40);
      await opened.page.locator('#strip').focus();
      const { sent, ...changed } = await changes(press('ArrowRight'));
      steps.push(changed);
      const asked = sent.filter(({ type }) => type === 'ask');
      assert.ok(asked.length <= 3, JSON.stringify(asked));
      assert.deepEqual(
        sent.filter((message) => !asked.includes(message)),
        [{ type: 'choose', run: 1, position: 41 }],
      );
      if (n < N) await opened.close();
    }
    assert.deepEqual(steps[1], steps[0]);
    assert.equal(steps[1].strip.nodes, 0);
    assert.ok(steps[1].strip.attributes <= 8, `${steps[1].strip.attributes} attributes`);
  });

  it('a click chooses, keys go on from there, to either end', async () => {
    await open(longText(N));
    await opened.page.locator('#token-510').click();
    assert.equal(await chosen(), '510');
    for (const [key, position] of [
      ['ArrowLeft', 509],
      ['End', N],
      ['ArrowLeft', N - 1],
      ['Home', 0],
    ] as const) {
      await press(key)();
      assert.equal(await chosen(), String(position));
    }
  });

  it('a slider leaves the strip alone and sends nothing', async () => {
    await open(longText(N));
    await opened.page.getByLabel('top-k').first().focus();
    const { strip, sent } = await changes(press('ArrowRight'));
    assert.deepEqual([strip, sent], [{ nodes: 0, attributes: 0 }, []]);
  });

  it('attention: the canvas is as large as its pane, and a step tints again but builds nothing', async () => {
    const of = longText(N);
    await open(of, 'attention');
    const canvas = await opened.page
      .locator('canvas.matrix')
      .evaluate((element) => [(element as HTMLCanvasElement).width, (element as HTMLCanvasElement).height]);
    assert.ok(canvas[0] > 0 && canvas[0] <= 700 && canvas[1] <= 900, canvas.join(' x '));
    await opened.page.locator('#strip').focus();
    const { strip, sent } = await changes(press('ArrowRight'));
    assert.equal(strip.nodes, 0);
    assert.deepEqual(
      sent.map(({ type }) => type),
      ['choose'],
    );
  });

  it('depth: the canvas is as large as its pane, and a step builds no more than in a short text', async () => {
    const steps: Changes[] = [];
    for (const n of [64, N]) {
      const of = longText(n);
      await open(of, 'depth', 40);
      await opened.settle();
      await answer(of);
      const canvas = await opened.page
        .locator('canvas.layers')
        .evaluate((element) => [(element as HTMLCanvasElement).width, (element as HTMLCanvasElement).height]);
      assert.ok(canvas[0] > 0 && canvas[0] <= 700 && canvas[1] <= 900, canvas.join(' x '));
      await opened.page.locator('.layers-scroller').focus();
      const { sent, ...changed } = await changes(press('ArrowRight'));
      steps.push(changed);
      assert.deepEqual(
        sent.filter(({ type }) => type !== 'ask'),
        [{ type: 'hover', run: 1, position: 41, target: undefined }],
      );
      if (n < N) await opened.close();
    }
    assert.deepEqual(steps[1], steps[0]);
    assert.equal(steps[1].strip.nodes, 0);
  });

  it('on numbers of the real engine: strip, tints and candidates are what was computed', async () => {
    const prose = readFileSync(join(repositoryRoot, 'examples/prose.md'), 'utf8');
    const text = await realText(prose.repeat(4), N);
    const chosen = 900;
    const sampling = { temperature: 1, topK: 0, topP: 1 };
    const state = { view: 'predict', layer: 13, head: 8, sampling, pinned: false };
    opened = await openText(text, { state }, chosen);
    assert.equal(await opened.page.locator('#strip .token').count(), N + 1);
    assert.equal(await opened.page.locator('#strip .token[style*=background]').count(), N - 1);
    const order = await byLikelihood(text, chosen - 1);
    const logits = await text.logits(chosen - 1);
    const [likeliest] = softmax(order.map((id) => logits[id]));
    const first = await opened.page.locator('tr.candidate').first().innerText();
    assert.ok(first.includes(percent(likeliest)), `${first} has ${percent(likeliest)}`);
  });
});
