import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Frame, Page } from 'playwright-core';
import type { WindowCommand } from './commands.ts';
import { describeWindow } from './report.ts';
import { webviewFrames } from './window.ts';

export interface Control {
  url: string;
  close(): void;
}

/** The endpoint on 127.0.0.1 through which a test in the extension host drives the window: POST a WindowCommand. */
export function startControl(page: Page, problems: string[]): Promise<Control> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (data: Buffer) => chunks.push(data));
    request.on('end', async () => {
      const answer = await perform(page, problems, JSON.parse(Buffer.concat(chunks).toString()) as WindowCommand).then(
        (value) => ({ ok: true, value }),
        async (error: unknown) => ({
          ok: false,
          error: `${error instanceof Error ? error.message : error}\n${await describeWindow(page)}`,
        }),
      );
      response.end(JSON.stringify(answer));
    });
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      resolve({ url: `http://127.0.0.1:${port}/`, close: () => server.close() });
    });
  });
}

async function perform(page: Page, problems: string[], command: WindowCommand): Promise<unknown> {
  switch (command.do) {
    case 'screenshot':
      await page.screenshot({ path: command.path });
      return command.path;
    case 'type':
      return page.keyboard.type(command.text, { delay: command.delay });
    case 'press':
      return page.keyboard.press(command.key);
    case 'compose':
      return compose(page, command.text, command.end);
    case 'click':
    case 'hover':
    case 'dblclick': {
      const frame = command.webview ? await oneWebview(page, command.selector) : page.mainFrame();
      return frame.locator(command.selector).first()[command.do]({ timeout: 10_000 });
    }
    case 'resize':
      return page.setViewportSize({ width: command.width, height: command.height });
    case 'eval':
      return evaluate(command.webview ? await oneWebview(page) : page.mainFrame(), command);
    case 'waitFor':
      return waitFor(page, command);
    case 'watch':
      return page.context().addInitScript(watch, command.selector);
    case 'seen':
      return seen(page, command.selector);
    case 'frames':
      return page.frames().map((frame) => frame.url());
    case 'problems':
      return problems;
  }
}

/** As an input method does it, by the protocol of Chrome's developer tools. */
async function compose(page: Page, text: string, end: boolean): Promise<void> {
  const tools = await page.context().newCDPSession(page);
  const { length } = text;
  if (end) await tools.send('Input.insertText', { text });
  else await tools.send('Input.imeSetComposition', { text, selectionStart: length, selectionEnd: length });
  await tools.detach();
}

/** The newest webview that is shown, or the newest that has the selector. */
async function oneWebview(page: Page, selector?: string): Promise<Frame> {
  const frames = await webviewFrames(page);
  for (const frame of frames) if (selector === undefined || (await frame.locator(selector).count()) > 0) return frame;
  throw new Error(`no webview is shown${selector === undefined ? '' : ` that has ${selector}`}`);
}

interface Script {
  script: string;
  args: unknown[];
}

function evaluate(frame: Frame, { script, args }: Script): Promise<unknown> {
  return frame.evaluate(`(${script})(...${JSON.stringify(args)})`);
}

/** Asks again until there is an answer: a webview's frame comes and goes while its page is loaded. */
async function waitFor(page: Page, command: Script & { webview: boolean; timeout: number }): Promise<unknown> {
  const end = Date.now() + command.timeout;
  let last = 'nothing to ask';
  for (;;) {
    const frames = command.webview ? await webviewFrames(page) : [page.mainFrame()];
    if (frames.length === 0) last = 'no webview is shown';
    for (const frame of frames) {
      try {
        const value = await evaluate(frame, command);
        if (value) return value;
        last = `the last answer was ${JSON.stringify(value)}`;
      } catch (error) {
        last = error instanceof Error ? error.message : String(error);
      }
    }
    if (Date.now() > end) throw new Error(`not so within ${command.timeout} ms (${last}): ${command.script}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** A page that notes when a selector first fits. */
type Watching = typeof globalThis & { seen?: Record<string, number> };

/** Runs in every page that is opened. */
function watch(selector: string): void {
  const watched = globalThis as Watching;
  watched.seen ??= {};
  // Observers and frames that were asked for are gone when a page is written anew; timers stay.
  const timer = setInterval(() => {
    if (!document.querySelector(selector)) return;
    clearInterval(timer);
    requestAnimationFrame(() => {
      watched.seen![selector] = performance.timeOrigin + performance.now();
    });
  }, 5);
}

async function seen(page: Page, selector: string): Promise<number | undefined> {
  for (const frame of page.frames()) {
    const at = await frame.evaluate((name) => (globalThis as Watching).seen?.[name], selector).catch(() => undefined);
    if (at) return at;
  }
  return undefined;
}
