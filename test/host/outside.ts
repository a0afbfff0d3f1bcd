/**
 * Whole VS Code windows driven from outside, for what a test in the extension host cannot see: the reload of the
 * window, which ends the extension host, and another window beside it.
 */
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Frame, Page } from 'playwright-core';
import { ensureCodeServer } from '../../scripts/lib/codeServer.ts';
import { inRoot, root } from '../../scripts/lib/paths.ts';
import { startServer } from '../../scripts/lib/server.ts';
import { openWindow, webviewFrames } from './standIn/window.ts';

export interface HostWindowOptions {
  settings?: Record<string, unknown>;
  /** Another extension than the one in the root. */
  extensionDevelopmentPath?: string;
}

export interface HostWindow {
  page: Page;
  /** A copy of examples/, open in the window. */
  folder: string;
  /** The document of a webview in which the selector is found, waited for. */
  webview(selector: string): Promise<Frame>;
  /** Runs a command by its title in the command palette. */
  command(title: string): Promise<void>;
  /** Opens a file of the folder by its name. */
  open(file: string): Promise<void>;
  /** Reloads the window by its command, which saves what is open, and waits until it is there again. */
  reload(): Promise<void>;
  /** Another window on the same folder. */
  another(): Promise<HostWindow>;
  /** Ends it; the first one ends the others too. */
  close(): Promise<void>;
}

/** Waits until the window shows VS Code's workbench with the extension under development. */
export async function workbenchReady(page: Page): Promise<void> {
  await page.locator('.monaco-workbench .part.editor').waitFor({ timeout: 60_000 });
  await page.waitForFunction(() => document.title.includes('Extension Development Host'), undefined, {
    timeout: 60_000,
  });
}

/** Opens VS Code on a copy of examples/ with the extension under development. */
export async function openHostWindow(options: HostWindowOptions = {}): Promise<HostWindow> {
  const state = mkdtempSync(join(tmpdir(), 'tokenscope-window-'));
  const folder = join(state, 'examples');
  cpSync(inRoot('examples'), folder, { recursive: true });
  const server = await startServer({
    codeServer: await ensureCodeServer(),
    state,
    settings: options.settings,
    env: { HOME: state, XDG_RUNTIME_DIR: state, XDG_CACHE_HOME: join(state, 'cache') },
  });
  const url = server.url({ folder, extensionDevelopmentPath: [options.extensionDevelopmentPath ?? root] });
  const open: HostWindow[] = [];
  const another = async () => {
    const window = await openWindow({ width: 1400, height: 900 }, () => {});
    await window.page.goto(url);
    await workbenchReady(window.page);
    const opened = { ...driven(window.page), folder, another, close: window.close };
    open.push(opened);
    return opened;
  };
  const first = await another();
  return {
    ...first,
    async close() {
      for (const { close } of open) await close();
      await server.stop();
      rmSync(state, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** What a test does in a window. */
function driven(page: Page): Omit<HostWindow, 'folder' | 'another' | 'close'> {
  const pick = async (text: string) => {
    const input = page.locator('.quick-input-widget input').first();
    await input.waitFor();
    await input.fill(text);
    await page
      .locator('.quick-input-list .monaco-list-row')
      .filter({ hasText: text.replace(/^>/, '') })
      .first()
      .click();
  };
  const command = async (title: string) => {
    await page.keyboard.press('F1');
    await pick(`>${title}`);
  };
  return {
    page,
    command,
    async webview(selector) {
      const end = Date.now() + 60_000;
      for (;;) {
        for (const frame of await webviewFrames(page)) {
          const found = await frame
            .locator(selector)
            .count()
            .catch(() => 0);
          if (found > 0) return frame;
        }
        if (Date.now() > end) throw new Error(`no webview showed ${selector} within 60 s`);
        await page.waitForTimeout(50);
      }
    },
    async open(file) {
      await page.keyboard.press('Control+P');
      await pick(file);
      await page.locator(`.tabs-container .tab.active[data-resource-name="${file}"]`).waitFor();
    },
    async reload() {
      const navigated = page.waitForEvent('framenavigated', (frame) => frame === page.mainFrame());
      await command('Developer: Reload Window');
      await navigated;
      await workbenchReady(page);
    },
  };
}
