import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { CodeServer } from './codeServer.ts';

export interface ServerOptions {
  codeServer: CodeServer;
  /** Folder for all state of this server: settings, extensions, logs. */
  state: string;
  /** 0 takes a free one. */
  port?: number;
  /** User settings to begin with, where the state has none yet. */
  settings?: Record<string, unknown>;
  /** Added to the environment of the extension host. */
  env?: Record<string, string>;
  extensionsDir?: string;
  enableProposedApi?: string;
  verbose?: boolean;
}

export interface WindowOptions {
  folder?: string;
  extensionDevelopmentPath: string[];
  extensionTestsPath?: string;
  disableExtensions?: boolean;
}

export interface RunningServer {
  port: number;
  /** Address of a window with these contents. */
  url(window: WindowOptions): string;
  /** Resolves when the process has ended, with its exit code. */
  ended: Promise<number>;
  stop(): Promise<void>;
}

const quietSettings: Record<string, unknown> = {
  'security.workspace.trust.enabled': false,
  'workbench.startupEditor': 'none',
  'workbench.enableExperiments': false,
  'telemetry.telemetryLevel': 'off',
  'extensions.ignoreRecommendations': true,
  'extensions.autoCheckUpdates': false,
  'update.mode': 'none',
  'git.enabled': false,
  'chat.commandCenter.enabled': false,
  'window.commandCenter': false,
  'workbench.tips.enabled': false,
};

/** Starts VS Code's server on 127.0.0.1, behind a token of its own. @throws Error with its output when it does not start. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { codeServer, state } = options;
  const userData = join(state, 'user');
  const extensions = options.extensionsDir ?? join(state, 'extensions');
  for (const folder of [join(userData, 'User'), join(state, 'data'), extensions])
    mkdirSync(folder, { recursive: true });
  // Settings that a person changed in an earlier window stay.
  const settings = join(userData, 'User', 'settings.json');
  if (!existsSync(settings))
    writeFileSync(settings, JSON.stringify({ ...quietSettings, ...options.settings }, null, 2));

  // Other users of the machine and other pages of the browser must not get at a server that can run commands.
  const token = randomBytes(16).toString('hex');
  const server = spawn(
    process.execPath,
    [
      join(codeServer.folder, 'out', 'server-main.js'),
      ...['--host', '127.0.0.1', '--port', String(options.port ?? 0), '--connection-token', token],
      ...['--accept-server-license-terms', '--telemetry-level', 'off', '--enable-smoke-test-driver'],
      ...['--server-data-dir', join(state, 'data'), '--user-data-dir', userData, '--extensions-dir', extensions],
      ...(options.enableProposedApi ? ['--enable-proposed-api', options.enableProposedApi] : []),
      ...(options.verbose ? ['--log', 'debug'] : []),
    ],
    {
      // A process group of its own, so that the extension host and its workers end with it.
      detached: process.platform !== 'win32',
      stdio: ['ignore', 'pipe', 'pipe'],
      // No marketplace: nothing is fetched.
      env: { ...process.env, ...options.env, EXTENSIONS_GALLERY: '{"serviceUrl":""}' },
    },
  );
  const ended = new Promise<number>((done) => server.once('exit', (code) => done(code ?? 1)));
  const stop = () => stopGroup(server, ended);
  // However this process ends, the server does not outlive it.
  const kill = () => signalGroup(server, 'SIGKILL');
  process.once('exit', kill);
  void ended.then(() => process.off('exit', kill));
  const port = await listening(server, ended, options.verbose ?? false).catch(async (error) => {
    await stop();
    throw error;
  });
  return {
    port,
    ended,
    stop,
    url(window) {
      const authority = `127.0.0.1:${port}`;
      const remote = (path: string) => `vscode-remote://${authority}${encodeURI(asUrlPath(path))}`;
      const payload: string[][] = window.extensionDevelopmentPath.map((path) => [
        'extensionDevelopmentPath',
        remote(path),
      ]);
      if (window.extensionTestsPath) payload.push(['extensionTestsPath', remote(window.extensionTestsPath)]);
      if (window.disableExtensions) payload.push(['disableExtensions', 'true']);
      payload.push(['skipWelcome', 'true'], ['skipReleaseNotes', 'true']);
      const query = new URLSearchParams({ tkn: token, payload: JSON.stringify(payload) });
      if (window.folder) query.set('folder', asUrlPath(window.folder));
      else query.set('ew', 'true');
      return `http://${authority}/?${query}`;
    },
  };
}

function asUrlPath(path: string): string {
  const full = resolve(path).replaceAll('\\', '/');
  return full.startsWith('/') ? full : `/${full}`;
}

function listening(server: ChildProcess, ended: Promise<number>, verbose: boolean): Promise<number> {
  return new Promise((done, fail) => {
    let output = '';
    const read = (data: Buffer) => {
      if (verbose) process.stderr.write(data);
      if (output.length > 100_000) return;
      output += data.toString();
      const port = /Extension host agent listening on (\d+)/.exec(output)?.[1];
      if (port) done(Number(port));
    };
    server.stdout?.on('data', read);
    server.stderr?.on('data', read);
    server.once('error', fail);
    void ended.then((code) =>
      fail(new Error(`the VS Code server ended with status ${code} before it listened:\n${output}`)),
    );
  });
}

function signalGroup(server: ChildProcess, name: NodeJS.Signals): void {
  if (server.pid === undefined) return;
  try {
    if (process.platform === 'win32') server.kill(name);
    else process.kill(-server.pid, name);
  } catch {
    // already gone
  }
}

async function stopGroup(server: ChildProcess, ended: Promise<number>): Promise<void> {
  signalGroup(server, 'SIGTERM');
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, 3000);
  });
  await Promise.race([ended, late]);
  clearTimeout(timer);
  // What the server started and left behind ends too.
  signalGroup(server, 'SIGKILL');
}
