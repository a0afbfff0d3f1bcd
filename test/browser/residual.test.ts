import assert from 'node:assert/strict';
import { visibleToken } from '../../src/analysis/format.ts';
import type { PageMessage, PageState } from '../../src/panel/protocol.ts';
import type { Question, Result } from '../../src/panel/questions/index.ts';
import { type OpenOptions, type OpenPage, openPage } from './harness.ts';
import { contrastFaults, layoutFaults, leastContrast, measure } from './measure.ts';
import { finished, messages } from './messages.ts';
import { chicken } from './numbers.ts';
import { answerUntilQuiet, byLikelihood, type RealText, realText } from './real.ts';
import { themes } from './theme.ts';

const IT = 8;
const LAYER = 25;
const kept = (more: object = {}) => ({
  view: 'depth',
  layer: LAYER,
  head: 3,
  sampling: { temperature: 1, topK: 0, topP: 1 },
  pinned: false,
  ...more,
});

let opened: OpenPage;

const shows = (what: string) => opened.page.locator(`.parts ${what}`).innerText();
const last = <T extends PageMessage['type']>(type: T) => opened.sent().findLast((message) => message.type === type);
const asks = <K extends Question['kind']>(kind: K) =>
  opened.sent().flatMap((message) => (message.type === 'ask' && message.question.kind === kind ? [message] : []));
/** A number as it stands on the page. */
const read = (text: string) => Number(text.replace('−', '-'));

describe('what each part adds, on numbers of the real engine', () => {
  let text: RealText;

  before(async () => {
    text = await realText("The chicken didn't cross the road because it was too tired");
  });

  afterEach(() => opened.close());

  async function open(options: OpenOptions = {}, chosen = IT): Promise<void> {
    opened = await openPage({ state: kept(), width: 1000, height: 1300, ...options });
    for (const message of text.finished(1, chosen)) await opened.send(message);
    await answerUntilQuiet(opened, text);
  }

  async function resultOf<Q extends Question>(question: Q): Promise<Result<Q>> {
    const answer = await text.answer({ type: 'ask', run: 1, id: 0, question });
    assert.ok(answer.type === 'answer' && 'result' in answer);
    return answer.result as Result<Q>;
  }

  const attribution = (of: { target?: number; against?: number } = {}, position = IT) =>
    resultOf({ kind: 'attribution', position, ...of });
  const next = () => text.tokens[IT + 1].id;

  /** The sum as it is written: its terms, what they come to, and the logit. */
  async function sum(): Promise<{ terms: number[]; sum: number; logit: number }> {
    const [left, right] = (await shows('.parts-sum')).split(' = ');
    const terms = [...left.matchAll(/(?:(^|[+−]) ?)?[^+−]*? (\d+\.\d\d)(?= |$)/g)];
    const [, total, logit] = /^(−?[\d.]+); the logit is (−?[\d.]+), off by/.exec(right)!;
    return {
      terms: terms.map(([, sign, value]) => (sign === '−' ? -1 : 1) * Number(value)),
      sum: read(total),
      logit: read(logit),
    };
  }

  async function choose(name: string): Promise<void> {
    await opened.page.getByRole('combobox', { name: 'Logit of' }).click();
    await opened.page.getByRole('option', { name }).click();
    await answerUntilQuiet(opened, text);
  }

  it('the sum is written out and is the logit that the engine gives the next token', async () => {
    await open();
    const logit = (await text.logits(IT))[next()];
    const shown = await sum();
    assert.equal(shown.logit, Number(logit.toFixed(2)));
    assert.equal(shown.sum, shown.logit);
    // Four terms, each written with two decimals.
    assert.equal(shown.terms.length, 4);
    assert.ok(Math.abs(shown.terms.reduce((a, b) => a + b) - logit) < 0.025, JSON.stringify(shown));
    assert.equal(await shows('.parts-heading'), '·was after ·it, the token of the text');
    const { parts } = await attribution({ target: next() });
    const of = (kind: RegExp) => parts.reduce((all, { name, value }) => all + (kind.test(name) ? value : 0), 0);
    const wanted = [of(/^embed$/), of(/attn/), of(/mlp$/), of(/^rounding$/)].map((value) => Number(value.toFixed(2)));
    assert.deepEqual(shown.terms, wanted);
  });

  it('of the likeliest token, and of the next less its strongest rival', async () => {
    await open({}, 5);
    const logits = await text.logits(5);
    const [likeliest, second] = await byLikelihood(text, 5);
    const own = text.tokens[6].id;
    const name = (id: number) => visibleToken(text.pieceOf(id));
    await choose('likeliest token');
    assert.equal((await sum()).logit, Number(logits[likeliest].toFixed(2)));
    const which = own === likeliest ? 'token of the text' : 'likeliest of the output';
    assert.equal(await shows('.parts-heading'), `${name(likeliest)} after ·the, the ${which}`);
    await choose('next token less its strongest rival');
    const rival = own === likeliest ? second : likeliest;
    assert.deepEqual(asks('attribution').at(-1)!.question, {
      kind: 'attribution',
      position: 5,
      target: own,
      against: rival,
    });
    assert.equal((await sum()).logit, Number((logits[own] - logits[rival]).toFixed(2)));
    assert.equal(
      await shows('.parts-heading'),
      `${visibleToken(text.tokens[6])} after ·the, the token of the text, less ${name(rival)}`,
    );
  });

  it('after the last token it is the likeliest', async () => {
    await open({}, 12);
    const [likeliest, second] = await byLikelihood(text, 11);
    const logits = await text.logits(11);
    assert.equal((await sum()).logit, Number(logits[likeliest].toFixed(2)));
    assert.match(await shows('.parts-heading'), /after ·tired, the likeliest of the output$/);
    await choose('next token less its strongest rival');
    assert.equal((await sum()).logit, Number((logits[likeliest] - logits[second]).toFixed(2)));
  });

  it('the heads of the chosen layer, the strongest first; a click chooses one everywhere', async () => {
    await open();
    const { parts } = await attribution({ target: next() });
    const heads = parts
      .filter(({ name }) => name.startsWith(`blocks.${LAYER}.attn.`))
      .map(({ name, value }) => ({ head: name.split('.')[3], value }))
      .sort((a, b) => Math.abs(b.value) - Math.abs(a.value));
    const shown = await opened.page.locator('.parts-heads button').allInnerTexts();
    const wanted = heads.map(({ head, value }) => [`${LAYER}.${head}`, Number(value.toFixed(3))]);
    assert.deepEqual(
      shown.map((said) => said.split(/\s+/)).map(([name, value]) => [name, read(value)]),
      wanted.map(([name, value]) => [name, value === 0 ? 0 : value]),
    );
    const pressed = () => opened.page.locator('.parts-heads button[aria-pressed=true]').allInnerTexts();
    assert.match((await pressed())[0], new RegExp(`^${LAYER}\\.3`));
    await opened.page.locator('.parts-heads button').first().click();
    await opened.settle();
    assert.deepEqual(last('chooseHead'), {
      type: 'chooseHead',
      run: 1,
      layer: LAYER,
      head: Number(heads[0].head),
    });
    assert.deepEqual(await pressed(), shown.slice(0, 1));
    assert.ok(
      await opened.page
        .locator('.parts-heads button')
        .first()
        .evaluate((one) => one === document.activeElement),
    );
  });

  it('a column that is pointed at is read, with the heads of its layer; a click chooses the layer', async () => {
    await open();
    const { parts } = await attribution({ target: next() });
    const value = (test: RegExp) => parts.reduce((all, part) => all + (test.test(part.name) ? part.value : 0), 0);
    const exact = (x: number) => `${x < 0 ? '−' : '+'}${Math.abs(x).toPrecision(6)}`;
    const said = (layer: number) =>
      `layer ${layer}: attention ${exact(value(new RegExp(`^blocks.${layer}.attn`)))}, ` +
      `feed-forward ${exact(value(new RegExp(`^blocks.${layer}.mlp`)))}`;
    const bars = opened.page.locator('.parts-bars');
    const { width, height } = (await bars.boundingBox())!;
    const at = (layer: number) => 44 + 58 + ((layer + 0.5) / 30) * (width - 44 - 8 - 2 * 58);
    await bars.hover({ position: { x: at(3), y: height / 2 } });
    assert.equal(await shows('.parts-value'), said(3));
    assert.match(await opened.page.locator('.parts-heads button').first().innerText(), /^3\./);
    await bars.hover({ position: { x: 60, y: height / 2 } });
    assert.equal(await shows('.parts-value'), `embedding: ${exact(value(/^embed$/))}`);
    await bars.hover({ position: { x: width - 20, y: height / 2 } });
    assert.equal(await shows('.parts-value'), `rounding (int8): ${exact(value(/^rounding$/))}`);
    await bars.click({ position: { x: at(7), y: height / 2 } });
    await opened.settle();
    assert.deepEqual(last('chooseHead'), { type: 'chooseHead', run: 1, layer: 7, head: 3 });
    // By key: from the chosen layer, said as it is shown.
    await opened.page.mouse.move(2, 2);
    await opened.page.locator('.parts-place').focus();
    for (const key of ['ArrowRight', 'ArrowRight', 'ArrowLeft']) await opened.page.keyboard.press(key);
    await opened.settle();
    assert.equal(await shows('.parts-value'), said(8));
    assert.equal(await opened.page.locator('#live').innerText(), said(8));
    await opened.page.keyboard.press('Enter');
    await opened.settle();
    assert.deepEqual(last('chooseHead'), { type: 'chooseHead', run: 1, layer: 8, head: 3 });
    await opened.page.keyboard.press('Home');
    assert.match(await shows('.parts-value'), /^embedding: /);
  });

  it('norms and cosines are asked for when they are opened, and are those of the run', async () => {
    await open();
    assert.deepEqual(asks('stream'), []);
    await opened.page.locator('.stream summary').click();
    await answerUntilQuiet(opened, text);
    const stream = await resultOf({ kind: 'stream', position: IT });
    const { norm, cosine, attention, mlp, neurons } = stream;
    assert.equal(norm.length, 31);
    assert.ok(Math.abs(cosine[30] - 1) < 1e-6);
    for (let l = 0; l < 30; l++) {
      const change = Math.abs(norm[l + 1] - norm[l]);
      assert.ok(change <= (attention[l] + mlp[l]) * 1.001, `layer ${l}: ${change}`);
    }
    const exactly = await opened.page
      .locator('.norms tbody tr')
      .evaluateAll((rows) => rows.map((row) => [...row.querySelectorAll('td')].map(({ title }) => Number(title))));
    assert.deepEqual(
      exactly.reverse(),
      Array.from(norm, (x, l) => (l < 30 ? [x, cosine[l], attention[l], mlp[l]] : [x, cosine[l]])),
    );
    const strong = await opened.page.locator('.neurons li').allInnerTexts();
    assert.deepEqual(
      strong.map((said) => said.split(' ')[0]),
      neurons.map(({ layer, neuron }) => `${layer}.${neuron}`),
    );
    // Closed, another place is not asked about.
    await opened.page.locator('.stream summary').click();
    await answerUntilQuiet(opened, text);
    await opened.page.locator('#strip').focus();
    await opened.page.keyboard.press('ArrowLeft');
    await answerUntilQuiet(opened, text);
    assert.equal(asks('stream').length, 1);
    assert.equal(asks('attribution').length, 2);
  });

  for (const theme of themes) {
    it(`${theme}: nothing is cut off or faint with all of it open`, async () => {
      await open({ theme, width: 480, height: 1100 });
      await opened.page.locator('.stream summary').click();
      await answerUntilQuiet(opened, text);
      await measure(opened);
      const faults = [...(await layoutFaults(opened)), ...(await contrastFaults(opened, leastContrast(theme)))];
      assert.deepEqual(faults, []);
      await opened.checkAxe();
    });
  }

  it('exports hold the parts, which sum to the logit', async () => {
    await open();
    await opened.page.getByRole('button', { name: 'Export' }).click();
    await opened.page.getByRole('menuitem', { name: /JSON/ }).click();
    const { data } = await opened.waitForMessage('save');
    const { attribution: found } = JSON.parse(new TextDecoder().decode(data));
    const wanted = await attribution({ target: next() });
    assert.deepEqual(found.parts, wanted.parts);
    assert.deepEqual([found.position, found.target, found.logit], [IT, next(), wanted.logit]);
  });
});

describe('what each part adds, of any text', () => {
  afterEach(() => opened.close());

  for (const width of [480, 900])
    it(`nothing moves at ${width} px when its numbers come, or a column is pointed at`, async () => {
      opened = await openPage({ state: kept({ layer: 2 }), width, height: 1300 });
      for (const message of finished(chicken, 1, IT)) await opened.send(message);
      await opened.settle();
      const places = () =>
        opened.page
          .locator('.layers-scroller, .course, .parts-bars, .stream')
          .evaluateAll((all) => all.map((one) => `${one.className} ${JSON.stringify(one.getBoundingClientRect())}`));
      await opened.send(messages.answer(chicken, asks('lens')[0]));
      await opened.settle();
      const before = await places();
      assert.equal(before.length, 4);
      await opened.send(messages.answer(chicken, asks('attribution')[0]));
      await opened.settle();
      assert.deepEqual(await places(), before);
      await opened.page.locator('.parts-bars').hover({ position: { x: width / 2, y: 60 } });
      assert.match(await shows('.parts-value'), /^layer /);
      assert.deepEqual(await places(), before);
    });

  it('it is asked once the layers in view are there; an error stands in its place; the choice survives a reload', async () => {
    opened = await openPage({ state: kept({ layer: 2 }) });
    for (const message of finished(chicken, 1, IT)) await opened.send(message);
    await opened.settle();
    assert.deepEqual(asks('attribution'), []);
    await opened.send(messages.answer(chicken, asks('lens')[0]));
    await opened.settle();
    const [{ run, id }] = asks('attribution');
    assert.match(await shows('.parts-heading'), /^Adding up/);
    const error = { what: 'There is no memory left.', where: 'The parts', todo: 'Close something.' };
    await opened.send({ type: 'answer', run, id, error });
    assert.match(await opened.page.locator('.depth .problem').innerText(), /no memory left/);
    assert.equal(await shows('.parts-heading'), '');
    await opened.page.getByRole('combobox', { name: 'Logit of' }).click();
    await opened.page.getByRole('option', { name: 'likeliest token' }).click();
    const found = await opened.page.waitForFunction(() => {
      const state = window.tokenscopeState as PageState | undefined;
      return state?.logitOf === 'likeliest' && state;
    });
    const state = (await found.jsonValue()) as PageState;
    await opened.close();
    opened = await openPage({ state });
    for (const message of finished(chicken, 1, IT)) await opened.send(message);
    await opened.settle();
    await opened.send(messages.answer(chicken, asks('lens')[0]));
    await opened.settle();
    assert.deepEqual(asks('attribution')[0].question, { kind: 'attribution', position: IT });
  });
});
