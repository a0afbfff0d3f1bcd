import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isPackedFile, packedOf } from './packedFile.ts';

/** Packed weights of all models together take at most so many bytes on the disk. */
const MOST_BYTES = 2 ** 31;
/** A file that was begun and not finished since is nobody's any more. */
const ABANDONED_MS = 60 * 60 * 1000;

/** Drops packed weights whose model is gone, what was left half written, and the least used beyond the limit. */
export async function tidyPackedFolder(folder: string, most = MOST_BYTES): Promise<void> {
  const files: { path: string; size: number; used: number }[] = [];
  for (const name of await readdir(folder).catch(() => [] as string[])) {
    if (!isPackedFile(name)) continue;
    const path = join(folder, name);
    const info = await stat(path).catch(() => undefined);
    if (!info) continue;
    if (name.endsWith('.half')) {
      if (Date.now() - info.mtimeMs > ABANDONED_MS) await rm(path, { force: true });
      continue;
    }
    const model = await packedOf(path);
    const isThere = model !== undefined && (await stat(model).catch(() => undefined));
    if (isThere) files.push({ path, size: info.size, used: info.mtimeMs });
    else await rm(path, { force: true });
  }
  files.sort((a, b) => b.used - a.used);
  let sum = 0;
  for (const { path, size } of files) {
    sum += size;
    if (sum > most) await rm(path, { force: true });
  }
}
