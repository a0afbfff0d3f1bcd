import assert from 'node:assert/strict';
import { type OpenOptions, type OpenPage, openPage } from './harness.ts';
import { contrastFaults, layoutFaults, leastContrast, measure } from './measure.ts';
import { answerAll, type RealText, realText } from './real.ts';
import { themes } from './theme.ts';

const LAYER = 13;
const HEAD = 8;
const IT = 8;

describe('the side bar at 300 px, on numbers of the real engine', () => {
  let opened: OpenPage;
  let text: RealText;
  let pattern: { shape: number[]; data: Float32Array };

  before(async () => {
    text = await realText("The chicken didn't cross the road because it was too tired.");
    pattern = await text.pattern(LAYER);
  });

  afterEach(() => opened.close());

  const n = () => text.tokens.length;
  /** The weights of one head, or of any matrix. */
  const rowOf = (data: Float32Array, row: number, head = 0) => [
    ...data.subarray((head * n() + row) * n(), (head * n() + row) * n() + row + 1),
  ];

  async function open(options: OpenOptions = {}, chosen = IT): Promise<void> {
    opened = await openPage({ script: 'side', width: 300, height: 700, ...options });
    for (const message of text.finished(1, chosen)) await opened.send(message);
    await answerAll(opened, text);
    await opened.settle();
    await opened.screenshot(`/tmp/side-${options.theme ?? 'plain'}.png`);
  }

  /** Weights that a list shows, by position. */
  async function listed(which: 'it looks' | 'looks at it'): Promise<Map<number, number>> {
    const name = which === 'it looks' ? 'What it looks at' : 'What looks at it';
    const lines = await opened.page
      .getByRole('region', { name })
      .locator('[data-token]')
      .evaluateAll((all) =>
        all.map((line): [number, number] => [
          Number((line as HTMLElement).dataset.token),
          Number(line.querySelector('.look-weight')!.textContent),
        ]),
      );
    return new Map(lines);
  }

  function sameNumbers(shown: Map<number, number>, expected: number[]): void {
    assert.equal(shown.size, expected.length);
    for (const [position, weight] of shown) assert.ok(Math.abs(weight - expected[position]) <= 1e-3);
    const sum = [...shown.values()].reduce((a, b) => a + b, 0);
    assert.ok(Math.abs(sum - expected.reduce((a, b) => a + b, 0)) < 1e-3 * expected.length, String(sum));
  }

  const all = () =>
    opened.page.getByRole('region', { name: 'What it looks at' }).getByRole('button', { name: /more$/ }).click();

  for (const theme of themes) {
    it(`${theme}: nothing is cut off, overlaps or is too faint`, async () => {
      await open({ theme });
      await measure(opened);
      const faults = [...(await layoutFaults(opened)), ...(await contrastFaults(opened, leastContrast(theme)))];
      assert.deepEqual(faults, []);
      await opened.checkAxe();
    });
  }

  it('lists what the token looks at, the strongest first; all of them are its row, which adds up to 1', async () => {
    await open();
    const weights = rowOf(pattern.data, IT, HEAD);
    const order = [...(await listed('it looks')).keys()];
    assert.deepEqual(
      order,
      [...order].sort((a, b) => weights[b] - weights[a]),
    );
    assert.equal(text.tokens[order[0]].text, ' chicken');
    await all();
    const shown = await listed('it looks');
    sameNumbers(shown, weights);
    assert.ok(Math.abs([...shown.values()].reduce((a, b) => a + b, 0) - 1) < 1e-2);
  });
});
