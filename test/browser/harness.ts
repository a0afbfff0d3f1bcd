/**
 * Runs the built page (dist/webview) in a real browser, without an editor: the panel's strict content policy, a stub
 * of VS Code's webview API, and the CSS variables of VS Code's own themes. Nothing leaves the browser.
 */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import axe from 'axe-core';
import { type Browser, chromium, type Page } from 'playwright-core';
import { buildParts } from '../../scripts/build.ts';
import { ensureChromium, localOnly } from '../../scripts/lib/chromium.ts';
import { inRoot } from '../../scripts/lib/paths.ts';
import { bundleBlock } from '../../src/panel/bundleBlock.ts';
import type { PageScript } from '../../src/panel/html.ts';
import { pagePolicy } from '../../src/panel/policy.ts';
import type { HostMessage, PageMessage } from '../../src/panel/protocol.ts';
import { installStub } from './stub.ts';
import { type Theme, themeFacts } from './theme.ts';

export { type Theme, themes } from './theme.ts';

const origin = 'https://panel.tokenscope.test';
const types: Record<string, string> = {
  js: 'text/javascript',
  css: 'text/css',
  ttf: 'font/ttf',
  map: 'application/json',
  html: 'text/html; charset=utf-8',
};

export interface OpenOptions {
  theme?: Theme;
  /** What runs in the page; default: the panel's. */
  script?: PageScript;
  /** CSS pixels. */
  width?: number;
  height?: number;
  /** What getState() returns: a page that is restored after a window reload. */
  state?: unknown;
  reducedMotion?: boolean;
  /** Sentences of another language, by the English ones. */
  bundle?: Record<string, string>;
}

export interface OpenPage {
  /** The browser page, for locators, keyboard and mouse. */
  page: Page;
  /** Posts a message as the host would; typed arrays arrive as typed arrays. Resolves after the next animation frame. */
  send(message: HostMessage): Promise<void>;
  /** Resolves when what was changed has been drawn. */
  settle(): Promise<void>;
  /** All that the page has posted so far, oldest first. */
  sent(): PageMessage[];
  /** The first message of this type from index `from` on (default 0), waited for. */
  waitForMessage<T extends PageMessage['type']>(type: T, from?: number): Promise<Extract<PageMessage, { type: T }>>;
  /** Opens a view by its tab; resolves when its code is there. */
  openView(id: string): Promise<void>;
  /** What the page stored with setState. */
  state(): Promise<unknown>;
  /** Changes the theme under the open page, as VS Code does. */
  setTheme(theme: Theme): Promise<void>;
  screenshot(path: string): Promise<void>;
  /** Page errors, console errors, refused loads and requests to elsewhere. */
  problems(): Promise<string[]>;
  /** Fails with every finding of axe-core (WCAG 2.x A and AA, contrast included) in the page or in `selector`. */
  checkAxe(selector?: string): Promise<void>;
  /** Closes the page; fails when it had problems. */
  close(): Promise<void>;
}

let browser: Promise<Browser> | undefined;
let built: Promise<unknown> | undefined;

function launched(): Promise<Browser> {
  browser ??= ensureChromium().then((executablePath) => chromium.launch({ executablePath, args: localOnly }));
  return browser;
}

/** Ends the shared browser. Registered by itself as a last hook when mocha runs. */
export async function closeBrowser(): Promise<void> {
  await (await browser)?.close();
  browser = undefined;
}

if (typeof after === 'function') after(closeBrowser);

function html(theme: Theme, nonce: string, { script = 'main', bundle }: OpenOptions): string {
  const facts = themeFacts(theme);
  const style = Object.entries(facts.variables)
    .map(([name, value]) => `${name}: ${value};`)
    .join(' ')
    .replaceAll('"', '&quot;');
  // The effects that VS Code's own style sheet has on every webview, before the page's own.
  const base = `html { background: var(--vscode-editor-background); }
    html { scrollbar-color: var(--vscode-scrollbarSlider-background) var(--vscode-editor-background); }
    body { margin: 0; padding: 0 20px; overscroll-behavior-x: none; background-color: transparent; }
    body { color: var(--vscode-editor-foreground); font-size: var(--vscode-font-size); }
    body { font-family: var(--vscode-font-family); font-weight: var(--vscode-font-weight); }
    a, a code { color: var(--vscode-textLink-foreground); }
    a:focus, input:focus, select:focus, textarea:focus { outline: 1px solid -webkit-focus-ring-color; outline-offset: -1px; }
    code { color: var(--vscode-textPreformat-foreground); background-color: var(--vscode-textPreformat-background); }
    code { padding: 1px 3px; border-radius: 4px; }
    ::-webkit-scrollbar { width: 10px; height: 10px; }`;
  return `<!DOCTYPE html><html lang="en" style="${style}"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${pagePolicy(origin, nonce)}"><title>Tokenscope</title>
<style nonce="${nonce}">${base}</style>
<link rel="stylesheet" href="${origin}/codicon.css"><link rel="stylesheet" href="${origin}/${script}.css"></head>
<body class="${facts.bodyClass}" data-vscode-theme-kind="${facts.kind}" data-vscode-theme-id="${facts.id}">${bundleBlock(bundle)}
<script type="module" nonce="${nonce}" src="${origin}/${script}.js"></script></body></html>`;
}

/** Opens the page in a fresh browser context. Default: dark, 700 x 900. */
export async function openPage(options: OpenOptions = {}): Promise<OpenPage> {
  built ??= buildParts(['webview']);
  await built;
  const theme = options.theme ?? 'dark';
  const nonce = 'tokenscopetestnonce';
  const context = await (await launched()).newContext({
    viewport: { width: options.width ?? 700, height: options.height ?? 900 },
    colorScheme: theme.includes('light') ? 'light' : 'dark',
    forcedColors: 'none',
    reducedMotion: options.reducedMotion ? 'reduce' : 'no-preference',
  });
  const page = await context.newPage();
  const problems: string[] = [];
  const messages: PageMessage[] = [];
  const waiting = new Set<() => void>();

  page.on('pageerror', (error) => problems.push(`page error: ${error.stack ?? error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(`console: ${message.text()} ${message.location().url}`);
  });
  await page.exposeFunction('tokenscopeSent', (message: PageMessage) => {
    messages.push(message);
    for (const check of waiting) check();
  });
  // tsx names functions with a helper that functions sent into the page would miss.
  await page.addInitScript({ content: 'globalThis.__name ??= (target) => target;' });
  await page.addInitScript(installStub, { state: options.state ?? undefined });
  await context.route('**/*', async (route) => {
    const url = new URL(route.request().url());
    const name = url.pathname.slice(1);
    if (url.origin === origin && name === '') {
      return route.fulfill({ contentType: types.html, body: html(theme, nonce, options) });
    }
    const file = join(inRoot('dist/webview'), name);
    if (url.origin === origin && !name.includes('..') && existsSync(file)) {
      return route.fulfill({ contentType: types[name.split('.').pop() ?? ''] ?? '', body: readFileSync(file) });
    }
    problems.push(`request for ${url.href}`);
    return route.abort();
  });
  await page.goto(`${origin}/`);
  // The open view's code comes after the page's own.
  await page.waitForSelector('.view', { state: 'attached' });

  const nextFrame = () => page.evaluate(() => new Promise<void>((done) => requestAnimationFrame(() => done())));
  const allProblems = async () => [...problems, ...((await page.evaluate(() => window.tokenscopeViolations)) ?? [])];

  return {
    page,
    async send(message) {
      await page.evaluate((data) => void window.postMessage(data, '*'), message);
      await nextFrame();
    },
    async settle() {
      await nextFrame();
      await nextFrame();
    },
    sent: () => [...messages],
    waitForMessage: (type, from = 0) =>
      new Promise((resolve, reject) => {
        const check = () => {
          const found = messages.slice(from).find((message) => message.type === type);
          if (!found) return;
          clearTimeout(timer);
          waiting.delete(check);
          resolve(found as Extract<PageMessage, { type: typeof type }>);
        };
        const timer = setTimeout(() => {
          waiting.delete(check);
          const had = messages.map((message) => message.type).join(', ') || 'nothing';
          reject(new Error(`the page did not post '${type}' within 10 s; it posted ${had}`));
        }, 10_000);
        waiting.add(check);
        check();
      }),
    async openView(id) {
      await page.locator(`#tab-${id}`).click();
      await page.waitForSelector(`#view-${id} .view`, { state: 'attached' });
    },
    state: () => page.evaluate(() => window.tokenscopeState),
    async setTheme(next) {
      await page.emulateMedia({ colorScheme: next.includes('light') ? 'light' : 'dark' });
      await page.evaluate((facts) => {
        const style = document.documentElement.style;
        for (const name of [...style]) if (name.startsWith('--vscode-')) style.removeProperty(name);
        for (const [name, value] of Object.entries(facts.variables)) style.setProperty(name, value);
        const own = [...document.body.classList].filter((name) => !name.startsWith('vscode-'));
        document.body.className = [...own, ...facts.bodyClass.split(' ')].join(' ');
        document.body.dataset.vscodeThemeKind = facts.kind;
        document.body.dataset.vscodeThemeId = facts.id;
      }, themeFacts(next));
      await nextFrame();
    },
    async screenshot(path) {
      await page.screenshot({ path });
    },
    problems: allProblems,
    async checkAxe(selector) {
      await page.evaluate(axe.source);
      const findings = await page.evaluate(async (scope) => {
        const run = (window as unknown as { axe: typeof axe }).axe.run;
        const result = await run(scope ?? document, {
          runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
          rules: { region: { enabled: false }, 'page-has-heading-one': { enabled: false } },
        });
        return result.violations.flatMap((violation) =>
          violation.nodes.map((node) => `${violation.id}: ${node.target.join(' ')}: ${node.failureSummary ?? ''}`),
        );
      }, selector);
      assert.deepEqual(findings, [], `axe-core found:\n${findings.join('\n')}`);
    },
    async close() {
      const had = await allProblems().catch(() => problems);
      await context.close();
      assert.deepEqual(had, [], `the page had problems:\n${had.join('\n')}`);
    },
  };
}
