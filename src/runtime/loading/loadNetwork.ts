import { modelGraphs } from '../../transformer/model.ts';
import type { ModelSource } from '../../weights/source.ts';
import type { LoadOptions, LoadProgress } from '../api.ts';
import { BlockNetwork } from '../running/blockNetwork.ts';
import type { Network } from '../running/network.ts';
import type { Tokenizer } from '../tokenizer/types.ts';
import { CALIBRATION_TEXT } from './calibrationText.ts';
import { loadModel } from './model.ts';
import { Buffers } from './pack.ts';
import { PackedReader, PackedWriter } from './packedFile.ts';
import { tidyPackedFolder } from './packedFolder.ts';
import { PackingThread } from './packingThread.ts';
import { readSmoothing, saveSmoothing } from './smoothingFile.ts';

/**
 * Loads what a source holds, ready to run. int8 weights are packed once and then kept in the cache folder, so that the
 * next load reads them as they are.
 * @throws ModelError for damaged weights; the signal's reason
 */
export async function* loadNetwork(
  source: ModelSource,
  tokenizer: Tokenizer,
  { precision, cacheDir, recalibrate }: LoadOptions,
  signal?: AbortSignal,
): AsyncGenerator<LoadProgress, Network> {
  const graphs = modelGraphs(source.config, precision);
  const keep = precision === 'int8' && !recalibrate ? cacheDir : undefined;
  const kept = keep === undefined ? undefined : await PackedReader.open(source, graphs, keep);
  const divisors = await kept?.smoothing(new Buffers());
  const packed = divisors && kept;
  const writer = keep === undefined || packed ? undefined : await PackedWriter.create(source, graphs, keep);
  const calibrationIds = () =>
    tokenizer
      .encode(CALIBRATION_TEXT)
      .slice(0, source.config.contextLength)
      .map((token) => token.id);
  try {
    const search = precision === 'int8' && !recalibrate;
    const known = divisors ?? (search ? await readSmoothing(source, graphs, cacheDir) : undefined);
    const packer = known && !packed ? PackingThread.start(source, known) : undefined;
    const options = { smoothing: known, calibrationIds, packed, packer, writer, signal };
    const model = yield* loadModel(source, graphs, precision, options);
    if (model.smoothing && !known && cacheDir) await saveSmoothing(source, model.smoothing, cacheDir);
    if (model.smoothing) await writer?.add('smoothing', model.smoothing);
    await writer?.finish();
    if (keep !== undefined) tidyPackedFolder(keep).catch(() => {}); // nobody waits for it
    return new BlockNetwork(model);
  } catch (error) {
    await writer?.discard();
    throw error;
  } finally {
    await kept?.close();
  }
}
