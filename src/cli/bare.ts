import { readFile } from 'node:fs/promises';
import type { LoadedModel } from '../runtime/loading/model.ts';
import { RunCache } from '../runtime/running/cache.ts';
import { CHUNK } from '../runtime/running/cachedRun.ts';
import { type ChunkInputs, chunkInputs, embed, floatData, runBlock } from '../runtime/running/forward.ts';
import { appendChunk } from '../runtime/running/prefill.ts';
import { runUnembed } from '../runtime/running/unembedding.ts';
import { cacheKeyOutput } from '../transformer/block.ts';
import { median, time } from './timing.ts';

/** The work no engine can avoid, without the engine: files read, sessions created and run, nothing else. */
const RESULTS = ['lse', 'entropy', 'target_logit', 'target_above', 'top_logits', 'top_ids'];

/**
 * What a load and a first prediction cannot do without: the time that onnxruntime spent creating these very sessions
 * (its own start included), the time to read the file, and one token's session runs.
 */
export async function bareLoad(model: LoadedModel, path: string, creating: number): Promise<number> {
  const reading = await time(() => readFile(path));
  const running = await bareRun(model, new RunCache(model.config), [0], 0, 1, ['logits']);
  return creating + reading + running;
}

/** Milliseconds of the session runs alone that `ids` need, in chunks, with all results. */
export async function barePrefill(model: LoadedModel, ids: number[], repeat: number): Promise<number> {
  const cache = await filledCache(model, ids);
  return median(repeat, async () => {
    let sum = 0;
    for (let from = 0; from < ids.length; from += CHUNK) {
      sum += await bareRun(model, cache, ids, from, Math.min(from + CHUNK, ids.length), RESULTS);
    }
    return sum;
  });
}

/** Milliseconds of the session runs alone for one more token after `ids`, its likeliest successor included. */
export async function bareDecode(model: LoadedModel, ids: number[], repeat: number): Promise<number> {
  const cache = await filledCache(model, ids);
  const last = ids.length - 1;
  return median(repeat, () => bareRun(model, cache, ids, last, ids.length, ['lse', 'top_ids', 'top_logits']));
}

async function filledCache(model: LoadedModel, ids: number[]): Promise<RunCache> {
  const cache = new RunCache(model.config);
  while (cache.length < ids.length) await appendChunk(model, cache, ids, Math.min(cache.length + CHUNK, ids.length));
  return cache;
}

/** Times only what happens inside `session.run`; the inputs are ready, the outputs the same that the engine takes. */
async function bareRun(
  model: LoadedModel,
  cache: RunCache,
  ids: number[],
  from: number,
  to: number,
  results: string[],
): Promise<number> {
  const { config } = model;
  const chunk: ChunkInputs = chunkInputs(config, from, to - from);
  const fetch = ['hook_resid_post', cacheKeyOutput(config), 'attn.hook_v'];
  let resid = embed(model.embedding, ids.slice(from, to), config.dModel);
  let sum = 0;
  for (let l = 0; l < model.blocks.length; l++) {
    const past = cache.past(l, from);
    const began = performance.now();
    const outputs = await runBlock(model.blocks[l], config, chunk, resid, past, fetch);
    sum += performance.now() - began;
    resid = floatData(outputs, 'hook_resid_post');
  }
  const targets = new Int32Array(to - from);
  const rows = results.includes('target_logit') ? resid : resid.subarray(-config.dModel);
  const began = performance.now();
  await runUnembed(model, rows, targets.subarray(0, rows.length / config.dModel), 64, results);
  return sum + performance.now() - began;
}
