import { meanCosine, unitRows } from '../../analysis/positions.ts';
import { breathe } from '../running/breathe.ts';
import type { StoredWeights } from './storedWeights.ts';

/**
 * How alike the rows of learned positions are, by their distance: the mean cosine over all pairs so far apart.
 * @returns entry k of distance k, up to `far` or to what the table has; null for a model without such a table
 */
export function positionCosines(
  weights: StoredWeights,
  far: number,
  signal?: AbortSignal,
): Promise<Float64Array | null> {
  return weights.use(async (source) => {
    if (!source.config.learnedPositions) return null;
    const [count, d] = source.shape('pos_embed.W_pos');
    const rows = unitRows(await source.read('pos_embed.W_pos'), d);
    const cosines = new Float64Array(Math.min(far + 1, count));
    for (let distance = 0; distance < cosines.length; distance++) {
      await breathe(signal);
      cosines[distance] = meanCosine(rows, d, distance);
    }
    return cosines;
  });
}
