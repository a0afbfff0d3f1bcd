import assert from 'node:assert/strict';
import type { PageMessage, PageState } from '../../src/panel/protocol.ts';
import type { LensLayer } from '../../src/runtime/api.ts';
import { kept, placeOf } from './depthPage.ts';
import { type OpenPage, openPage } from './harness.ts';
import { contrastFaults, layoutFaults, leastContrast, measure } from './measure.ts';
import { answerUntilQuiet, type RealText, realText } from './real.ts';
import { themes } from './theme.ts';

const IT = 8;
describe('the depth view: a followed token, and after attention', () => {
  let opened: OpenPage;
  let text: RealText;
  before(async () => {
    text = await realText("The chicken didn't cross the road because it was too tired");
  });
  afterEach(() => opened.close());

  const shows = (what: string) => opened.page.locator(`.depth ${what}`).innerText();
  const settled = () => answerUntilQuiet(opened, text);

  async function open(options: object = {}, chosen = IT): Promise<void> {
    opened = await openPage({ state: kept(), width: 1100, height: 1600, ...options });
    for (const message of text.finished(1, chosen)) await opened.send(message);
    await settled();
  }

  const asked = () => opened.sent().flatMap((message) => (message.type === 'ask' ? [message.question] : []));

  async function exported(): Promise<{
    hooks: string[];
    followed?: { id: number; text: string };
    columns: string[];
    rows: (number | string | null)[][];
  }> {
    const from = opened.sent().length;
    await opened.page.getByRole('button', { name: 'Export' }).click();
    await opened.page.getByRole('menuitem', { name: /JSON/ }).click();
    const { data } = (await opened.waitForMessage('save', from)) as Extract<PageMessage, { type: 'save' }>;
    return JSON.parse(new TextDecoder().decode(data));
  }

  /** Each row of an export against the engine's own lens. */
  function holdAgainst(rows: (number | string | null)[][], layers: LensLayer[]): void {
    assert.equal(rows.length, layers.length * text.tokens.length);
    for (const [i, [, hook, position, , id, , logprob, entropy, targetLogprob, targetRank]] of rows.entries()) {
      const of = layers[Math.floor(i / text.tokens.length)];
      const p = position as number;
      assert.deepEqual([hook, id], [of.hook, of.topIds[p]]);
      assert.deepEqual(
        [logprob, entropy].map((x) => Math.fround(x as number)),
        [of.topLogprobs[p], of.entropy[p]],
      );
      const ranked = of.targetRank[p] > 0;
      assert.deepEqual([targetLogprob, targetRank], ranked ? [of.targetLogprob[p], of.targetRank[p]] : [null, null]);
    }
  }

  async function follow(typed: string): Promise<void> {
    await opened.page.getByRole('textbox', { name: 'Follow a token' }).fill(typed);
    await opened.page.keyboard.press('Enter');
    await settled();
  }

  it('after attention too: each residual in the order of the computation, its numbers those of the engine', async () => {
    await open();
    const plain = text.model.nLayers + 1;
    assert.equal((await exported()).rows.length, plain * text.tokens.length);
    await opened.page.getByRole('checkbox', { name: 'after attention too' }).click();
    await settled();
    const { hooks, rows } = await exported();
    assert.equal(hooks.length, 2 * text.model.nLayers + 1);
    holdAgainst(rows, await text.lens(undefined, { mid: true }));
    assert.match(await shows('.note'), /equal, at 12 positions/);
    // The chosen layer is where it was: what goes into layer 20.
    assert.match(await shows('.course-heading'), / · layer 20: /);
    const pane = opened.page.locator('.layers-scroller');
    await pane.focus();
    await opened.page.keyboard.press('ArrowUp');
    assert.match(await shows('.layer-value'), /^layer 20, after attention, after ·it \(8\): /);
    await opened.page.keyboard.press('Enter');
    await opened.settle();
    assert.deepEqual(
      opened.sent().findLast(({ type }) => type === 'chooseHead'),
      {
        ...{ type: 'chooseHead', run: 1, layer: 20, head: 3 },
      },
    );
    await opened.page.keyboard.press('ArrowUp');
    await opened.page.keyboard.press('Enter');
    await opened.settle();
    assert.deepEqual(
      opened.sent().findLast(({ type }) => type === 'chooseHead'),
      {
        ...{ type: 'chooseHead', run: 1, layer: 21, head: 3 },
      },
    );
    // Without again, nothing is asked a second time.
    const known = asked().length;
    await opened.page.getByRole('checkbox', { name: 'after attention too' }).click();
    await settled();
    assert.equal(
      asked()
        .slice(known)
        .filter(({ kind }) => kind === 'lens').length,
      0,
    );
    assert.equal((await exported()).rows.length, plain * text.tokens.length);
  });

  it('a typed token is followed: its rank at every residual and position, its course, its logit', async () => {
    await open();
    await follow(' chicken');
    const id = text.tokens[1].id;
    const layers = await text.lens(undefined, { target: id });
    const { followed, columns, rows } = await exported();
    assert.deepEqual(followed, { id, text: ' chicken' });
    assert.deepEqual(columns.slice(8, 10), ['followed_logprob', 'followed_rank']);
    holdAgainst(rows, layers);
    assert.match(await shows('.followed'), /^followed:\s·chicken$/);
    const rank = layers[20].targetRank[IT];
    assert.match(
      await shows('.course-heading'),
      new RegExp(
        `^·chicken after ·it, the followed token · layer 20: <?[\\d.]+ %, rank ${rank.toLocaleString('en-US')}$`,
      ),
    );
    await opened.page.getByRole('combobox', { name: 'Logit of' }).click();
    await opened.page.getByRole('option', { name: 'followed token', exact: true }).click();
    await settled();
    assert.deepEqual(
      asked().findLast(({ kind }) => kind === 'attribution'),
      {
        ...{ kind: 'attribution', position: IT, target: id },
      },
    );
    assert.match(await shows('.parts-heading'), /^·chicken after ·it, the followed token$/);
    await opened.page.getByRole('button', { name: 'Follow the next token of the text again' }).click();
    await settled();
    assert.match(await shows('.course-heading'), /^·was after ·it, the token of the text/);
    holdAgainst((await exported()).rows, await text.lens());
  });

  it('several tokens: which of them is meant is chosen', async () => {
    await open();
    await follow(' chicken road');
    assert.match(await shows('.followed'), /^2 tokens; choose one:/);
    await opened.page.locator('.followed').getByRole('button', { name: '·road' }).click();
    await settled();
    assert.match(await shows('.followed'), /^followed:\s·road$/);
  });

  it('F, or a double click, follows what stands in a cell; it survives a reload', async () => {
    await open();
    await opened.page.locator('.layers-scroller').focus();
    await opened.page.keyboard.press('ArrowLeft');
    await opened.page.keyboard.press('f');
    await settled();
    const layers = await text.lens();
    const id = layers[20].topIds[IT - 1];
    assert.equal((await exported()).followed?.id, id);
    const { x, y } = await placeOf(opened, 0, 2);
    await opened.page.mouse.dblclick(x, y);
    await settled();
    const output = layers.at(-1)!.topIds[2];
    assert.equal((await exported()).followed?.id, output);
    const state = (await opened.state()) as PageState;
    assert.equal(state.token, output);
    await opened.close();
    await open({ state });
    assert.equal((await exported()).followed?.id, output);
  });

  it('of another model it is another token: the next one is followed again', async () => {
    await open({ state: kept({ token: 7, mid: true }) });
    await opened.send({
      type: 'model',
      model: { ...(text.finished()[0] as { model: object }).model, name: 'another' },
    } as never);
    await opened.settle();
    assert.match(await shows('.followed'), /followed: the next one/);
  });

  for (const theme of themes) {
    it(`${theme}: all can be read at 480 pixels and more, nothing is cut off, and axe finds nothing`, async () => {
      await open({ theme, state: kept({ mid: true, token: text.tokens[1].id }) });
      await measure(opened);
      const faults: string[] = [];
      for (const width of [480, 900, 1500]) {
        await opened.page.setViewportSize({ width, height: 1000 });
        await opened.settle();
        faults.push(...(await layoutFaults(opened)).map((fault) => `${width}: ${fault}`));
        if (process.env.DEPTH_SHOTS) await opened.screenshot(`${process.env.DEPTH_SHOTS}/${theme}-${width}.png`);
      }
      faults.push(...(await contrastFaults(opened, leastContrast(theme))));
      await opened.checkAxe('.depth');
      assert.deepEqual(faults, []);
    });
  }
});
