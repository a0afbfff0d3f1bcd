/**
 * Stands for the desktop program `Code` where there is none: takes the same command line, runs the tests in the
 * extension host of VS Code's server with a headless browser as the window, and exits with the tests' status.
 * TOKENSCOPE_TEST_VERBOSE=1 shows all logs, TOKENSCOPE_TEST_TIMEOUT (ms) ends a run that hangs, with a picture.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { format } from 'node:util';
import { ensureCodeServer } from '../../../scripts/lib/codeServer.ts';
import { type RunningServer, startServer } from '../../../scripts/lib/server.ts';
import { parseArguments } from './arguments.ts';
import { controlVariable } from './commands.ts';
import { type Control, startControl } from './control.ts';
import { type OpenWindow, openWindow } from './window.ts';

const verbose = process.env.TOKENSCOPE_TEST_VERBOSE === '1';
const timeout = Number(process.env.TOKENSCOPE_TEST_TIMEOUT ?? 600_000);
const args = parseArguments(process.argv.slice(2));
const state = mkdtempSync(join(tmpdir(), 'tokenscope-host-'));

let server: RunningServer | undefined;
let window: OpenWindow | undefined;
let control: Control | undefined;
let finishing: Promise<never> | undefined;

function finish(code: number): Promise<never> {
  finishing ??= (async () => {
    control?.close();
    await window?.close().catch(() => {});
    await server?.stop();
    rmSync(state, { recursive: true, force: true, maxRetries: 5 });
    process.exit(code);
  })();
  return finishing;
}

/** The workbench's own lines, which say nothing about the tests. */
const ownLine =
  /^(%c|\[Service Worker\]|ChatSessionStore|Updating additional|Ignoring fetching|Resolv(ing|ed) |Creating a socket|Invoking )/;

function show(type: string, values: unknown[]): void {
  const line = format(...values);
  if (!verbose && (type === 'debug' || type === 'trace' || ownLine.test(line))) return;
  (type === 'error' || type === 'warn' ? process.stderr : process.stdout).write(`${line}\n`);
}

function presetSettings(): Record<string, unknown> {
  const own = { 'window.restoreWindows': 'none', 'files.autoSave': 'off', 'editor.accessibilitySupport': 'off' };
  if (!args.userDataDir) return own;
  try {
    const file = readFileSync(join(args.userDataDir, 'User', 'settings.json'), 'utf8');
    return { ...own, ...(JSON.parse(file) as Record<string, unknown>) };
  } catch {
    return own;
  }
}

async function run(): Promise<void> {
  const problems: string[] = [];
  const [width, height] = (process.env.TOKENSCOPE_TEST_VIEWPORT ?? '1400x900').split('x').map(Number);
  window = await openWindow({ width, height }, (url) => problems.push(`request to ${url}`));
  const { page } = window;
  control = await startControl(page, problems);
  if (args.extensionsDir) mkdirSync(args.extensionsDir, { recursive: true });
  server = await startServer({
    codeServer: await ensureCodeServer(),
    state,
    settings: presetSettings(),
    env: { HOME: state, XDG_RUNTIME_DIR: state, XDG_CACHE_HOME: join(state, 'cache'), [controlVariable]: control.url },
    extensionsDir: args.extensionsDir,
    enableProposedApi: args.enableProposedApi,
    verbose,
  });
  void server.ended.then((code) => {
    if (finishing) return;
    console.error(`the VS Code server ended by itself with status ${code}`);
    void finish(1);
  });
  page.on('pageerror', (error) => problems.push(`page error: ${error.message}`));
  page.on('console', (message) => verbose && console.log(`[${message.type()}] ${message.text()}`));
  await page.exposeFunction('codeAutomationLog', show);
  await page.exposeFunction('codeAutomationExit', (code: number) => void finish(code));
  await page.goto(
    server.url({
      folder: args.folder,
      extensionDevelopmentPath: args.extensionDevelopmentPath,
      extensionTestsPath: args.extensionTestsPath,
      disableExtensions: args.disableExtensions,
    }),
  );
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void finish(130));
setTimeout(async () => {
  const picture = join(tmpdir(), 'tokenscope-host-timeout.png');
  const taken = await window?.page.screenshot({ path: picture }).then(
    () => true,
    () => false,
  );
  console.error(`the host tests did not end within ${timeout / 1000} s${taken ? `; the window: ${picture}` : ''}`);
  void finish(124);
}, timeout).unref();
run().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  void finish(1);
});
