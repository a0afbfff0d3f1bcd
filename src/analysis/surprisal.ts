/** Natural log of a probability → bits of surprisal, -log2 p (Shannon 1948). */
export const surprisal = (logprob: number): number => (logprob === 0 ? 0 : -logprob / Math.LN2);

export interface TextTotals {
  /** Tokens of the text. */
  tokens: number;
  /** Tokens that have a score; the first has none, nothing comes before it. */
  scored: number;
  /** Bits per scored token; NaN where there is none. */
  meanSurprisal: number;
  /** exp of the mean NLL in nats; NaN where there is none. */
  perplexity: number;
}

/**
 * Totals of a text.
 * @param logprobs natural logs, one a token; NaN or null for a token without a score
 */
export function totals(logprobs: ArrayLike<number | null>): TextTotals {
  let scored = 0;
  let nll = 0;
  for (let i = 0; i < logprobs.length; i++) {
    const logprob = logprobs[i];
    if (logprob === null || Number.isNaN(logprob)) continue;
    scored++;
    nll -= logprob;
  }
  const mean = scored > 0 ? nll / scored : Number.NaN;
  return { tokens: logprobs.length, scored, meanSurprisal: mean / Math.LN2, perplexity: Math.exp(mean) };
}

/** How high a token stood in its distribution: as GLTR cuts ranks (Gehrmann et al., arXiv 1906.04043). */
export type RankBand = 'top1' | 'top10' | 'top100' | 'top1000' | 'beyond';

/** Band of a 1-based rank; undefined for 0, a token without a rank. */
export function rankBand(rank: number): RankBand | undefined {
  if (!(rank >= 1)) return undefined;
  if (rank === 1) return 'top1';
  if (rank <= 10) return 'top10';
  if (rank <= 100) return 'top100';
  return rank <= 1000 ? 'top1000' : 'beyond';
}
