import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Root of the checkout. */
export const root = resolve(fileURLToPath(new URL('../..', import.meta.url)));

/** A path inside the checkout. */
export const inRoot = (...parts: string[]): string => join(root, ...parts);

/** The per-user folder for what the commands install outside the checkout (TOKENSCOPE_CACHE, XDG_CACHE_HOME respected). */
export function cacheRoot(env: NodeJS.ProcessEnv = process.env): string {
  if (env.TOKENSCOPE_CACHE) return resolve(env.TOKENSCOPE_CACHE);
  if (env.XDG_CACHE_HOME) return join(env.XDG_CACHE_HOME, 'tokenscope');
  if (process.platform === 'win32' && env.LOCALAPPDATA) return join(env.LOCALAPPDATA, 'tokenscope');
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'tokenscope');
  return join(homedir(), '.cache', 'tokenscope');
}
