import type { LoadedModel } from '../loading/model.ts';
import { ort } from '../ort.ts';
import { NO_TARGET, PositionResults, type RunCache } from './cache.ts';
import { floatData, floatTensor } from './forward.ts';

const SUMMARY = ['lse', 'entropy', 'target_logit', 'target_above'];

/**
 * Runs the unembedding on rows of the residual stream.
 * @param resid [n, d]
 * @param targets ids whose logit and rank are wanted, NO_TARGET for none. [n]
 * @param fetch names of outputs, as unembedGraph declares them
 */
export function runUnembed(
  model: LoadedModel,
  resid: Float32Array,
  targets: ArrayLike<number>,
  topK: number,
  fetch: readonly string[],
): Promise<ort.InferenceSession.OnnxValueMapType> {
  const n = targets.length;
  const target = BigInt64Array.from(targets, (id) => BigInt(Math.max(id, 0)));
  const k = BigInt64Array.of(BigInt(Math.max(1, Math.min(topK, model.config.vocabSize))));
  const feeds = {
    resid: floatTensor(resid, [n, model.config.dModel]),
    target: new ort.Tensor('int64', target, [n, 1]),
    k: new ort.Tensor('int64', k, [1]),
  };
  return model.unembed.run(feeds, fetch);
}

/** Distributions after n positions, summed up. Log-probs in nats; rank 1-based, 0 where there was no target. */
export interface Distributions {
  lse: Float32Array;
  entropy: Float32Array;
  targetLogprob: Float32Array;
  targetRank: Int32Array;
  topK: number;
  topIds: Int32Array;
  topLogprobs: Float32Array;
}

/** Sums up the distributions that rows of the residual stream give; arguments as in runUnembed. */
export async function distributions(
  model: LoadedModel,
  resid: Float32Array,
  targets: ArrayLike<number>,
  topK: number,
): Promise<Distributions> {
  const top = topK > 0 ? ['top_logits', 'top_ids'] : [];
  const outputs = await runUnembed(model, resid, targets, topK, [...SUMMARY, ...top]);
  const lse = floatData(outputs, 'lse');
  const k = Math.min(topK, model.config.vocabSize);
  const above = outputs.target_above.data as Int32Array;
  const has = (i: number) => targets[i] !== NO_TARGET;
  return {
    lse,
    entropy: floatData(outputs, 'entropy'),
    targetLogprob: floatData(outputs, 'target_logit').map((x, i) => (has(i) ? x - lse[i] : Number.NaN)),
    targetRank: Int32Array.from(above, (count, i) => (has(i) ? count + 1 : 0)),
    topK: k,
    topIds: topK > 0 ? Int32Array.from(outputs.top_ids.data as BigInt64Array, Number) : new Int32Array(0),
    topLogprobs:
      topK > 0 ? floatData(outputs, 'top_logits').map((x, i) => x - lse[Math.floor(i / k)]) : new Float32Array(0),
  };
}

/**
 * Brings the results of positions [from, to) up to date: those that are missing, have fewer candidates than `topK` or
 * speak of another next token are worked out again from the cached residual stream, no block is run.
 * @param ids the whole input; the target of position p is ids[p + 1]
 */
export async function refreshResults(
  model: LoadedModel,
  cache: RunCache,
  ids: readonly number[],
  from: number,
  to: number,
  topK: number,
): Promise<void> {
  const k = Math.min(topK, model.config.vocabSize);
  if (cache.results.topK < k) cache.results = new PositionResults(cache.results.capacity, k);
  const { results } = cache;
  const target = (p: number) => (p + 1 < ids.length ? ids[p + 1] : NO_TARGET);
  const stale = (p: number) => !results.known[p] || (target(p) !== NO_TARGET && results.target[p] !== target(p));
  let start = from;
  while (start < to && !stale(start)) start++;
  let end = to;
  while (end > start && !stale(end - 1)) end--;
  if (start === end) return;

  const targets = Int32Array.from({ length: end - start }, (_, i) => target(start + i));
  const resid = cache.residual(model.config.nLayers, start, end);
  const found = await distributions(model, resid, targets, results.topK);
  results.lse.set(found.lse, start);
  results.entropy.set(found.entropy, start);
  results.topIds.set(found.topIds, start * results.topK);
  results.topLogprobs.set(found.topLogprobs, start * results.topK);
  results.target.set(targets, start);
  results.targetLogprob.set(found.targetLogprob, start);
  results.targetRank.set(found.targetRank, start);
  results.known.fill(1, start, end);
}
