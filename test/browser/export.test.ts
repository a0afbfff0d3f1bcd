import assert from 'node:assert/strict';
import type { PageMessage } from '../../src/panel/protocol.ts';
import { type OpenPage, openPage } from './harness.ts';
import { messages } from './messages.ts';
import { answerAll, type RealText, realText } from './real.ts';

type Saved = Extract<PageMessage, { type: 'save' }>;

describe('exported files, of numbers of the real engine', () => {
  let opened: OpenPage;
  let text: RealText;

  before(async () => {
    text = await realText("The chicken didn't cross the road because it was too tired.");
  });

  afterEach(() => opened.close());

  /** Opens a view on the finished run, and listens to what is written on canvases. */
  async function open(view: string): Promise<void> {
    const sampling = { temperature: 0.7, topK: 3, topP: 1 };
    opened = await openPage({ state: { view, layer: 13, head: 8, sampling, pinned: false } });
    for (const message of text.finished(1, 8)) await opened.send(message);
    await answerAll(opened, text);
    await opened.page.evaluate(() => {
      const written: string[] = [];
      (window as unknown as { written: string[] }).written = written;
      const { fillText } = CanvasRenderingContext2D.prototype;
      CanvasRenderingContext2D.prototype.fillText = function (said, x, y, most) {
        // The view's own canvas is on the page, a picture's is not.
        if (!this.canvas.isConnected) written.push(said);
        fillText.call(this, said, x, y, most);
      };
    });
  }

  async function choose(item: RegExp): Promise<void> {
    await opened.page.getByRole('button', { name: 'Export' }).click();
    await opened.page.getByRole('menuitem', { name: item }).click();
  }

  async function save(item: RegExp): Promise<Saved> {
    const from = opened.sent().length;
    await choose(item);
    return opened.waitForMessage('save', from);
  }

  const written = () => opened.page.evaluate(() => (window as unknown as { written: string[] }).written);

  it('a picture of attention says layer, head, model, hook, scale, and names every token', async () => {
    await open('attention');
    const { data } = await save(/PNG/);
    const n = text.tokens.length;
    const { data: weights } = await text.pattern(13);
    const top = Math.max(...weights.subarray((8 * n + 1) * n, 9 * n * n));
    const said = await written();
    assert.equal(said.filter((line) => line === 'Attention, layer 13, head 8').length, 1);
    const all = said.join('\n');
    for (const part of [
      'essay.md · 13 tokens',
      `${text.model.name} int8`,
      'no BOS is added',
      'blocks.13.attn.hook_pattern: row = the token that looks, column = what it looks at',
      'framed: the row of ·it (position 8)',
      'weight',
      `${top.toPrecision(3)}+`,
    ]) {
      assert.ok(all.includes(part), `${part} in\n${all}`);
    }
    for (const token of text.tokens) assert.ok(said.includes(token.text.replace(' ', '·')), token.text);
    const inside = new TextDecoder('latin1').decode(data);
    assert.match(inside, /"layer":13,"head":8,"scale":\{"from":0,"to":0\.\d+/);
  });

  it('a picture of candidates has the sampling settings, and p and sampled of each under their names', async () => {
    await open('predict');
    await save(/PNG/);
    const said = await written();
    const all = said.join('\n');
    for (const part of [
      'What the model expected before ·it (position 8)',
      'temperature 0.70 · top-k 3 · top-p off',
      'int8',
    ]) {
      assert.ok(all.includes(part), `${part} in\n${all}`);
    }
    assert.ok(said.includes('p (line)') && said.includes('sampled (bar)'));
    // The closed form: softmax of the logits, and of the three largest divided by the temperature.
    const logits = await text.logits(7);
    const order = [...logits.keys()].sort((a, b) => logits[b] - logits[a]);
    const softmax = (values: number[]) => {
      const most = Math.max(...values);
      const raised = values.map((value) => Math.exp(value - most));
      const sum = raised.reduce((a, b) => a + b, 0);
      return raised.map((value) => value / sum);
    };
    const plain = softmax(order.map((id) => logits[id]));
    const sampled = softmax(order.slice(0, 3).map((id) => logits[id] / 0.7));
    const first = said.indexOf('1');
    const percent = (p: number) => `${(p * 100).toPrecision(3)} %`;
    assert.deepEqual(said.slice(first + 1, first + 3), [percent(plain[0]), percent(sampled[0])]);
    const fourth = said.indexOf('4');
    assert.deepEqual(said.slice(fourth + 1, fourth + 3), [percent(plain[3]), '0 %']);
  });

  it('numbers of the view and all of it, read back', async () => {
    await open('attention');
    const n = text.tokens.length;
    const { data: weights } = await text.pattern(13);
    const decode = ({ data }: Saved) => new TextDecoder().decode(data);
    const all = JSON.parse(decode(await save(/JSON/)));
    assert.deepEqual([all.layer, all.head, all.model.name], [13, 8, text.model.name]);
    assert.equal(all.text, "The chicken didn't cross the road because it was too tired.");
    all.rows.forEach(([position, , ...row]: [number, string, ...number[]], i: number) => {
      assert.equal(position, i);
      assert.deepEqual(row.map(Math.fround), [...weights.subarray((8 * n + i) * n, (8 * n + i) * n + i + 1)]);
    });
    const lines = decode(await save(/Numbers of this view/)).split('\r\n');
    assert.ok(lines.includes('# hook: "blocks.13.attn.hook_pattern"'));
    assert.equal(lines.filter((line) => line !== '' && !line.startsWith('#')).length, n + 1);
  });

  it('where it was saved is said under the button, until the next key', async () => {
    await open('attention');
    await opened.send({ type: 'saved', file: '/home/ada/essay.md attention.png' });
    const said = opened.page.locator('.menu-place .said');
    assert.equal(await said.innerText(), 'Saved as /home/ada/essay.md attention.png');
    assert.equal(await opened.page.locator('#live').innerText(), 'Saved as /home/ada/essay.md attention.png');
    await opened.checkAxe('header');
    await opened.page.keyboard.press('ArrowRight');
    assert.equal(await said.isVisible(), false);
  });

  it('that there is nothing to export is said under the button', async () => {
    opened = await openPage({
      state: { view: 'attention', layer: 0, head: 0, sampling: { temperature: 1, topK: 0, topP: 1 }, pinned: false },
    });
    await opened.send(messages.model());
    await choose(/PNG/);
    const said = opened.page.locator('.menu-place .said');
    await said.waitFor();
    assert.equal(await said.innerText(), 'There is nothing to export yet.');
    assert.equal(opened.sent().filter(({ type }) => type === 'save').length, 0);
    const [box, button] = await Promise.all([
      said.boundingBox(),
      opened.page.getByRole('button', { name: 'Export' }).boundingBox(),
    ]);
    assert.ok(Math.abs(box!.y - (button!.y + button!.height)) < 8, 'just below it');
    assert.ok(box!.x >= 0, 'whole on the page');
  });
});
