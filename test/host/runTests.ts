/**
 * Runs test/host in a real VS Code: `tsx test/host/runTests.ts [--grep PATTERN] [--theme NAME]`.
 * TOKENSCOPE_VSCODE names a desktop VS Code to use; without it the VS Code server stands in (see standIn/main.ts).
 */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { runTests } from '@vscode/test-electron';
import { build } from 'esbuild';
import { ensureCodeServer } from '../../scripts/lib/codeServer.ts';
import { execOk } from '../../scripts/lib/exec.ts';
import { inRoot, root } from '../../scripts/lib/paths.ts';

export interface HostOptions {
  /** Only tests whose names match. */
  grep?: string;
  /** Value of workbench.colorTheme. */
  theme?: string;
  /** The module with run(), from the root; default test/host/index.ts. */
  entry?: string;
  viewport?: { width: number; height: number };
  /** Added to the environment of the extension host. */
  env?: Record<string, string>;
  /** Settings preset for the window. */
  settings?: Record<string, unknown>;
  /** Another extension than the one in the root. */
  extensionDevelopmentPath?: string;
  /** A .vsix file to install before the window opens. */
  install?: string;
}

/** Test files of a folder, from the root. */
export function testFiles(folder: string): string[] {
  return readdirSync(inRoot(folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.test.ts'))
    .map((file) => join(folder, file));
}

/** Bundles the entry and the tests: the extension host loads CommonJS. */
async function bundle(entry: string, outdir: string): Promise<string> {
  rmSync(outdir, { recursive: true, force: true });
  await build({
    absWorkingDir: root,
    entryPoints: Object.fromEntries(
      [entry, ...testFiles('test/host')].map((file) => [file.replace(/\.ts$/, '').replace(/[\\/]/g, '-'), file]),
    ),
    outdir,
    outExtension: { '.js': '.cjs' },
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    sourcemap: 'inline',
    sourcesContent: false,
    external: ['vscode', 'mocha'],
    define: { 'import.meta.url': '__importMetaUrl' },
    banner: { js: "const __importMetaUrl = require('node:url').pathToFileURL(__filename).href;" },
    logLevel: 'warning',
  });
  return join(outdir, `${entry.replace(/\.ts$/, '').replace(/[\\/]/g, '-')}.cjs`);
}

/** Installs a .vsix file as VS Code's command line does. @throws Error with its output */
async function installExtension(file: string, folders: string[]): Promise<void> {
  const desktop = process.env.TOKENSCOPE_VSCODE;
  const server = async () => [process.execPath, join((await ensureCodeServer()).folder, 'out', 'server-main.js')];
  const [program, ...before] = desktop ? [desktop] : await server();
  await execOk(program, [...before, '--install-extension', file, ...folders]);
}

/** Runs the tests of an entry in VS Code. The window's folder is a copy of examples/. @returns whether all passed. */
export async function runInHost(options: HostOptions = {}): Promise<boolean> {
  const entry = options.entry ?? 'test/host/index.ts';
  const scratch = mkdtempSync(join(tmpdir(), 'tokenscope-tests-'));
  try {
    const extensionTestsPath = await bundle(entry, inRoot('out', 'host', basename(entry, '.ts')));
    // A copy: tests edit these files.
    const folder = join(scratch, 'examples');
    cpSync(inRoot('examples'), folder, { recursive: true });
    mkdirSync(join(scratch, 'user', 'User'), { recursive: true });
    const settings = {
      'workbench.colorTheme': options.theme ?? 'Default Dark Modern',
      // Looking for ports VS Code's server starts processes from the extension host, and blocks it for that.
      'remote.autoForwardPortsSource': 'output',
      ...options.settings,
    };
    writeFileSync(join(scratch, 'user', 'User', 'settings.json'), JSON.stringify(settings));
    const extensionsDir = `--extensions-dir=${join(scratch, 'extensions')}`;
    if (options.install) await installExtension(options.install, [extensionsDir, `--user-data-dir=${scratch}`]);
    const { width, height } = options.viewport ?? { width: 1400, height: 900 };
    await runTests({
      vscodeExecutablePath: process.env.TOKENSCOPE_VSCODE ?? inRoot('test', 'host', 'standIn', 'code.mjs'),
      extensionDevelopmentPath: options.extensionDevelopmentPath ?? root,
      extensionTestsPath,
      launchArgs: [folder, `--user-data-dir=${join(scratch, 'user')}`, extensionsDir],
      extensionTestsEnv: {
        TOKENSCOPE_TEST_ROOT: root,
        TOKENSCOPE_TEST_VIEWPORT: `${width}x${height}`,
        ...(options.grep ? { TOKENSCOPE_TEST_GREP: options.grep } : {}),
        ...options.env,
      },
    });
    return true;
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return false;
  } finally {
    rmSync(scratch, { recursive: true, force: true, maxRetries: 5 });
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { values } = parseArgs({ options: { grep: { type: 'string' }, theme: { type: 'string' } } });
  process.exitCode = (await runInHost(values)) ? 0 : 1;
}
