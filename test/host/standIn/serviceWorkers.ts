import type { Page } from 'playwright-core';

/**
 * Lets a webview have its service worker although an old one clings to its place.
 *
 * Each webview brings a service worker of its own, all with the same scope, so that the newest takes over. The old one
 * stays while it has work, and a webview that is closed while its files are loading leaves it waiting for an answer
 * from a page that is gone: 30 s, in which the next webview shows nothing. VS Code has no end to that, so the old worker
 * is stopped here, once the pages that are there have their files.
 */
export async function passOnServiceWorkers(page: Page): Promise<void> {
  const session = await page.context().newCDPSession(page);
  /** Of each scope, the version that is in its place. */
  const active = new Map<string, string>();
  session.on('ServiceWorker.workerVersionUpdated', async ({ versions }) => {
    for (const { versionId, registrationId, status } of versions) {
      if (status === 'activated') active.set(registrationId, versionId);
      const old = active.get(registrationId);
      if (status !== 'installed' || old === undefined) continue;
      await pagesLoaded(page);
      // It may be gone by itself, or the whole window.
      await session.send('ServiceWorker.stopWorker', { versionId: old }).catch(() => {});
    }
  });
  await session.send('ServiceWorker.enable');
}

/** Waits until no webview's page is loading. VS Code writes the page, with its default styles, over an empty one. */
async function pagesLoaded(page: Page): Promise<void> {
  const pages = page.frames().filter((frame) => frame.url().includes('fake.html'));
  // Asked again by a timer: a page that is not shown has no animation frames.
  const whole = () => document.readyState === 'complete' && document.getElementById('_defaultStyles') !== null;
  await Promise.all(pages.map((frame) => frame.waitForFunction(whole, undefined, { polling: 50 }).catch(() => {})));
}
