import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { aptInstall, canApt } from './apt.ts';
import { exec, which } from './exec.ts';

const names = [
  'chromium-headless-shell',
  'chromium',
  'chromium-browser',
  'google-chrome',
  'google-chrome-stable',
  'microsoft-edge',
  'chrome',
];

const macs = ['Chromium', 'Google Chrome', 'Microsoft Edge'].map(
  (name) => `/Applications/${name}.app/Contents/MacOS/${name}`,
);

function windows(): string[] {
  const folders = ['PROGRAMFILES', 'PROGRAMFILES(X86)', 'LOCALAPPDATA'].map((name) => process.env[name] ?? '');
  const files = ['Google/Chrome/Application/chrome.exe', 'Microsoft/Edge/Application/msedge.exe'];
  return folders.flatMap((folder) => files.map((file) => join(folder, file)));
}

/** An installed Chromium, Chrome or Edge. TOKENSCOPE_CHROMIUM names another one. */
export function findChromium(): string | undefined {
  const named = process.env.TOKENSCOPE_CHROMIUM;
  if (named) {
    if (!existsSync(named)) throw new Error(`TOKENSCOPE_CHROMIUM names ${named}, which does not exist`);
    return named;
  }
  for (const name of names) {
    const path = which(name);
    if (path) return path;
  }
  const others = process.platform === 'darwin' ? macs : process.platform === 'win32' ? windows() : [];
  return others.find((path) => existsSync(path));
}

/** Finds a browser; on Debian as root installs one, with fonts. @throws Error saying what to install. */
export async function ensureChromium(): Promise<string> {
  let path = findChromium();
  if (!path && canApt()) {
    await aptInstall(['chromium-headless-shell', 'fonts-dejavu-core', 'fonts-liberation'], 'a browser for the tests');
    path = findChromium();
  }
  if (!path) {
    throw new Error(
      'no browser for the tests: neither Chromium, Chrome nor Edge was found, and this process cannot install one ' +
        '(it needs root on Debian or Ubuntu). Install one, or name it in TOKENSCOPE_CHROMIUM.',
    );
  }
  await ensureFonts();
  return path;
}

async function ensureFonts(): Promise<void> {
  if (!canApt()) return;
  const fonts = which('fc-list') ? (await exec('fc-list', [])).output : '';
  const missing: string[] = [];
  if (!/DejaVu|Liberation/.test(fonts)) missing.push('fonts-dejavu-core', 'fonts-liberation');
  if (!/Noto Color Emoji/.test(fonts)) missing.push('fonts-noto-color-emoji');
  if (!/Noto.*CJK|Droid Sans Fallback/.test(fonts)) missing.push('fonts-droid-fallback');
  if (missing.length > 0) await aptInstall(missing, 'fonts for the test window');
}

/** Arguments for a browser that reaches nothing but this machine. */
export const localOnly = [
  '--no-sandbox',
  '--disable-dev-shm-usage',
  '--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1',
];
