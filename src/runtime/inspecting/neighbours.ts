import { Nearest } from '../../analysis/nearest.ts';
import type { ModelSource } from '../../weights/source.ts';
import type { NearTokens, Neighbours, NeighboursRequest } from '../api.ts';
import { breathe } from '../running/breathe.ts';
import { checkId } from './checkId.ts';
import type { StoredWeights } from './storedWeights.ts';

/** Rows that are read together. */
const ROWS = 1024;

/**
 * The tokens whose rows of E, and of U, point most in the same direction as a token's own.
 * @throws RangeError for an id that is not there
 */
export function nearTokens(
  weights: StoredWeights,
  { id, top }: NeighboursRequest,
  signal?: AbortSignal,
): Promise<Neighbours> {
  return weights.use(async (source) => {
    const { vocabSize, tiedUnembedding: tied } = source.config;
    checkId(id, vocabSize);
    const row = (await source.read('embed.W_E', [id, id + 1])).slice();
    const E = await nearest(source, 'embed.W_E', id, top, signal);
    return { row, tied, E, U: tied ? E : await nearest(source, 'unembed.W_U', id, top, signal) };
  });
}

async function nearest(
  source: ModelSource,
  name: string,
  id: number,
  top: number,
  signal: AbortSignal | undefined,
): Promise<NearTokens> {
  const [rows, width] = source.shape(name);
  const found = new Nearest((await source.read(name, [id, id + 1])).slice(), id, top);
  for (let from = 0; from < rows; from += ROWS) {
    await breathe(signal);
    found.add(await source.read(name, [from, Math.min(from + ROWS, rows)]), width, from);
  }
  return found.list();
}
