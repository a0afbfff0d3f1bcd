import { dirname, join } from 'node:path';
import type { ModelGraphs } from '../../transformer/model.ts';
import { readFloatArrays } from '../../weights/safetensors.ts';
import type { ModelSource } from '../../weights/source.ts';
import { safetensorsParts } from '../../weights/writeSafetensors.ts';
import { checkedSmoothing, type Smoothing } from './smoothing.ts';
import { writeWhole } from './wholeFile.ts';

/** Changes when the calibration does, so that files of an older one are not used. */
const VERSION = 2;

/**
 * Divisors worked out before: shipped beside the model's file, or kept in the cache folder. A file that is missing,
 * damaged or of other weights is as good as none: they are worked out again.
 */
export async function readSmoothing(
  source: ModelSource,
  graphs: ModelGraphs,
  cacheDir: string | undefined,
): Promise<Smoothing | undefined> {
  for (const folder of [join(dirname(source.path), 'int8'), cacheDir]) {
    if (!folder) continue;
    const arrays = await readFloatArrays(smoothingPath(source, folder)).catch(() => undefined);
    if (!arrays) continue;
    const smoothing = checkedSmoothing(new Map([...arrays].map(([name, array]) => [name, array.data])), graphs);
    if (smoothing) return smoothing;
  }
  return undefined;
}

/** Keeps divisors for the next load. A cache folder that cannot be written is no reason to fail. */
export async function saveSmoothing(source: ModelSource, smoothing: Smoothing, folder: string): Promise<void> {
  const tensors = new Map([...smoothing].map(([name, data]) => [name, { shape: [data.length], data }]));
  await writeWhole(smoothingPath(source, folder), safetensorsParts(tensors)).catch(() => undefined);
}

/** Named after the weights themselves, so that a renamed model finds its file and another one does not. */
function smoothingPath(source: ModelSource, folder: string): string {
  return join(folder, `${source.fingerprint.slice(0, 16)}.v${VERSION}.safetensors`);
}
