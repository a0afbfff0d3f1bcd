/**
 * npm start: builds, then opens the extension under development on examples/, in a desktop VS Code if `code` is on
 * the PATH and there is a screen, else in VS Code's server on 127.0.0.1, whose address is printed. PORT chooses its
 * port; TOKENSCOPE_START=server takes the server in any case. Ctrl-C ends it.
 */
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { allParts, buildParts } from './build.ts';
import { ensureCodeServer } from './lib/codeServer.ts';
import { which } from './lib/exec.ts';
import { cacheRoot, inRoot, root } from './lib/paths.ts';
import { startServer } from './lib/server.ts';

const examples = inRoot('examples');

/** The `code` of a desktop that can show a window; not the one in a terminal of a remote window, which cannot. */
function findDesktop(): string | undefined {
  if (process.env.TOKENSCOPE_START === 'server' || process.env.VSCODE_IPC_HOOK_CLI) return undefined;
  const screen = process.platform !== 'linux' || process.env.DISPLAY || process.env.WAYLAND_DISPLAY;
  return screen ? which('code') : undefined;
}

/** Opens the window and waits until it is closed. */
async function openDesktop(code: string): Promise<number> {
  console.log(`opening VS Code (${code}) with the extension on ${examples}; close that window or press Ctrl-C to end`);
  const child = spawn(code, ['--new-window', '--wait', `--extensionDevelopmentPath=${root}`, examples], {
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (status) => resolve(status ?? 0));
  });
}

function wantedPort(): number {
  const port = Number(process.env.PORT ?? 0);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new Error(`PORT is "${process.env.PORT}": give a port number from 1 to 65535, or none for a free one`);
  }
  return port;
}

/** The server itself waits for ever on a port that is taken. */
async function assertFree(port: number): Promise<void> {
  const probe = createServer();
  await new Promise<void>((resolve, reject) => {
    probe.once('error', (error: NodeJS.ErrnoException) => {
      reject(
        new Error(`port ${port} cannot be used (${error.code}): give another one in PORT, or none for a free one`),
      );
    });
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve()));
  });
}

async function openServer(port: number): Promise<number> {
  const codeServer = await ensureCodeServer();
  const state = join(cacheRoot(), 'start');
  const server = await startServer({ codeServer, state, port, verbose: process.env.TOKENSCOPE_VERBOSE === '1' });
  let stopping = false;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (stopping) return;
      stopping = true;
      console.log('\nending the VS Code server');
      void server.stop();
    });
  }
  console.log(`
No desktop VS Code is used (no \`code\` on the PATH, or no screen): this is VS Code ${codeServer.version.replace(/^4/, '1')} as a server.
Installed in ${codeServer.folder}
Its settings are in ${state}; delete ${cacheRoot()} to remove both.
${codeServer.notes.map((note) => `Note: ${note}\n`).join('')}
Open this address in a browser on this machine (it opens Tokenscope on ${examples}):

  ${server.url({ folder: examples, extensionDevelopmentPath: [root] })}

Ctrl-C ends it.`);
  const status = await server.ended;
  return stopping ? 0 : status;
}

try {
  const code = findDesktop();
  const port = wantedPort();
  if (!code) await assertFree(port);
  await buildParts(allParts);
  process.exitCode = code ? await openDesktop(code) : await openServer(port);
} catch (error) {
  console.error(`npm start: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}
