import { openPage } from '../../test/browser/harness.ts';
import { answerAll, answerUntilQuiet, type RealText } from '../../test/browser/real.ts';
import { tasksDuring } from './pageTrace.ts';

const LONG_MS = 50;
/** How long somebody pans, zooms and points. */
const TRACED_MS = 5000;
const SIZE = { width: 300, height: 700 };

/** All heads of a text in the side bar: how soon they are drawn, and how long tasks and frames are while one looks around. */
export async function sideTimes(text: RealText): Promise<void> {
  const state = { view: 'row', sampling: { temperature: 1, topK: 0, topP: 1 }, pinned: false };
  const opened = await openPage({ script: 'side', ...SIZE, state });
  const { page } = opened;
  for (const message of text.finished(1, text.tokens.length - 1)) await opened.send(message);
  await answerUntilQuiet(opened, text);
  await opened.openView('heads');
  await opened.settle();
  // Answers are made before the time begins, and handed over together.
  let from = 0;
  for (let asked = -1; asked !== opened.sent().length; ) {
    asked = opened.sent().length;
    const until = await answerAll(opened, text, from);
    from = until;
    await opened.settle();
  }
  const drawn = await page.evaluate(async () => {
    const began = performance.now();
    document.body.dataset.vscodeThemeId = 'again';
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    return performance.now() - began;
  });
  const canvas = page.locator('#view-heads canvas');
  const box = (await canvas.boundingBox())!;
  await page.evaluate(() => {
    const gaps: number[] = [];
    Object.assign(window, { gaps });
    let last = performance.now();
    const tick = (now: number) => {
      gaps.push(now - last);
      last = now;
      requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  });
  const tasks = await tasksDuring(page, async () => {
    const end = performance.now() + TRACED_MS;
    for (let i = 0; performance.now() < end; i++) {
      await page.mouse.move(box.x + 20 + ((i * 37) % (SIZE.width - 60)), box.y + 30 + ((i * 53) % 400));
      await page.mouse.wheel(0, i % 40 < 20 ? 60 : -60);
      if (i % 10 === 0) {
        await page.keyboard.down('Control');
        await page.mouse.wheel(0, i % 20 === 0 ? -60 : 60);
        await page.keyboard.up('Control');
      }
    }
  });
  const gaps = await page.evaluate(() => (window as unknown as { gaps: number[] }).gaps);
  console.log(
    `\nside bar, all ${text.model.nLayers * text.model.nHeads} heads of ${text.tokens.length} tokens: all drawn again in ` +
      `${drawn.toFixed(0)} ms; ${TRACED_MS / 1000} s of panning, zooming and pointing: longest task ` +
      `${Math.max(...tasks).toFixed(1)} ms, ${tasks.filter((ms) => ms > LONG_MS).length} over ${LONG_MS} ms; longest time between ` +
      `two frames ${Math.max(...gaps).toFixed(0)} ms, of ${gaps.length}`,
  );
  await opened.close();
}
