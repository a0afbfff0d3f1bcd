import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { inRoot } from '../../scripts/lib/paths.ts';
import type { HostMessage } from '../../src/panel/protocol.ts';
import { type OpenPage, openPage } from './harness.ts';
import { type Ask, finished, messages } from './messages.ts';
import { type Sample, sample } from './numbers.ts';

/** A made-up language: every Latin letter of a sentence is a wide one, the places of values are as they were. */
const wide = (sentence: string): string =>
  sentence.replace(/\{\d+\}|[A-Za-z]/g, (found) =>
    found.length > 1 ? found : String.fromCodePoint(found.codePointAt(0)! + 0xfee0),
  );
const english: string[] = Object.keys(JSON.parse(readFileSync(inRoot('l10n/bundle.l10n.json'), 'utf8')));
const madeUp = Object.fromEntries(english.map((sentence) => [sentence, wide(sentence)]));

/** No sentences of the page's: numbers and their units, bytes, hooks, the names that the host and the model give. */
const others =
  /(?<=[ ⟨])[0-9A-F]{2}\b|-?\d+(\.\d+)?(e[-+]\d+)?|\b(bits|nats)\b|blocks\.\d+\.attn\.hook_pattern|blocks\.\*\.hook_resid_pre|word\d+|Zipf-5k int8|no BOS is added|essay\.md/g;

/** What stands in the page, is told by it or is typed into it, seen or not. */
function said(): string[] {
  const told = ['title', 'aria-label', 'aria-description', 'aria-valuetext', 'placeholder', 'data-explained'];
  const found: string[] = [];
  const visit = (node: Node): void => {
    if (node instanceof Text) found.push(node.data);
    if (node instanceof HTMLScriptElement || node instanceof HTMLStyleElement) return;
    if (node instanceof Element) found.push(...told.map((name) => node.getAttribute(name) ?? ''));
    if (node instanceof HTMLInputElement) found.push(node.value);
    for (const child of [...node.childNodes, ...((node as Element).shadowRoot?.childNodes ?? [])]) visit(child);
  };
  visit(document.body);
  return found.filter((text) => text.trim() !== '');
}

/** A character in two parts, a last token, and words of no alphabet. */
const text: Sample = sample([
  ['一', 0],
  [' 二', 812],
  ['\uFFFD', 90, { bytes: [0xe7, 0x8c], start: 3, end: 4 }],
  ['\uFFFD', 2, { bytes: [0xab], start: 3, end: 4 }],
  ['三', 31],
  ['。', 2],
]);

describe('sentences of the page', () => {
  let opened: OpenPage;

  afterEach(() => opened.close());

  const locator = (selector: string) => opened.page.locator(selector);

  async function say(...said: HostMessage[]): Promise<void> {
    for (const message of said) await opened.send(message);
  }

  async function answerAll(): Promise<void> {
    const asks = opened.sent().filter((message): message is Ask => message.type === 'ask');
    for (const ask of asks) await opened.send(messages.answer(text, ask));
  }

  /** Fails with what is not in the made-up language. */
  async function check(state: string): Promise<void> {
    await opened.settle();
    const fixed = (await opened.page.evaluate(said)).filter((each) => /[A-Za-z]/.test(each.replace(others, '')));
    assert.deepEqual(fixed, [], state);
  }

  it('none is fixed English, in no state and no view', async () => {
    opened = await openPage({ bundle: madeUp });
    await check('at first');
    await say({ type: 'empty', reason: '' });
    await check('empty');
    const loading = { type: 'progress', run: 1, stage: 'load', done: 1, total: 4, label: '' } as const;
    await say(loading);
    await check('loading');
    await say({ ...loading, label: '…' });
    await check('loading a layer');
    await say(messages.run(text));
    await check('plain tokens');
    const computing = { ...loading, stage: 'compute' } as const;
    await say(messages.model(), computing, messages.scores(text, 0, 3));
    await check('computing');
    await say({ type: 'cancelled', run: 1 });
    await check('cancelled');
    await say(...finished(text));
    await check('predict, before all logits are there');
    await answerAll();
    await answerAll();
    await check('predict');
    for (const key of ['Home', 'ArrowRight', 'ArrowRight', 'ArrowDown', 'End', 's']) {
      await opened.page.keyboard.press(key);
      await answerAll();
      await check(`predict after ${key}`);
    }
    await locator('.surprises summary').click();
    await locator('.view.predict button.link').click();
    await locator('.view.predict vscode-checkbox').click();
    await check('predict with all columns, rows and the most surprising');
    for (const [name, value] of [
      ['ｔｏｐ-ｐ', '0.5'],
      ['ｔｏｐ-ｋ', '1'],
      ['ｔｅｍｐｅｒａｔｕｒｅ', '0'],
    ]) {
      await locator(`input[type=text][aria-label^="${name}"]`).fill(value);
      await opened.page.keyboard.press('Enter');
      await check(`${name} ${value}`);
    }
    // "Off" is typed in the language too.
    await locator('input[type=text][aria-label^="ｔｏｐ-ｋ"]').fill('ＯＦＦ');
    await opened.page.keyboard.press('Enter');
    assert.equal(await locator('input[type=range][aria-label="ｔｏｐ-ｋ"]').inputValue(), '0');
    await locator('tr.candidate').nth(3).dblclick();
    await say(...finished(text, 2));
    await answerAll();
    assert.equal(await locator('.change li').count(), 4);
    await check('after a candidate');
    await locator('#strip').focus();
    await opened.page.keyboard.press('/');
    await opened.page.keyboard.type('三');
    await check('found');
    await opened.page.keyboard.type('?');
    await check('not found');
    await opened.page.keyboard.press('Escape');
    await say({ type: 'stale', run: 2 });
    await check('stale');
    await say({ type: 'saved', file: '文' });
    await check('saved');
    await say({ type: 'progress', run: 3, stage: 'load', done: 0, total: 4, label: '' });
    await check('overtaken');
    await say({ type: 'cancelled', run: 3 });
    await check('cancelled before its tokens');
  });

  it('none is fixed English in depth, nor in its picture', async () => {
    opened = await openPage({ bundle: madeUp });
    await opened.page.evaluate(() => {
      const { fillText } = CanvasRenderingContext2D.prototype;
      CanvasRenderingContext2D.prototype.fillText = function (written, ...place) {
        document.body.append(document.createComment(written));
        return fillText.call(this, written, ...place);
      };
    });
    await say(messages.model(), messages.run(text));
    await opened.openView('depth');
    await check('depth waits');
    await say(...finished(text));
    await check('depth is computed');
    await answerAll();
    await opened.settle();
    await answerAll();
    await check('depth');
    for (const key of ['Home', 'ArrowDown', 'Enter', 'End', 'Enter']) {
      await locator('.layers-scroller').press(key);
      await answerAll();
      await check(`depth after ${key}`);
    }
    const before = opened.sent().length;
    await locator('.menu-place vscode-button').click();
    await locator('.menu-item').first().click();
    await opened.waitForMessage('save', before);
    const written = await opened.page.evaluate(() =>
      [...document.body.childNodes].filter((node) => node instanceof Comment).map((node) => node.data),
    );
    assert.ok(written.includes(wide('out')) && written.some((line) => line.startsWith(wide('probability'))));
    assert.deepEqual(
      written.filter((line) => /[A-Za-z]/.test(line.replace(others, ''))),
      [],
    );
  });

  it('none is fixed English in attention, nor in the pictures that are exported', async () => {
    opened = await openPage({ bundle: madeUp });
    await opened.page.evaluate(() => {
      const { fillText } = CanvasRenderingContext2D.prototype;
      CanvasRenderingContext2D.prototype.fillText = function (written, ...place) {
        document.body.append(document.createComment(written));
        return fillText.call(this, written, ...place);
      };
    });
    const drawn = () =>
      opened.page.evaluate(() =>
        [...document.body.childNodes].filter((node) => node instanceof Comment).map((node) => node.data),
      );
    const exportAs = async (item: number, saves: boolean): Promise<void> => {
      const before = opened.sent().length;
      await locator('.menu-place vscode-button').click();
      await check('export menu');
      await locator('.menu-item').nth(item).click();
      if (saves) await opened.waitForMessage('save', before);
    };
    await say(messages.run(text), messages.model());
    await exportAs(0, false);
    await check('nothing to export');
    await say(...finished(text));
    await answerAll();
    await exportAs(0, true);
    await opened.openView('attention');
    await check('attention is computed');
    await answerAll();
    await check('attention');
    await locator('.view.attention vscode-checkbox').first().click();
    for (const key of ['Home', 'ArrowRight', 'Enter']) {
      await locator('.matrix-scroller').press(key);
      await check(`attention after ${key}`);
    }
    await locator('#strip').focus();
    for (const key of [']', '}', 'End']) {
      await opened.page.keyboard.press(key);
      await check(`attention after ${key}`);
    }
    await answerAll();
    await exportAs(0, true);
    const written = await drawn();
    assert.ok(written.includes(wide('rank')) && written.some((line) => line.startsWith(wide('framed'))));
    assert.deepEqual(
      written.filter((line) => /[A-Za-z]/.test(line.replace(others, ''))),
      [],
    );
  });

  it('stand in the order of the language, and are text whatever they hold', async () => {
    const markup = '</script><img src=x onerror=alert(1)>';
    opened = await openPage({
      bundle: { Reset: markup, '{0} looks at: {1}': '{1}← {0}', 'before {0}': '{0} の前' },
    });
    await say(...finished(text));
    assert.equal(await locator('.sampling vscode-button').innerText(), markup);
    assert.equal(await locator('.heading').innerText(), '三 の前');
    await opened.openView('attention');
    await answerAll();
    assert.match(await locator('.looks-at').innerText(), /^三 0\.\d+ .*← 三$/);
  });
});
