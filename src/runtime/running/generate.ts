import { candidates, logSumExp, sample, seededRandom, sortLogits } from '../../analysis/sampling.ts';
import type { GeneratedToken, GenerateRequest } from '../api.ts';
import type { Tokenizer } from '../tokenizer/types.ts';
import { fill } from './cachedRun.ts';
import type { CachePool } from './cachePool.ts';
import { Lookup } from './lookup.ts';
import type { Network } from './network.ts';
import { NO_TARGET } from './positionResults.ts';
import type { RunCache } from './runCache.ts';
import { checkFinite } from './summaries.ts';
import type { Turn } from './turn.ts';

/**
 * Decoding with the KV cache: new tokens chosen one after the other, each from the distribution after the last one.
 * Temperature 0 takes the likeliest; then tokens that followed the same words before are proposed and checked several at
 * a time, which gives the same text in fewer runs. The same seed gives the same text.
 */
export async function* generateTokens(
  network: Network,
  pool: CachePool,
  tokenizer: Tokenizer,
  request: GenerateRequest,
  turn: Turn,
): AsyncGenerator<GeneratedToken> {
  const { contextLength } = network.config;
  const ids = [...request.ids];
  const end = Math.min(ids.length + request.maxTokens, contextLength);
  const lookup = request.sampling.temperature === 0 && !request.plainDecoding ? new Lookup(ids) : undefined;
  const choose = chooser(network, request);
  const writer = new TextWriter(tokenizer, request, contextLength);
  const cache = pool.write(ids, { all: true });
  try {
    for (;;) {
      const last = ids.length - 1;
      const proposed = lookup?.propose(ids, Math.max(0, end - ids.length - 1)) ?? [];
      const text = [...ids, ...proposed];
      await fill(network, cache, text, turn);
      turn.signal.throwIfAborted();
      const chosen = await choose(cache, last, text.length);
      // What was chosen after a wrong proposal was chosen after another text.
      let right = 0;
      while (right < proposed.length && proposed[right] === chosen[right].id) right++;
      const came = chosen.slice(0, right + 1);
      cache.truncate(ids.length + right);
      lookup?.learn(came.map(({ id }) => id));
      for (const { id, logprob } of came) {
        ids.push(id);
        const token = writer.write(id, logprob, ids.length);
        yield { ...token, ...(proposed.length > 0 && { proposed: proposed.length, kept: right }) };
        if (token.stopped) return;
      }
    }
  } finally {
    pool.doneWriting(cache);
  }
}

interface Choice {
  id: number;
  /** Nats, under the plain distribution. */
  logprob: number;
}

/** Chooses the tokens after positions [from, to) of a cache. */
function chooser(network: Network, { sampling, seed }: GenerateRequest) {
  const random = seededRandom(seed);
  const { nLayers, vocabSize } = network.config;
  return async (cache: RunCache, from: number, to: number): Promise<Choice[]> => {
    const resid = cache.residual(nLayers, from, to);
    if (sampling.temperature === 0) {
      const targets = new Int32Array(to - from).fill(NO_TARGET);
      const { lse, topIds, topLogprobs } = await network.distributions(resid, targets, 1);
      checkFinite(network, cache, lse, from);
      return Array.from(topIds, (id, i) => ({ id, logprob: topLogprobs[i] }));
    }
    const logits = (await network.finalHooks(resid, ['logits'])).get('logits')!.data;
    return Array.from({ length: to - from }, (_, i) => {
      const row = logits.subarray(i * vocabSize, (i + 1) * vocabSize);
      const lse = logSumExp(row);
      checkFinite(network, cache, Float32Array.of(lse), from + i);
      const id = sample(candidates(sortLogits(row), sampling), random);
      return { id, logprob: row[id] - lse };
    });
  };
}

/** Turns ids into text as they come, and says where to stop. */
class TextWriter {
  private readonly stream;
  private text = '';
  private made = 0;

  constructor(
    private readonly tokenizer: Tokenizer,
    private readonly request: GenerateRequest,
    private readonly contextLength: number,
  ) {
    this.stream = tokenizer.stream();
  }

  /** @param length of the whole text in tokens, this one included */
  write(id: number, logprob: number, length: number): GeneratedToken {
    const { stop, maxTokens, ignoreEos } = this.request;
    const isEnd = this.tokenizer.eosIds.includes(id) && !ignoreEos;
    const piece = isEnd ? this.stream.end() : this.stream.push(id);
    this.text += piece;
    const hitStop = stop !== undefined && stop !== '' && this.text.includes(stop);
    const full = length >= this.contextLength;
    const stopped = isEnd ? 'eos' : hitStop ? 'stop' : ++this.made === maxTokens ? 'max' : full ? 'context' : undefined;
    const rest = stopped && !isEnd ? this.stream.end() : '';
    return { id, text: piece + rest, logprob, ...(stopped && { stopped }) };
  }
}
