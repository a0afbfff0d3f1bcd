import { chromium, type Frame, type Page } from 'playwright-core';
import { ensureChromium, localOnly } from '../../../scripts/lib/chromium.ts';
import { passOnServiceWorkers } from './serviceWorkers.ts';

export interface WindowSize {
  width: number;
  height: number;
}

export interface OpenWindow {
  page: Page;
  version: string;
  close(): Promise<void>;
}

/** A headless browser window that reaches nothing but 127.0.0.1; requests to elsewhere are told to `outside`. */
export async function openWindow(size: WindowSize, outside: (url: string) => void): Promise<OpenWindow> {
  const executablePath = await ensureChromium();
  const browser = await chromium.launch({ executablePath, args: localOnly });
  const context = await browser.newContext({ viewport: size });
  await context.route(
    (url) => !['127.0.0.1', ''].includes(url.hostname) && !['blob:', 'data:'].includes(url.protocol),
    (route) => {
      outside(route.request().url());
      return route.abort();
    },
  );
  const page = await context.newPage();
  await passOnServiceWorkers(page);
  return { page, version: browser.version(), close: () => browser.close() };
}

/** The inner frames of all webviews that are shown, newest first. A webview's own document is its frame fake.html. */
export async function webviewFrames(page: Page): Promise<Frame[]> {
  const shown: Frame[] = [];
  for (const frame of page.frames().reverse()) {
    if (!frame.url().includes('fake.html')) continue;
    const outer = await frame
      .parentFrame()
      ?.frameElement()
      .catch(() => undefined);
    if (await outer?.isVisible().catch(() => false)) shown.push(frame);
  }
  return shown;
}
