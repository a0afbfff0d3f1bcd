import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { aptInstall, canApt } from './apt.ts';
import { exec, execOk, which } from './exec.ts';
import { cacheRoot } from './paths.ts';

/** The VS Code server is the part lib/vscode of this npm package; 4.100.3 is VS Code 1.100.3 and runs on Node 20. */
const version = '4.100.3';

/** Addons the server can do without: its log files, its check that the window is alive, the terminal. */
const addons = ['@vscode/spdlog', 'native-watchdog', 'node-pty'];

export interface CodeServer {
  /** Folder of VS Code's server, with out/server-main.js. */
  folder: string;
  version: string;
  /** What was installed, and what could not be. */
  notes: string[];
}

/**
 * The VS Code server, installed on first use into the per-user cache, in a folder keyed by version and Node ABI.
 * @throws Error when the npm registry cannot be reached.
 */
export async function ensureCodeServer(): Promise<CodeServer> {
  const name = `code-server-${version}-node${process.versions.modules}`;
  const home = join(cacheRoot(), name);
  const ready = join(home, 'ready.json');
  const folder = join(home, 'package', 'lib', 'vscode');
  if (existsSync(ready)) return { folder, version, notes: JSON.parse(readFileSync(ready, 'utf8')) as string[] };

  console.log(`installing the VS Code server (npm package code-server@${version}) into ${home}`);
  mkdirSync(cacheRoot(), { recursive: true });
  const scratch = mkdtempSync(join(cacheRoot(), `${name}-`));
  try {
    const notes = await install(scratch);
    writeFileSync(join(scratch, 'ready.json'), JSON.stringify(notes, null, 2));
    // Moved into place only when whole, so that an interrupted install is never used.
    rmSync(home, { recursive: true, force: true });
    renameSync(scratch, home);
    for (const note of notes) console.log(`  ${note}`);
    return { folder, version, notes };
  } catch (error) {
    rmSync(scratch, { recursive: true, force: true });
    throw new Error(
      `the VS Code server could not be installed. A connection to the npm registry is needed this first time. ${error instanceof Error ? error.message : error}`,
    );
  }
}

async function install(scratch: string): Promise<string[]> {
  const packed = (
    await execOk('npm', ['pack', '--silent', '--loglevel=error', `code-server@${version}`], { cwd: scratch })
  ).trim();
  const archive = packed.split('\n').pop() ?? '';
  await execOk('tar', ['xzf', archive], { cwd: scratch });
  rmSync(join(scratch, archive));
  const folder = join(scratch, 'package', 'lib', 'vscode');
  // Its install scripts download a binary from elsewhere; what the server loads is set up below instead.
  await execOk('npm', ['install', '--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: folder,
  });
  return [...(await linkRipgrep(folder)), ...(await compileAddons(folder))];
}

async function linkRipgrep(folder: string): Promise<string[]> {
  if (!which('rg') && canApt()) await aptInstall(['ripgrep'], "the server's search in files").catch(() => {});
  const rg = which('rg');
  if (!rg) return ['ripgrep is not installed: search in files does not work in this window'];
  const bin = join(folder, 'node_modules', '@vscode', 'ripgrep', 'bin');
  mkdirSync(bin, { recursive: true });
  symlinkSync(rg, join(bin, 'rg'));
  return [];
}

async function compileAddons(folder: string): Promise<string[]> {
  const gyp = await findNodeGyp();
  if (!gyp || !which('make') || !which('g++') || !which('python3')) {
    return ['no C++ compiler: the server runs without its addons (no terminal in this window)'];
  }
  const prefix = dirname(dirname(realpathSync(process.execPath)));
  const headers = existsSync(join(prefix, 'include', 'node')) ? [`--nodedir=${prefix}`] : [];
  const notes: string[] = [];
  for (const addon of addons) {
    const cwd = join(folder, 'node_modules', addon);
    if (!existsSync(cwd)) continue;
    const { code } = await exec(process.execPath, [gyp, 'rebuild', ...headers], { cwd });
    if (code !== 0) notes.push(`${addon} did not compile: the server runs without it`);
  }
  return notes;
}

/** npm's own node-gyp. */
async function findNodeGyp(): Promise<string | undefined> {
  const roots = [];
  if (process.env.npm_execpath) roots.push(dirname(dirname(process.env.npm_execpath)));
  const globals = await exec('npm', ['root', '-g', '--loglevel=error']).catch(() => undefined);
  if (globals?.code === 0) roots.push(join(globals.output.trim(), 'npm'));
  return roots.map((path) => join(path, 'node_modules/node-gyp/bin/node-gyp.js')).find((path) => existsSync(path));
}
