import { on } from 'node:events';
import { parentPort, workerData } from 'node:worker_threads';
import { modelGraphs } from '../../transformer/model.ts';
import { openModel } from '../../weights/open.ts';
import { graphWeights } from './graphWeights.ts';
import { Buffers } from './pack.ts';
import { type PackingJob, SETS } from './packingThread.ts';

// The packing thread's entry: each message asks for the next graph, each answer is the weights of one.
if (parentPort) {
  const { path, fingerprint, smoothing } = workerData as PackingJob;
  const source = await openModel(path);
  if (source.fingerprint !== fingerprint) throw new Error(`${path} is not what it was`);
  const { blocks, unembed } = modelGraphs(source.config, 'int8');
  const graphs = [...blocks.map((graph, l) => ({ graph, prefix: `blocks.${l}.` })), { graph: unembed, prefix: '' }];
  const sets = Array.from({ length: SETS }, () => new Buffers(SharedArrayBuffer));
  const asked = on(parentPort, 'message');
  for (const [i, { graph, prefix }] of graphs.entries()) {
    await asked.next();
    const weights = await graphWeights(
      graph,
      (name, from, to) => source.read(prefix + name, from === undefined ? undefined : [from, to!]),
      'int8',
      (point) => smoothing.get(prefix + point),
      sets[i % SETS],
    );
    parentPort.postMessage(weights);
  }
}
