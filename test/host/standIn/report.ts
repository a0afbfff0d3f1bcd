import type { Frame, Page } from 'playwright-core';

/** What a failed step leaves to be understood: the window's frames, and the last lines of its console. */
export async function describeWindow(page: Page): Promise<string> {
  const frames = await Promise.all(page.frames().map(describeFrame));
  const messages = await page.consoleMessages().catch(() => []);
  const lines = messages
    // The workbench's news: the tests' own output, and what says nothing of them.
    .filter((message) => !message.text().startsWith('%c INFO'))
    .slice(-20)
    .map((message) => `${message.type()}: ${message.text()}`);
  return ['frames:', ...frames, 'console:', ...lines].map((line) => `  ${line.slice(0, 300)}`).join('\n');
}

async function describeFrame(frame: Frame): Promise<string> {
  if (!frame.parentFrame()) return 'the window';
  const element = await frame.frameElement().catch(() => undefined);
  const visible = await element?.isVisible().catch(() => false);
  // Webviews are told apart by their id; the rest of their long addresses says nothing.
  const [path, query] = frame.url().split('?');
  const id = new URLSearchParams(query).get('id');
  return `${path.split('/').pop()}${id ? `?id=${id}` : ''}, ${visible ? 'shown' : 'not shown'}`;
}
