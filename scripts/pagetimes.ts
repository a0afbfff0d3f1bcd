/**
 * npm run pagetimes -- [--tokens N]: how long the page's own tasks are in a browser, with a text of N tokens (1,024) and
 * numbers of the bundled model. A line each for what a person does in each view: the longest task of the page's thread,
 * how many were over 50 ms, and the longest time from the key to the frame that shows it (Event Timing, whole 8 ms).
 * Then all heads of 256 tokens in the side bar.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { closeBrowser, type OpenPage } from '../test/browser/harness.ts';
import { answerAll, closeEngine, openText, type RealText, realText } from '../test/browser/real.ts';
import { tasksDuring } from './lib/pageTrace.ts';
import { inRoot } from './lib/paths.ts';
import { sideTimes } from './lib/sideTimes.ts';

/** Times that each key is pressed. */
const STEPS = 20;
const LONG_MS = 50;
/** Of the text whose heads are all shown in the side bar. */
const SIDE_TOKENS = 256;

/** What a person does: where the focus is, and keys that are pressed in turn. */
const acts: { name: string; focus: string; keys: string[] }[] = [
  { name: 'walk the tokens', focus: '#strip', keys: ['ArrowRight'] },
  { name: 'walk the candidates', focus: '#strip', keys: ['ArrowDown'] },
  { name: 'another head', focus: '#strip', keys: ['}', '{'] },
  { name: 'another layer', focus: '#strip', keys: [']', '['] },
  { name: 'move a slider', focus: 'input[type=range]', keys: ['ArrowRight'] },
];

/** Messages of the page that were looked at. */
let answered = 0;

const { values } = parseArgs({ options: { tokens: { type: 'string', default: '1024' } } });
const tokens = Number(values.tokens);
if (!Number.isSafeInteger(tokens) || tokens < 2) {
  console.error('npm run pagetimes: --tokens takes a whole number from 2 on');
  process.exit(2);
}

try {
  const text = await realText(ofTokens(readFileSync(inRoot('examples/prose.md'), 'utf8')), tokens);
  const opened = await openText(text, { width: 900 }, Math.floor(tokens / 2));
  console.log(`${text.tokens.length} tokens, ${STEPS} times each\n`);
  console.log('view         what                  longest task   over 50 ms   to the frame');
  for (const view of await opened.page.locator('vscode-panel-tab').allInnerTexts()) {
    await opened.page.getByRole('tab', { name: view }).click();
    answered = await answerAll(opened, text, answered);
    for (const act of acts) await measure(opened, text, view, act);
  }
  await opened.close();
  await sideTimes(await realText(ofTokens(readFileSync(inRoot('examples/prose.md'), 'utf8')), SIDE_TOKENS));
} finally {
  await closeBrowser();
  await closeEngine();
}

/** Long enough, whatever the tokenizer makes of it. */
function ofTokens(prose: string): string {
  return prose.repeat(Math.ceil((tokens * 8) / prose.length));
}

async function measure(
  opened: OpenPage,
  text: RealText,
  view: string,
  { name, focus, keys }: (typeof acts)[number],
): Promise<void> {
  const { page } = opened;
  const target = page.locator(`${focus} >> visible=true`).first();
  if ((await target.count()) === 0) return;
  await target.focus();
  // What is asked for the first time is not waited for below.
  for (const key of keys) {
    await page.keyboard.press(key);
    answered = await answerAll(opened, text, answered);
  }
  await page.evaluate(() => {
    const frames: number[] = [];
    Object.assign(window, { frames });
    new PerformanceObserver((list) => {
      for (const { name: kind, duration } of list.getEntries()) if (kind === 'keydown') frames.push(duration);
    }).observe({ type: 'event', durationThreshold: 16 } as PerformanceObserverInit);
  });
  const tasks = await tasksDuring(page, async () => {
    for (let i = 0; i < STEPS; i++) {
      await page.keyboard.press(keys[i % keys.length]);
      await opened.settle();
    }
  });
  const frames = await page.evaluate(() => (window as unknown as { frames: number[] }).frames);
  const longest = `${Math.max(...tasks).toFixed(1)} ms`;
  const over = String(tasks.filter((ms) => ms > LONG_MS).length);
  const frame = frames.length > 0 ? `${Math.max(...frames)} ms` : 'under 16 ms';
  console.log(
    `${view.padEnd(12)} ${name.padEnd(20)} ${longest.padStart(13)} ${over.padStart(12)} ${frame.padStart(14)}`,
  );
  answered = await answerAll(opened, text, answered);
}
