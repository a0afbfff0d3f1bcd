import { totals } from '../../analysis/surprisal.ts';
import { scoringWindows } from '../../analysis/windows.ts';
import type { Engine } from '../../runtime/engine.ts';

/** Perplexity in windows of 512 tokens, each run alone. */
export async function textPerplexity(engine: Engine, ids: number[]): Promise<number> {
  const logprobs: (number | null)[] = ids.map(() => null);
  for (const { start, end, from } of scoringWindows(ids.length, 512, 512)) {
    for await (const chunk of engine.run({ ids: ids.slice(start, end), topK: 0 })) {
      chunk.logprob.forEach((logprob, i) => {
        const p = start + chunk.from + i;
        if (p >= from) logprobs[p] = logprob;
      });
    }
  }
  return totals(logprobs).perplexity;
}
