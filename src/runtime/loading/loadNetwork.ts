import { modelGraphs } from '../../transformer/model.ts';
import type { ModelSource } from '../../weights/source.ts';
import type { LoadOptions, LoadProgress } from '../api.ts';
import { BlockNetwork } from '../running/blockNetwork.ts';
import type { Network } from '../running/network.ts';
import type { Tokenizer } from '../tokenizer/types.ts';
import { CALIBRATION_TEXT } from './calibrationText.ts';
import { loadModel } from './model.ts';
import { readSmoothing, saveSmoothing } from './smoothingFile.ts';

/**
 * Loads what a source holds, ready to run.
 * @throws ModelError for damaged weights; the signal's reason
 */
export async function* loadNetwork(
  source: ModelSource,
  tokenizer: Tokenizer,
  { precision, cacheDir }: LoadOptions,
  signal?: AbortSignal,
): AsyncGenerator<LoadProgress, Network> {
  const graphs = modelGraphs(source.config, precision);
  const smoothing = precision === 'int8' ? await readSmoothing(source, graphs, cacheDir) : undefined;
  const calibrationIds = () =>
    tokenizer
      .encode(CALIBRATION_TEXT)
      .slice(0, source.config.contextLength)
      .map((token) => token.id);
  const model = yield* loadModel(source, precision, { smoothing, calibrationIds, signal });
  if (model.smoothing && !smoothing && cacheDir) await saveSmoothing(source, model.smoothing, cacheDir);
  return new BlockNetwork(model);
}
