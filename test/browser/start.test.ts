import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { ensureCodeServer } from '../../scripts/lib/codeServer.ts';
import { root } from '../../scripts/lib/paths.ts';
import { workbenchReady } from '../host/outside.ts';
import { openWindow } from '../host/standIn/window.ts';

interface Started {
  process: ChildProcess;
  output(): string;
  address: Promise<string>;
}

function start(env: Record<string, string>): Started {
  const child = spawn(process.execPath, ['scripts/bootstrap.mjs', 'start'], {
    cwd: root,
    env: { ...process.env, TOKENSCOPE_START: 'server', ...env },
  });
  let output = '';
  const address = new Promise<string>((resolve, reject) => {
    const read = (data: Buffer) => {
      output += data.toString();
      const url = /http:\/\/127\.0\.0\.1:\d+\/\S+/.exec(output)?.[0];
      if (url) resolve(url);
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.once('exit', () => reject(new Error(`npm start ended: ${output}`)));
  });
  address.catch(() => {});
  return { process: child, output: () => output, address };
}

describe('npm start', () => {
  let cache: string;

  before(async () => {
    // Its own state, over the server that is installed already.
    const { folder } = await ensureCodeServer();
    const installed = join(folder, '..', '..', '..');
    cache = mkdtempSync(join(tmpdir(), 'tokenscope-cache-'));
    symlinkSync(installed, join(cache, installed.split(/[\\/]/).pop() ?? ''));
  });

  after(() => rmSync(cache, { recursive: true, force: true, maxRetries: 5 }));

  it('prints an address where the extension under development opens on the examples, until it is interrupted', async () => {
    const started = start({ TOKENSCOPE_CACHE: cache });
    const address = await started.address;
    const window = await openWindow({ width: 1200, height: 800 }, () => {});
    try {
      const refused = await fetch(address.replace(/tkn=\w+/, 'tkn=wrong'), { redirect: 'manual' });
      assert.equal(refused.status, 403, 'a wrong token is refused');
      await window.page.goto(address);
      await workbenchReady(window.page);
      await window.page.locator('.explorer-folders-view').getByText('attention.md').waitFor({ timeout: 30_000 });
    } finally {
      await window.close();
      started.process.kill('SIGTERM');
      if (started.process.exitCode === null) await once(started.process, 'exit');
    }
    assert.equal(started.process.exitCode, 0, started.output());
    await assert.rejects(fetch(address), 'the server has ended');
  });

  it('opens a desktop VS Code where there is one', async () => {
    const bin = mkdtempSync(join(tmpdir(), 'tokenscope-bin-'));
    const bundles = ['extension.cjs', 'worker.js', 'packing.js', 'webview/main.js', 'webview/side.js'];
    const built = bundles.map((name) => join(root, 'dist', name));
    for (const file of built) rmSync(file, { force: true });
    // Stands for the desktop's command: shows what it is called with, and ends as if the window was closed.
    writeFileSync(join(bin, 'code'), '#!/bin/sh\nprintf "[%s]" "$@"\n', { mode: 0o755 });
    const started = start({
      PATH: `${bin}${delimiter}${process.env.PATH}`,
      DISPLAY: ':0',
      TOKENSCOPE_START: '',
      VSCODE_IPC_HOOK_CLI: '',
    });
    await once(started.process, 'close');
    rmSync(bin, { recursive: true });
    assert.equal(started.process.exitCode, 0, started.output());
    const call = `[--new-window][--wait][--extensionDevelopmentPath=${root}][${join(root, 'examples')}]`;
    assert.ok(started.output().includes(call), started.output());
    for (const file of built) assert.ok(existsSync(file), `${file} is built`);
  });

  it('says which port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const taken = other.address();
    assert.ok(taken && typeof taken === 'object');
    const started = start({ TOKENSCOPE_CACHE: cache, PORT: String(taken.port) });
    await once(started.process, 'exit');
    other.close();
    assert.equal(started.process.exitCode, 1);
    assert.match(started.output(), new RegExp(`port ${taken.port}`, 'i'));
  });

  it('refuses a PORT that is none', async () => {
    const started = start({ TOKENSCOPE_CACHE: cache, PORT: 'eighty' });
    await once(started.process, 'exit');
    assert.equal(started.process.exitCode, 1);
    assert.match(started.output(), /PORT is "eighty".*1 to 65535/);
  });
});
