import assert from 'node:assert/strict';
import type { PageState } from '../../src/panel/protocol.ts';
import { type OpenPage, openPage } from './harness.ts';
import { contrastFaults, layoutFaults, leastContrast, measure, walkByTab } from './measure.ts';
import { type Ask, finished, messages } from './messages.ts';
import { chicken, model } from './numbers.ts';
import { realText } from './real.ts';
import { patched } from './stubAnswers.ts';
import { type Theme, themes } from './theme.ts';

const kept = { view: 'roles', sampling: { temperature: 1, topK: 0, topP: 1 }, pinned: false };

describe('activation patching', () => {
  let opened: OpenPage;
  afterEach(() => opened.close());

  const asks = (): Ask[] =>
    opened.sent().filter((message): message is Ask => message.type === 'ask' && message.question.kind === 'patch');
  const cell = (index: number) => opened.page.locator(`.patching [data-cell="${index}"]`);
  const textOf = (selector: string) => opened.page.locator(`.patching ${selector}`).innerText();
  const compute = () => opened.page.getByRole('button', { name: 'Compute the map' });
  const pickToken = async (which: string, token: string) => {
    await opened.page.getByRole('combobox', { name: which, exact: true }).click();
    await opened.page.getByRole('option', { name: token, exact: true }).filter({ visible: true }).click();
    await opened.settle();
  };
  const chooseHeads = async () => {
    await opened.page.getByRole('combobox', { name: 'What is put in' }).click();
    await opened.page.getByRole('option', { name: 'heads, at all positions' }).click();
  };

  /** Answers what is asked of the map, until no more is asked or `most` parts are answered. */
  async function answerParts(
    answer: (ask: Ask) => Promise<Parameters<OpenPage['send']>[0]>,
    most = 100,
  ): Promise<void> {
    for (let i = 0; i < Math.min(most, asks().length); i++) {
      await opened.send(await answer(asks()[i]));
      await opened.settle();
    }
  }

  async function open(theme: Theme = 'dark', width = 1000): Promise<void> {
    opened = await openPage({ state: kept, theme, width, height: 1200 });
    for (const message of finished(chicken)) await opened.send(message);
    await opened.page.locator('.patching summary').click();
    await opened.settle();
  }
  const stub = async (ask: Ask) => messages.answer(chicken, ask);

  describe('on numbers of the real engine', () => {
    it("what the map shows are the engine's numbers; prompts of unequal length are an error with both lengths", async function () {
      this.timeout(120_000);
      const [clean, corrupt] = ['The keys to the cabinet', 'The key to the cabinet'];
      const text = await realText(clean);
      opened = await openPage({ state: kept, width: 1000, height: 1200 });
      for (const message of text.finished()) await opened.send(message);
      await opened.page.locator('.patching summary').click();
      await opened.page.keyboard.press('Tab');
      await opened.page.keyboard.type(corrupt);
      await opened.page.keyboard.press('Enter');
      await opened.settle();
      await answerParts(text.answer, 1);
      await pickToken('less', '·is');
      const begun = asks().length - 1;
      for (const i of [begun, begun + 1]) {
        await opened.send(await text.answer(asks()[i]));
        await opened.settle();
      }
      assert.equal(await textOf('.waiting'), '6 of 30 layers');
      const [are, is] = [359, 314];
      const rows = await text.patch({ answer: are, against: is, at: 'resid', layers: [26, 28] }, clean, corrupt);
      for (const { layer, restored } of rows)
        for (const [p, x] of restored.entries()) {
          const label = await cell(layer * 5 + p).getAttribute('aria-label');
          assert.ok(label?.endsWith(`: ${x.toFixed(3)}`), `${layer} ${p}: ${label} for ${x}`);
        }
      const number = (x: number) => x.toFixed(2).replace('-', '−');
      assert.equal(
        await textOf('.patching-line'),
        `0 = corrupt, 1 = clean: difference of logits ${number(rows[0].corrupt)} and ${number(rows[0].clean)} of ·are less ·is`,
      );
      await cell(27 * 5 + 1).hover();
      const exact = String(Number(rows[1].restored[1].toPrecision(7))).replace('-', '−');
      assert.equal(await textOf('.role-value'), `layer 27, ·key (clean: ·keys): ${exact}`);

      await chooseHeads();
      await compute().click();
      await opened.settle();
      const ask = asks().at(-1)!;
      assert.ok(ask.question.kind === 'patch' && ask.question.at === 'z');
      await opened.send(await text.answer(ask));
      await opened.settle();
      const [byHead] = await text.patch({ answer: are, against: is, at: 'z', layers: [28, 29] }, clean, corrupt);
      for (const [head, x] of byHead.restored.entries())
        assert.equal(await cell(28 * 9 + head).getAttribute('aria-label'), `layer 28, head ${head}: ${x.toFixed(3)}`);

      await assert.rejects(
        text.answer({ ...ask, question: { ...ask.question, other: 'The key to the old cabinet' } }),
        /The clean prompt has 5 tokens, the corrupt one 6/,
      );
    });
  });

  it('nothing is asked before it is wanted; then the last layers first, one part at a time, until another prompt is typed', async () => {
    await open();
    assert.deepEqual(asks(), []);
    assert.equal(await compute().getAttribute('disabled'), '');
    await opened.page.locator('.patching vscode-text-field').click();
    await opened.page.keyboard.type('another');
    assert.deepEqual(asks(), []);
    await compute().click();
    const wanted = { kind: 'patch', other: 'another', swap: false, at: 'resid', from: 3, count: 3 };
    assert.deepEqual(
      asks().map(({ question }) => question),
      [wanted],
    );
    await answerParts(stub, 1);
    assert.deepEqual(asks()[1].question, { ...wanted, from: 0 });
    assert.equal(await textOf('.waiting'), '3 of 6 layers');
    const n = chicken.tokens.length;
    assert.match((await cell(5 * n + 2).getAttribute('aria-label'))!, new RegExp(`: ${patched(5, 2).toFixed(3)}$`));
    assert.match((await cell(2).getAttribute('aria-label'))!, /not known yet$/);
    await opened.page.locator('.patching vscode-text-field').click();
    await opened.page.keyboard.type('s');
    await opened.send(messages.answer(chicken, asks()[1]));
    await opened.settle();
    assert.equal(asks().length, 2);
    assert.equal(await opened.page.locator('.patching .roles-map').isVisible(), false);
    // What was answered is not asked again.
    await opened.page.locator('.patching vscode-text-field').click();
    await opened.page.keyboard.press('Backspace');
    await compute().click();
    await opened.settle();
    assert.equal(asks().length, 2);
    assert.ok(await opened.page.locator('.patching .roles-map').isVisible());
  });

  it('the other prompt and what is put in survive a reload; the map is not asked for by itself', async () => {
    await open();
    await opened.page.locator('.patching vscode-text-field').click();
    await opened.page.keyboard.type('another');
    await chooseHeads();
    await opened.page.getByRole('checkbox', { name: 'the text is the corrupt prompt' }).click();
    await opened.settle();
    const found = await opened.page.waitForFunction(() => {
      const state = window.tokenscopeState as PageState | undefined;
      return state?.patching?.swap ? state : undefined;
    });
    const state = await found.jsonValue();
    assert.deepEqual((state as PageState).patching, { other: 'another', swap: true, at: 'z' });
    await opened.close();
    opened = await openPage({ state, width: 1000, height: 1200 });
    for (const message of finished(chicken)) await opened.send(message);
    await opened.page.locator('.patching summary').click();
    await opened.settle();
    assert.deepEqual(asks(), []);
    await compute().click();
    assert.deepEqual(
      asks().map(({ question }) => question),
      [{ kind: 'patch', other: 'another', swap: true, at: 'z', from: 3, count: 3 }],
    );
  });

  it('whose logits are held against each other survives a reload too; another prompt has its own', async () => {
    await open();
    await opened.page.locator('.patching vscode-text-field').click();
    await opened.page.keyboard.type('another');
    await compute().click();
    await answerParts(stub, 1);
    const options = asks()[0];
    assert.ok(options.question.kind === 'patch' && !('answer' in options.question));
    await opened.page.getByRole('combobox', { name: 'less', exact: true }).click();
    await opened.page.keyboard.press('ArrowDown');
    await opened.page.keyboard.press('Enter');
    await opened.settle();
    const found = await opened.page.waitForFunction(() => {
      const state = window.tokenscopeState as PageState | undefined;
      return state?.patching?.pair ? state : undefined;
    });
    const state = (await found.jsonValue()) as PageState;
    await opened.close();
    opened = await openPage({ state, width: 1000, height: 1200 });
    for (const message of finished(chicken)) await opened.send(message);
    await opened.page.locator('.patching summary').click();
    await compute().click();
    await opened.settle();
    assert.deepEqual(asks()[0].question, {
      ...{ kind: 'patch', other: 'another', swap: false, at: 'resid', ...state.patching!.pair, from: 3, count: 3 },
    });
    await opened.page.locator('.patching vscode-text-field').click();
    await opened.page.keyboard.type('s');
    await compute().click();
    await opened.settle();
    assert.ok(!('answer' in asks().at(-1)!.question));
  });

  it('another text ends it: nothing is asked of it', async () => {
    await open();
    await opened.page.locator('.patching vscode-text-field').click();
    await opened.page.keyboard.type('another');
    await compute().click();
    for (const message of finished(chicken, 2)) await opened.send(message);
    await opened.settle();
    assert.deepEqual(
      asks().map(({ run }) => run),
      [1],
    );
    assert.equal(await opened.page.locator('.patching .roles-map').isVisible(), false);
  });

  it('an error is said where the map would be', async () => {
    await open();
    await opened.page.locator('.patching vscode-text-field').click();
    await opened.page.keyboard.type('another');
    await compute().click();
    const [{ run, id }] = asks();
    const error = {
      what: 'The clean prompt has 5 tokens, the corrupt one 6.',
      where: 'Patching',
      todo: 'Give equal ones.',
    };
    await opened.send({ type: 'answer', run, id, error });
    await opened.settle();
    assert.match(await textOf('.problem'), /5 tokens, the corrupt one 6/);
    assert.equal(asks().length, 1);
  });

  it('of heads: a click chooses the head everywhere; arrow keys read the numbers, Enter chooses', async () => {
    await open();
    await opened.page.locator('.patching vscode-text-field').click();
    await opened.page.keyboard.type('another');
    await chooseHeads();
    await compute().click();
    await answerParts(stub);
    const chosen = () => opened.sent().findLast(({ type }) => type === 'chooseHead');
    await cell(3 * model.nHeads + 2).click();
    assert.deepEqual(chosen(), { type: 'chooseHead', run: 1, layer: 3, head: 2 });
    await opened.page.keyboard.press('ArrowUp');
    await opened.page.keyboard.press('ArrowRight');
    assert.equal(
      await textOf('.role-value'),
      `layer 4, head 3: ${String(Number(patched(4, 3).toPrecision(7))).replace('-', '−')}`,
    );
    await opened.page.keyboard.press('Enter');
    assert.deepEqual(chosen(), { type: 'chooseHead', run: 1, layer: 4, head: 3 });
  });

  for (const theme of themes)
    it(`${theme}: nothing is cut off, all can be read and reached with a map of tokens`, async () => {
      await open(theme, 480);
      await opened.page.locator('.patching vscode-text-field').click();
      await opened.page.keyboard.type('another');
      await compute().click();
      await answerParts(stub);
      await measure(opened);
      assert.deepEqual(await contrastFaults(opened, leastContrast(theme)), []);
      // The map scrolls.
      const faults = (await layoutFaults(opened)).filter((fault) => !fault.includes('by div "543210'));
      assert.deepEqual(faults, []);
      await opened.checkAxe();
      const { missed } = await walkByTab(opened);
      assert.deepEqual(missed, []);
    });
});
