import assert from 'node:assert/strict';
import { visibleToken } from '../../src/analysis/format.ts';
import { type OpenOptions, type OpenPage, openPage } from './harness.ts';
import { type Ask, finished, messages } from './messages.ts';
import { chicken, hostile, idOf, model, piece, type Sample, sample, zipf } from './numbers.ts';
import { lensShift } from './stubAnswers.ts';

interface Read {
  /** What the parser finds wrong. */
  faults: number;
  title: string;
  about: Record<string, unknown>;
  /** Contents of the text elements, as they follow each other. */
  texts: string[];
  /** Filled rectangles, and where each is. */
  bars: { x: number; y: number; width: number; height: number; fill: string }[];
  /** How often an element of each name occurs. */
  tags: Record<string, number>;
  /** Names and values of all attributes that might lead elsewhere. */
  links: string[];
  /** Pixels of each embedded picture, across and down. */
  images: [number, number][];
  /** CSS pixels. */
  size: [number, number];
}

const sampling = { temperature: 1, topK: 0, topP: 1 };

describe('views as SVG, read back', () => {
  let opened: OpenPage;

  afterEach(() => opened.close());

  /** A finished run with all that the page asks answered. */
  async function open(of: Sample, view: string, chosen: number, options: OpenOptions = {}): Promise<void> {
    const state = { view, layer: 2, head: 1, sampling, pinned: false };
    opened = await openPage({ state, ...options });
    for (const message of finished(of, 1, chosen)) await opened.send(message);
    await answer(of);
  }

  async function answer(of: Sample): Promise<void> {
    const asks = () => opened.sent().filter((message): message is Ask => message.type === 'ask');
    for (let i = 0; i < asks().length; i++) {
      await opened.send(messages.answer(of, asks()[i]));
      await opened.settle();
    }
  }

  async function saved(): Promise<Read> {
    const from = opened.sent().length;
    await opened.page.getByRole('button', { name: 'Export' }).click();
    await opened.page.getByRole('menuitem', { name: /SVG/ }).click();
    const { mime, data } = await opened.waitForMessage('save', from);
    assert.equal(mime, 'image/svg+xml');
    const read = await opened.page.evaluate(async (file): Promise<Read> => {
      const svg = new DOMParser().parseFromString(file, 'image/svg+xml');
      const all = [...svg.querySelectorAll('*')];
      const named = (name: string) => all.filter(({ localName }) => localName === name);
      const tags: Record<string, number> = {};
      for (const { localName } of all) tags[localName] = (tags[localName] ?? 0) + 1;
      const number = (element: Element, name: string) => Number(element.getAttribute(name));
      const sizes = named('image').map(async (image): Promise<[number, number]> => {
        const [, base64] = image.getAttribute('xlink:href')!.split(',');
        const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
        const bitmap = await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
        return [bitmap.width, bitmap.height];
      });
      return {
        faults: named('parsererror').length,
        title: named('title')[0].textContent!,
        about: JSON.parse(named('metadata')[0].textContent!),
        texts: named('text').map(({ textContent }) => textContent!),
        bars: named('rect').flatMap((rect) => {
          const fill = rect.getAttribute('fill');
          if (!fill) return [];
          const [x, y] = [number(rect, 'x'), number(rect, 'y')];
          return [{ x, y, width: number(rect, 'width'), height: number(rect, 'height'), fill }];
        }),
        tags,
        links: all.flatMap(({ attributes }) =>
          [...attributes]
            .filter(({ name, value }) => /href|^on|^style$/.test(name) || value.includes('url('))
            .map(({ name, value }) => `${name}=${value.slice(0, 30)}`),
        ),
        images: await Promise.all(sizes),
        size: [number(svg.documentElement, 'width'), number(svg.documentElement, 'height')],
      };
    }, new TextDecoder().decode(data));
    assert.equal(read.faults, 0);
    const allowed = ['svg', 'title', 'metadata', 'rect', 'text', 'path', 'g', 'clipPath', 'image'];
    assert.deepEqual(
      Object.keys(read.tags).filter((tag) => !allowed.includes(tag)),
      [],
    );
    for (const link of read.links)
      assert.match(link, /^(xlink:href=data:image\/png;base64,|clip-path=url\(#clip\d+\)$)/);
    assert.deepEqual([read.about.made, read.texts.includes(read.title)], ['Tokenscope', true]);
    assert.ok(
      read.texts.some((text) => text.includes(`${model.name} int8`)),
      'the model',
    );
    return read;
  }

  const names = ({ tokens }: Sample): string[] => tokens.map((token) => visibleToken(token));
  const RAMP = 160;
  /** What is filled in the body: all but the background before it, and the steps of the colours' scale after it. */
  const inBody = ({ bars }: Read, steps = 0) => bars.slice(1, bars.length - steps);

  it('predict: a bar and a line for each candidate, as long as it is probable', async () => {
    await open(chicken, 'predict', 8);
    const read = await saved();
    assert.equal(read.title, 'What the model expected before ·it (position 8)');
    const at = read.texts.indexOf('1');
    assert.equal(read.texts[at + 1], `${(zipf(1) * 100).toPrecision(3)} %`);
    assert.equal(read.texts[at + 3], '▸·it');
    const bars = inBody(read);
    const ranks = read.texts.filter((text) => /^\d+$/.test(text)).map(Number);
    assert.equal(bars.length, 2 * ranks.length);
    const longest = bars[0].width;
    for (const [i, rank] of ranks.entries())
      for (const bar of bars.slice(2 * i, 2 * i + 2))
        assert.ok(Math.abs(bar.width / longest - zipf(rank) / zipf(1)) < 1e-4, `${rank}: ${bar.width}`);
  });

  it('attention: every token is named, and the matrix is one picture', async () => {
    await open(chicken, 'attention', 8);
    const read = await saved();
    assert.equal(read.title, 'Attention, layer 2, head 1');
    for (const name of names(chicken)) assert.ok(read.texts.includes(name), name);
    assert.ok(read.texts.some((text) => text.startsWith('blocks.2.attn.hook_pattern: row = the token that looks')));
    assert.equal(read.images.length, 1);
    assert.ok(read.images[0][0] > 2 * 13 * 24 && read.images[0][1] === 2 * (13 * 24 + 8), String(read.images));
    assert.deepEqual([read.about.layer, read.about.head], [2, 1]);
    assert.equal(read.bars.length, 1 + RAMP);
  });

  it('depth: in each cell the likeliest token, and the text above', async () => {
    await open(chicken, 'depth', 8);
    const read = await saved();
    assert.equal(read.title, 'What each layer believes');
    for (const name of names(chicken)) assert.ok(read.texts.includes(name), name);
    // At the residual before layer l the likeliest is l layers' ranks away from the output's (numbers.ts).
    for (let l = 0; l <= model.nLayers; l++) {
      const id = idOf(chicken, 7, 1 + lensShift(l));
      const name = visibleToken(piece(chicken, id));
      assert.ok(read.texts.includes(name), `${l}: ${name}`);
    }
    assert.ok(read.texts.length >= chicken.tokens.length * (model.nLayers + 2), 'a text in each cell, and the header');
    assert.ok(read.tags.path >= 2, 'curves');
  });

  it('heads: a cell for each of them', async () => {
    await open(chicken, 'roles', 8);
    const read = await saved();
    const cells = inBody(read, RAMP);
    assert.equal(cells.length, model.nLayers * model.nHeads);
    // The values grow from head to head: so does how far the colour is from the background.
    assert.equal(new Set(cells.map(({ fill }) => fill)).size, cells.length);
    assert.ok(cells.every(({ width, height }) => width === 39 && height === 15));
  });

  it('heads, with a map of patching: below, a cell for each layer and token that is known', async () => {
    await open(chicken, 'roles', 8);
    const from = opened.sent().length;
    await opened.page.locator('.patching summary').click();
    await opened.page.locator('.patching vscode-text-field').click();
    await opened.page.keyboard.type('another');
    await opened.page.keyboard.press('Enter');
    const ask = await opened.waitForMessage('ask', from);
    await opened.send(messages.answer(chicken, ask));
    await opened.settle();
    const read = await saved();
    const cells = inBody(read, RAMP);
    // Three layers came of the map.
    assert.equal(cells.length, model.nLayers * model.nHeads + 3 * chicken.tokens.length);
    assert.ok(cells.slice(model.nLayers * model.nHeads).every(({ width, height }) => width === 63 && height === 15));
    assert.ok(
      read.texts.some((text) => /0 = corrupt, 1 = clean/.test(text)),
      read.texts.join('\n'),
    );
  });

  it('generate: a box for each token of the tree, as high as it is probable', async () => {
    await open(chicken, 'generate', 8);
    const read = await saved();
    const boxes = inBody(read);
    const first = boxes.filter(({ x }) => x === boxes[0].x).map(({ height }) => height / 420);
    for (const rank of [1, 2, 3, 4])
      assert.ok(
        first.some((share) => Math.abs(share - zipf(rank)) < 1e-4),
        `${rank}: ${first}`,
      );
    assert.ok(read.texts.includes(`${(zipf(1) * 100).toPrecision(3)} %`), read.texts.join('\n'));
  });

  it('model: the loss of each token, and its mean', async () => {
    await open(chicken, 'model', 8);
    const read = await saved();
    assert.equal(read.title, 'Loss by position');
    // And the edge of the picture.
    assert.equal(read.tags.path, 3);
  });

  for (const [view, title, expected] of [
    ['row', 'Attention of ·it, layer 2 head 1', 9],
    ['layer', 'Attention, all heads of layer 2', model.nHeads],
    ['heads', 'Attention, all heads', model.nLayers * model.nHeads],
  ] as const) {
    it(`${view}, in the side bar`, async () => {
      await open(chicken, view, 8, { script: 'side', width: 300 });
      const read = await saved();
      assert.equal(read.title, title);
      if (view === 'row') assert.equal(inBody(read, RAMP).length, expected);
      else assert.equal(read.images.length, expected);
    });
  }

  it('one head step by step: the numbers of the step that is shown', async () => {
    await open(chicken, 'attention', 8);
    await opened.page.getByRole('button', { name: 'Step by step' }).click();
    await opened.settle();
    await answer(chicken);
    const read = await saved();
    assert.match(read.title, /^Layer 2, head 1, ·it: /);
    // The vector x of the closed form has four numbers.
    assert.equal(inBody(read).length, 4);
  });

  it('two heads: the difference is one picture, and both are named', async () => {
    const attention = { measure: 'head', times: false, withoutFirst: false, compared: { layer: 1, head: 3 } };
    await open(chicken, 'compare', 8, {
      script: 'side',
      width: 300,
      state: { view: 'compare', layer: 2, head: 1, attention, pinned: false, sampling },
    });
    const read = await saved();
    assert.equal(read.title, 'Attention, layer 2 head 1 minus layer 1 head 3');
    for (const line of ['blocks.1.attn.hook_pattern, head 3', 'blocks.2.attn.hook_pattern, head 1'])
      assert.ok(read.texts.includes(line), line);
    assert.equal(read.images.length, 1);
  });

  it('text of tokens is text, whatever is in it', async () => {
    const markup = '<script>alert(1)</script>&"\'';
    const of = sample([
      ['The', 0],
      [markup, 1],
      [']]>', 2],
      ['\u0007', 3],
      ['a\uFFFEb', 4],
    ]);
    await open(of, 'predict', 1);
    const { texts, about } = await saved();
    assert.ok(texts.includes(`▸${markup}`), texts.join('\n'));
    for (const name of [']]>', '␇', 'a⟨U+FFFE⟩b']) assert.ok(texts.includes(name), name);
    assert.equal(about.text, of.tokens.map(({ text }) => text).join(''));
  });

  it('what is hard to show is named as in the strip', async () => {
    await open(hostile, 'attention', 5);
    const { texts } = await saved();
    for (const name of names(hostile)) {
      const short = [...name].length <= 14 ? name : `${[...name].slice(0, 13).join('')}…`;
      assert.ok(texts.includes(short), short);
    }
  });

  it('is as large as the PNG', async () => {
    await open(chicken, 'predict', 8);
    const { size } = await saved();
    const from = opened.sent().length;
    await opened.page.getByRole('button', { name: 'Export' }).click();
    await opened.page.getByRole('menuitem', { name: /PNG/ }).click();
    const png = Buffer.from((await opened.waitForMessage('save', from)).data);
    assert.deepEqual(size, [png.readUInt32BE(16) / 2, png.readUInt32BE(20) / 2]);
  });
});
