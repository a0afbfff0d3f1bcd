import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { readFloatArrays } from '../../weights/safetensors.ts';
import type { ModelSource } from '../../weights/source.ts';
import { safetensorsParts } from '../../weights/writeSafetensors.ts';
import { type Smoothing, smoothingFromArrays, smoothingToArrays } from './smoothing.ts';

/** Changes when the calibration does, so that files of an older one are not used. */
const VERSION = 1;

/**
 * Divisors worked out before: shipped beside the model's file, or kept in the cache folder. A file that is missing,
 * damaged or of other weights is as good as none: they are worked out again.
 */
export async function readSmoothing(source: ModelSource, cacheDir: string | undefined): Promise<Smoothing | undefined> {
  for (const folder of [join(dirname(source.path), 'int8'), cacheDir]) {
    if (!folder) continue;
    const arrays = await readFloatArrays(smoothingPath(source, folder)).catch(() => undefined);
    if (!arrays) continue;
    const data = new Map([...arrays].map(([name, array]) => [name, array.data]));
    const smoothing = smoothingFromArrays(data, source.config);
    if (smoothing) return smoothing;
  }
  return undefined;
}

/** Keeps divisors for the next load. A cache folder that cannot be written is no reason to fail. */
export async function saveSmoothing(
  source: ModelSource,
  smoothing: Smoothing,
  cacheDir: string | undefined,
): Promise<void> {
  if (!cacheDir) return;
  const arrays = smoothingToArrays(smoothing);
  const parts = safetensorsParts(new Map([...arrays].map(([name, data]) => [name, { shape: [data.length], data }])));
  const path = smoothingPath(source, cacheDir);
  const half = `${path}.${process.pid}`;
  try {
    await mkdir(cacheDir, { recursive: true });
    await writeFile(half, Buffer.concat(parts));
    await rename(half, path); // whole or not at all, also with two windows at once
  } catch {
    await rm(half, { force: true }).catch(() => undefined);
  }
}

/** Named after the weights themselves, so that a renamed model finds its file and another one does not. */
export function smoothingPath(source: ModelSource, folder: string): string {
  return join(folder, `${source.fingerprint.slice(0, 16)}.v${VERSION}.safetensors`);
}
