import assert from 'node:assert/strict';
import { paletteFrom } from '../../webview/plots/palette.ts';
import { css, magnitudeScale } from '../../webview/plots/scale.ts';
import type { OpenPage, Theme } from './harness.ts';
import { byLikelihood, openText, type RealText, realText, softmax } from './real.ts';
import { themeFacts } from './theme.ts';

const CHOSEN = 8;
/** Bits of the strongest tint. */
const MOST_BITS = 12;

describe('what is drawn is what was computed', () => {
  let text: RealText;
  let opened: OpenPage;
  /** Of each token but the first, from all logits before it, in bits. */
  let surprisals: number[];

  before(async () => {
    text = await realText("The chicken didn't cross the road because it was too tired.");
    surprisals = [];
    for (const [i, { id }] of text.tokens.entries()) {
      if (i > 0) surprisals.push(-Math.log2(softmax([...(await text.logits(i - 1))])[id]));
    }
  });

  afterEach(() => opened.close());

  const tokens = () => opened.page.locator('#strip .token:not(.next)');

  for (const theme of ['light', 'dark'] satisfies Theme[]) {
    it(`${theme}: each token has the tint of its surprisal, the first has none`, async () => {
      opened = await openText(text, { theme }, CHOSEN);
      const { variables, bodyClass } = themeFacts(theme);
      const palette = paletteFrom((name) => variables[name] ?? '', bodyClass.split(' '));
      const shade = magnitudeScale(palette, 'warm', MOST_BITS);
      assert.deepEqual(
        await tokens().evaluateAll((all) => all.map((token) => (token as HTMLElement).style.backgroundColor)),
        ['', ...surprisals.map((bits) => css(shade(bits).fill))],
      );
      assert.equal(await opened.page.locator('.under-strip .legend').innerText(), `surprisal\n0\n${MOST_BITS}+ bits`);
    });
  }

  it('high contrast: each token has a line as thick as its surprisal', async () => {
    opened = await openText(text, { theme: 'hc-dark' }, CHOSEN);
    const lines = await tokens().evaluateAll((all) =>
      all.map((token) => Number.parseFloat((token as HTMLElement).style.borderBottomWidth || '0')),
    );
    assert.equal(lines[0], 0);
    for (const [i, bits] of surprisals.entries()) {
      // Half pixels, of five for the strongest.
      assert.ok(Math.abs(lines[i + 1] - (Math.min(bits, MOST_BITS) / MOST_BITS) * 5) <= 0.25, `${bits} bits`);
    }
  });

  it('bars are as wide as probabilities, plain and sampled on one scale, and numbers beside them are theirs', async () => {
    const sampling = { temperature: 0.7, topK: 5, topP: 1 };
    opened = await openText(text, { state: { view: 'predict', layer: 0, head: 0, sampling, pinned: false } }, CHOSEN);
    const order = await byLikelihood(text, CHOSEN - 1);
    const logits = await text.logits(CHOSEN - 1);
    const plain = softmax(order.map((id) => logits[id]));
    const sampled = softmax(order.slice(0, sampling.topK).map((id) => logits[id] / sampling.temperature));
    const rows = await opened.page.locator('tr.candidate').evaluateAll((all) =>
      all.map((row) => {
        const width = (name: string) => row.querySelector(`.bars .${name}`)!.getBoundingClientRect().width;
        const exact = (name: string) => Number(row.querySelector<HTMLElement>(`td.${name}`)!.title);
        return {
          id: Number((row as HTMLElement).dataset.id),
          rank: Number(row.querySelector('.rank')!.textContent!.replaceAll(',', '')),
          room: row.querySelector('.bars')!.getBoundingClientRect().width,
          plain: width('plain'),
          sampled: width('sampled'),
          p: exact('p'),
          q: exact('q'),
        };
      }),
    );
    assert.ok(rows.length >= 10);
    const scale = rows[0].sampled / sampled[0];
    assert.ok(rows[0].sampled > 20 && rows[0].sampled <= rows[0].room);
    for (const row of rows) {
      const [p, q] = [plain[row.rank - 1], sampled[row.rank - 1] ?? 0];
      assert.equal(row.id, order[row.rank - 1]);
      assert.ok(Math.abs(row.p - p) < 1e-5 && Math.abs(row.q - q) < 1e-5, `rank ${row.rank}: ${row.p} ${row.q}`);
      // Boxes have whole 64ths of a pixel.
      assert.ok(Math.abs(row.plain - p * scale) < 0.05 && Math.abs(row.sampled - q * scale) < 0.05, `rank ${row.rank}`);
    }
  });
});
