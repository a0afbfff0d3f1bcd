import { readFile } from 'node:fs/promises';
import { blockGraph, cacheKeyOutput } from '../transformer/block.ts';
import { chunkInputs, embed, floats, runBlock } from '../runtime/forward.ts';
import type { Engine } from '../runtime/engine.ts';
import { loadModel, releaseModel } from '../runtime/model.ts';
import { SessionClock } from '../runtime/ort.ts';
import { CHUNK } from '../runtime/run.ts';
import { runUnembed } from '../runtime/unembedding.ts';
import { openModel } from '../weights/open.ts';
import { readSmoothing } from '../runtime/smoothingFile.ts';
import { median, time } from './bench.ts';

/** The work the engine cannot avoid, without the engine: files read, sessions created and run, nothing else. */
const SUMMARY = ['lse', 'entropy', 'target_logit', 'target_above', 'top_logits', 'top_ids'];

/** Milliseconds to read the model's file, create its int8 sessions from finished arrays and run them on `ids` once. */
export async function bareLoad(path: string, ids: number[]): Promise<number> {
  const source = await openModel(path);
  try {
    const clock = new SessionClock();
    const loading = loadModel(source, 'int8', { smoothing: await readSmoothing(source, undefined), clock });
    let step = await loading.next();
    while (!step.done) step = await loading.next();
    const model = step.value;
    const read = await time(() => readFile(path));
    const x = embed(model.embedding, ids, model.config.dModel);
    const run = await time(async () => {
      let resid = x;
      const chunk = chunkInputs(model.config, 0, ids.length);
      const none = { k: new Float32Array(0), v: new Float32Array(0) };
      for (const block of model.blocks) {
        resid = floats(await runBlock(block, model.config, chunk, resid, none, ['hook_resid_post']), 'hook_resid_post');
      }
      await runUnembed(model, resid, [0], 1, ['logits']);
    });
    await releaseModel(model);
    return read + clock.milliseconds + run;
  } finally {
    await source.close();
  }
}
