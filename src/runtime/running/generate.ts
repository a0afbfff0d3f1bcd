import { candidates, sample, seededRandom, sortLogits } from '../../analysis/sampling.ts';
import type { GeneratedToken, GenerateRequest } from '../api.ts';
import type { LoadedModel } from '../loading/model.ts';
import type { Tokenizer } from '../tokenizer/types.ts';
import { type CachePool, NO_TARGET } from './cache.ts';
import { CHUNK } from './cachedRun.ts';
import { floatData } from './forward.ts';
import { appendChunk } from './prefill.ts';
import { runUnembed } from './unembedding.ts';

/**
 * Decoding with the KV cache: one new token a step, chosen from the distribution after the last one. Temperature 0
 * takes the likeliest. The same seed gives the same text.
 */
export async function* generateTokens(
  model: LoadedModel,
  pool: CachePool,
  tokenizer: Tokenizer,
  request: GenerateRequest,
  signal?: AbortSignal,
): AsyncGenerator<GeneratedToken> {
  const { maxTokens, sampling, stop } = request;
  const { contextLength, nLayers } = model.config;
  const ids = [...request.ids];
  const random = seededRandom(request.seed);
  const stream = tokenizer.stream();
  const cache = pool.acquire(ids);
  let text = '';
  try {
    if (cache.commonPrefix(ids) < ids.length) cache.truncate(cache.commonPrefix(ids));
    for (let made = 1; made <= maxTokens; made++) {
      while (cache.length < ids.length)
        await appendChunk(model, cache, ids, Math.min(cache.length + CHUNK, ids.length), signal);
      signal?.throwIfAborted();
      const last = cache.residual(nLayers, ids.length - 1, ids.length);
      const greedy = sampling.temperature === 0;
      const fetch = greedy ? ['lse', 'top_ids', 'top_logits'] : ['lse', 'logits'];
      const outputs = await runUnembed(model, last, [NO_TARGET], 1, fetch);
      const lse = floatData(outputs, 'lse')[0];
      let id: number;
      let logit: number;
      if (greedy) {
        id = Number((outputs.top_ids.data as BigInt64Array)[0]);
        logit = floatData(outputs, 'top_logits')[0];
      } else {
        const logits = floatData(outputs, 'logits');
        id = sample(candidates(sortLogits(logits), sampling), random);
        logit = logits[id];
      }
      cache.truncate(ids.length); // a longer cached text of which this is the beginning
      ids.push(id);
      const isEnd = tokenizer.eosIds.includes(id) && !request.ignoreEos;
      const full = ids.length >= contextLength;
      const piece = isEnd ? stream.end() : stream.push(id);
      text += piece;
      const hitStop = stop !== undefined && stop !== '' && text.includes(stop);
      const stopped = isEnd ? 'eos' : hitStop ? 'stop' : made === maxTokens ? 'max' : full ? 'context' : undefined;
      const rest = stopped && !isEnd ? stream.end() : '';
      yield { id, text: piece + rest, logprob: logit - lse, ...(stopped && { stopped }) };
      if (stopped) return;
    }
  } finally {
    pool.release(cache);
  }
}
