import { rankBand, surprisal } from './surprisal.ts';

/** What the heat of a token may say. */
export type HeatMeasure = 'surprisal' | 'rank' | 'entropy' | 'probability';

export const HEAT_MEASURES: readonly HeatMeasure[] = ['surprisal', 'rank', 'entropy', 'probability'];

/** Steps of heat that are told apart by colour. */
export const HEAT_STEPS = 8;

/** Bits that the strongest tint stands for, and all above. Fixed, so that no colour changes while numbers arrive. */
export const MOST_BITS = 12;

/** What is known of a token in its text. */
export interface TokenFacts {
  /** Nats, given the tokens before it; NaN for the first. */
  logprob: number;
  /** 1-based; 0 for the first. */
  rank: number;
  /** Nats, of the distribution the token was drawn from; NaN for the first. */
  entropy: number;
}

const BANDS = { top1: 0, top10: 2, top100: 4, top1000: 6, beyond: 7 } as const;

/** How hot a token is, 0 to HEAT_STEPS - 1; undefined where nothing is known of it. */
export function heatStep(measure: HeatMeasure, { logprob, rank, entropy }: TokenFacts): number | undefined {
  if (measure === 'rank') {
    const band = rankBand(rank);
    return band && BANDS[band];
  }
  const value = heatValue(measure, { logprob, rank, entropy });
  if (Number.isNaN(value)) return undefined;
  return Math.min(HEAT_STEPS - 1, Math.floor(Math.max(0, value) * HEAT_STEPS));
}

/** Share of the scale, 0 to 1 and beyond. An improbable token is hot. */
function heatValue(measure: HeatMeasure, { logprob, entropy }: TokenFacts): number {
  if (measure === 'entropy') return entropy / Math.LN2 / MOST_BITS;
  return measure === 'probability' ? 1 - Math.exp(logprob) : surprisal(logprob) / MOST_BITS;
}
