import { HeadScoreSums, type HeadScores, notRepeated, repeatedTokens } from '../../analysis/headScores.ts';
import { seededRandom } from '../../analysis/sampling.ts';
import { parseBlockHook } from '../../transformer/hooks.ts';
import { CHUNK } from '../running/cachedRun.ts';
import { append, type Network } from '../running/network.ts';
import { RunCache } from '../running/runCache.ts';
import type { Turn } from '../running/turn.ts';
import type { Tokenizer } from '../tokenizer/types.ts';

/** Scores of all heads on one sequence r + r, from the patterns of one run. @throws RangeError for another sequence */
export async function scoreHeads(network: Network, ids: readonly number[], turn: Turn): Promise<HeadScores> {
  const wrong = notRepeated(ids);
  if (wrong) throw new RangeError(wrong);
  const { nLayers, nHeads } = network.config;
  const sums = new HeadScoreSums(nLayers, nHeads, ids.length);
  const hooks = [...network.hooks.keys()].filter((name) => name.endsWith('attn.hook_pattern'));
  const cache = new RunCache(network.config);
  for (let from = 0; from < ids.length; from += CHUNK) {
    const to = Math.min(from + CHUNK, ids.length);
    await append(network, cache, ids, to, turn, {
      hooks,
      see: (name, { data }) => sums.add(parseBlockHook(name)!.layer, data, from, to - from),
    });
  }
  return sums.means();
}

/** A sequence r + r of tokens that stand for text, drawn evenly. @param length tokens of r */
export function drawRepeated(
  tokenizer: Tokenizer,
  vocabSize: number,
  { seed, length }: { seed: number; length: number },
): number[] {
  const ordinary = (id: number) => {
    const { special, text } = tokenizer.piece(id);
    return !special && text !== '';
  };
  return repeatedTokens(seededRandom(seed), vocabSize, length, ordinary);
}
