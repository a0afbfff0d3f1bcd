import assert from 'node:assert/strict';
import type { PageState } from '../../src/panel/protocol.ts';
import type { HookTensor } from '../../src/runtime/api.ts';
import { fixture } from '../fixtures.ts';
import { close } from '../reference/compare.ts';
import { type OpenPage, openPage } from './harness.ts';
import { contrastFaults, layoutFaults, leastContrast, measure } from './measure.ts';
import { answerAll, answerUntilQuiet, type RealText, realText, softmax } from './real.ts';
import { themes } from './theme.ts';

const TITLES = [
  'x',
  'norm',
  'query',
  'keys',
  'dot products',
  'scaled',
  'masked',
  'softmax',
  'values',
  'weighted sum',
  'output',
  'all heads',
  'all positions',
  'a new token',
];

describe('one head, step by step', () => {
  let opened: OpenPage;
  afterEach(() => opened.close());

  const heading = () => opened.page.locator('.step-heading').innerText();
  const value = () => opened.page.locator('.step-value').innerText();
  const current = () => opened.page.locator('.step-formulas [aria-current]').innerText();
  const scroller = (grid = 0) => opened.page.locator('.step-scroller').nth(grid);

  /** @returns how many messages of the page are answered */
  async function open(text: RealText, layer: number, head: number, chosen: number, options = {}): Promise<number> {
    const sampling = { temperature: 1, topK: 0, topP: 1 };
    opened = await openPage({ state: { view: 'attention', layer, head, sampling, pinned: false }, ...options });
    for (const message of text.finished(1, chosen)) await opened.send(message);
    const answered = await answerAll(opened, text);
    await opened.page.getByRole('button', { name: 'Step by step' }).click();
    await opened.waitForMessage('ask', answered);
    const all = await answerAll(opened, text, answered);
    await opened.settle();
    return all;
  }

  /** Reads all numbers of a grid by keyboard. */
  async function read(count: number, grid = 0): Promise<number[]> {
    await scroller(grid).focus();
    const numbers: number[] = [];
    for (let i = 0; i < count; i++) {
      await opened.page.keyboard.press(i === 0 ? 'Home' : 'ArrowDown');
      const said = /^\S+ = (\S+)/.exec(await value());
      assert.ok(said, await value());
      numbers.push(Number(said[1].replace('−', '-').replace('∞:', 'Infinity').replace('∞', 'Infinity')));
    }
    return numbers;
  }

  const forward = async () => {
    await scroller().focus();
    await opened.page.keyboard.press('ArrowRight');
  };

  /** Walks all steps and holds each number shown against the hooks of a run. */
  async function holdAgainstHooks(text: RealText, layer: number, head: number, at: number): Promise<void> {
    const { nHeads, nKvHeads, dHead, dModel } = text.model;
    const block = `blocks.${layer}`;
    const hooks = await text.hooks([`${block}.*`], at);
    const n = at + 1;
    const tensor = (name: string): HookTensor => hooks.get(`${block}.${name}`)!;
    const kv = Math.floor(head / (nHeads / nKvHeads));
    /** A head's row at a position, of [n, heads, dHead]. */
    const row = (name: string, of: number, position: number) => {
      const { shape, data } = tensor(name);
      const start = (position * shape[1] + of) * dHead;
      return [...data.subarray(start, start + dHead)];
    };
    const stream = (name: string, position: number) => [
      ...tensor(name).data.subarray(position * dModel, (position + 1) * dModel),
    ];
    const square = (name: string) => [...tensor(name).data.subarray((head * n + at) * n, (head * n + at + 1) * n)];
    const positions = Array.from({ length: n }, (_, j) => j);
    const turned = hooks.has(`${block}.attn.hook_rot_q`);
    const [Q, K] = turned ? ['attn.hook_rot_q', 'attn.hook_rot_k'] : ['attn.hook_q', 'attn.hook_k'];
    const dot = (a: number[], b: number[]) => a.reduce((sum, x, i) => sum + x * b[i], 0);
    const products = positions.map((j) => dot(row(Q, head, at), row(K, kv, j)));
    const simple = positions.map((j) => dot(stream('hook_resid_pre', at), stream('hook_resid_pre', j)));
    const scores = square('attn.hook_attn_scores');
    const later = Array(text.tokens.length - n).fill(Number.NEGATIVE_INFINITY);

    const pattern = await text.pattern(layer);
    const weight = (h: number, i: number, j: number) =>
      pattern.data[(h * text.tokens.length + i) * text.tokens.length + j];

    const expected: number[][][] = [
      [stream('hook_resid_pre', at)],
      [stream('ln1.hook_normalized', at)],
      [row('attn.hook_q', head, at), ...(turned ? [row(Q, head, at)] : [])],
      [positions.flatMap((j) => row(K, kv, j)).slice(0, 2 * dHead)],
      [products, simple],
      [products.map((x) => x / Math.sqrt(dHead))],
      [[...scores, ...later]],
      [square('attn.hook_pattern'), softmax(simple)],
      [positions.flatMap((j) => row('attn.hook_v', kv, j)).slice(0, 2 * dHead)],
      [row('attn.hook_z', head, at)],
      [stream('hook_attn_out', at)],
      [positions.flatMap((j) => Array.from({ length: nHeads }, (_, h) => weight(h, at, j)))],
      [text.tokens.flatMap((_, i) => text.tokens.map((_, j) => weight(head, i, j)))],
      [K, 'attn.hook_v'].map((name) => positions.flatMap((j) => row(name, kv, j)).slice(0, 2 * dHead)),
    ];
    let asked = 0;
    for (const [step, grids] of expected.entries()) {
      assert.equal(await heading(), `${step + 1} of ${TITLES.length}: ${TITLES[step]}`);
      for (const [grid, numbers] of grids.entries()) {
        const few = numbers.slice(0, 80);
        const shown = await read(few.length, grid);
        const finite = (all: number[]) => all.map((x) => (Number.isFinite(x) ? x : -1e9));
        const size = Math.max(1, ...few.filter(Number.isFinite).map(Math.abs));
        close(finite(shown), finite(few), 1e-5 * size, `${TITLES[step]}, ${grid}`);
      }
      if (step < TITLES.length - 1) asked = opened.sent().length;
      await forward();
    }
    // The last step asks for what is measured.
    assert.deepEqual((await opened.waitForMessage('ask', asked)).question, { kind: 'cacheTimes', position: at });
    const measured = opened.page.locator('.step-sentence', { hasText: 'Measured' });
    await answerAll(opened, text, asked);
    const bytes = 2 * 4 * text.model.nLayers * nKvHeads * dHead;
    const said = await measured.innerText();
    assert.ok(said.includes(`${bytes.toLocaleString('en-US')} bytes a token`), said);
    assert.ok(said.includes(`${((bytes * at) / 1e6).toFixed(2)} MB`), said);
    assert.match(said, /Measured through all layers: \d+\.\d ms with the cache, \d+\.\d ms without\.$/);
  }

  it('every number is that of the hooks: the bundled model', async function () {
    this.timeout(120_000);
    const text = await realText("The chicken didn't cross the road because it was too tired.");
    await open(text, 13, 8, 8);
    await holdAgainstHooks(text, 13, 8, 8);
  });

  it('every number is that of the hooks: another model and another text, without rotation', async function () {
    this.timeout(120_000);
    const text = await realText('The keys to the cabinet', 12, fixture('models', 'gpt2'));
    await open(text, 1, 2, 5);
    assert.match(await opened.page.locator('.head-steps .note').innerText(), /does not turn queries and keys/);
    await holdAgainstHooks(text, 1, 2, 5);
  });

  it('keys: S opens, arrows step there and walk tokens elsewhere, Escape closes; buttons do the same', async () => {
    const text = await realText("The chicken didn't cross the road because it was too tired.");
    await open(text, 13, 8, 8);
    assert.equal(await heading(), '1 of 14: x');
    assert.equal(await current(), 'x');
    await opened.page.keyboard.press('ArrowRight');
    assert.equal(await heading(), '2 of 14: norm');
    assert.equal(await current(), 'norm(x)');
    await opened.page.getByRole('button', { name: 'Forward' }).click();
    await opened.page.keyboard.press('ArrowLeft');
    await opened.page.keyboard.press('ArrowLeft');
    await opened.page.keyboard.press('ArrowLeft');
    assert.equal(await heading(), '1 of 14: x');
    assert.equal(opened.sent().filter(({ type }) => type === 'choose').length, 0);
    await opened.page.keyboard.press('Escape');
    assert.equal(await opened.page.locator('.head-steps').isVisible(), false);
    assert.ok(await opened.page.locator('.attention .matrix').isVisible());
    assert.equal(opened.sent().filter(({ type }) => type === 'focusEditor').length, 0);
    await opened.page.locator('#strip').focus();
    await opened.page.keyboard.press('s');
    assert.ok(await opened.page.locator('.head-steps').isVisible());
    const asked = opened.sent().length;
    await opened.page.locator('#strip').focus();
    await opened.page.keyboard.press('ArrowRight');
    assert.equal((await opened.waitForMessage('choose', asked)).position, 9);
    const { question } = await opened.waitForMessage('ask', asked);
    assert.deepEqual(question, { kind: 'headSteps', position: 9, layer: 13, head: 8 });
  });

  it('the step that is shown survives a reload, and closing', async () => {
    const text = await realText("The chicken didn't cross the road because it was too tired.");
    await open(text, 13, 8, 8);
    for (let i = 0; i < 6; i++) await forward();
    assert.equal(await heading(), '7 of 14: masked');
    await opened.page.getByRole('button', { name: 'Matrix' }).click();
    await opened.page.getByRole('button', { name: 'Step by step' }).click();
    assert.equal(await heading(), '7 of 14: masked');
    const kept = await opened.page.waitForFunction(() => {
      const state = window.tokenscopeState as PageState | undefined;
      return state?.attention?.step === 6 && state;
    });
    const state = (await kept.jsonValue()) as PageState;
    await opened.close();
    opened = await openPage({ state });
    for (const message of text.finished(1, 8)) await opened.send(message);
    await answerUntilQuiet(opened, text);
    assert.equal(await heading(), '7 of 14: masked');
    assert.ok(await opened.page.getByRole('button', { name: 'Matrix' }).isVisible());
  });

  it('an export holds the step that is shown', async () => {
    const text = await realText("The chicken didn't cross the road because it was too tired.");
    await open(text, 13, 8, 8);
    for (let i = 0; i < 7; i++) await forward();
    await opened.page.getByRole('button', { name: 'Export' }).click();
    await opened.page.getByRole('menuitem', { name: /JSON/ }).click();
    const { data } = await opened.waitForMessage('save');
    const saved = JSON.parse(typeof data === 'string' ? data : new TextDecoder().decode(data));
    const hooks = await text.hooks(['blocks.13.attn.hook_pattern'], 8);
    const row = [...hooks.get('blocks.13.attn.hook_pattern')!.data.subarray((8 * 9 + 8) * 9, (8 * 9 + 9) * 9)];
    const written = JSON.stringify(saved);
    assert.ok(written.includes('"softmax"'), written.slice(0, 500));
    for (const [j, weight] of row.entries()) assert.ok(written.includes(String(weight)), `${j}: ${weight}`);
  });

  for (const theme of themes) {
    it(`${theme}: each step can be read, nothing is cut off, and axe finds nothing`, async () => {
      const text = await realText("The chicken didn't cross the road because it was too tired.");
      let answered = await open(text, 13, 8, 8, { theme });
      await measure(opened);
      const faults: string[] = [];
      for (const [step] of TITLES.entries()) {
        await opened.settle();
        answered = await answerAll(opened, text, answered);
        for (const width of step % 5 === 0 ? [480, 1500, 700] : [700]) {
          await opened.page.setViewportSize({ width, height: 900 });
          await opened.settle();
          faults.push(...(await layoutFaults(opened)).map((fault) => `${TITLES[step]}, ${width}: ${fault}`));
        }
        faults.push(...(await contrastFaults(opened, leastContrast(theme))));
        await opened.checkAxe('.attention');
        if (process.env.STEPS_SHOTS) await opened.screenshot(`${process.env.STEPS_SHOTS}/${theme}-${step}.png`);
        await forward();
      }
      assert.deepEqual(faults, []);
    });
  }
});
