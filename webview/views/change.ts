/** What a candidate that was put in changed: totals and the next distribution, before and after. */
import { percent, perplexity } from '../../src/analysis/format.ts';
import type { Totals } from '../../src/panel/protocol.ts';
import type { State } from '../store.ts';
import { shown } from '../tokens.ts';

/** How things stood when a candidate was put in. */
export interface Tried {
  run: number;
  position: number;
  /** The token that went, and the one that came. */
  from: string;
  to: string;
  totals: Totals | null;
  next: string;
}

/** Notes how things stand before the token `id` is put in at the chosen place. */
export function trying(state: Readonly<State>, name: string): Tried {
  const { run, chosen, tokens, totals } = state;
  return { run, position: chosen, from: shown(tokens[chosen]), to: name, totals, next: likeliestAfter(state, chosen) };
}

/** The likeliest token after a position, with its probability. */
function likeliestAfter({ scores, pieces }: Readonly<State>, position: number): string {
  if (position >= scores.known || !scores.topIds[position]?.length) return '–';
  const piece = pieces.get(scores.topIds[position][0]);
  return `${piece ? shown(piece) : `id ${scores.topIds[position][0]}`} ${percent(Math.exp(scores.topLogprobs[position][0]))}`;
}

/** Lines of before and after; empty until a later run is done, and once another text is shown. */
export function changeLines(state: Readonly<State>, tried: Tried | null): string[] {
  if (!tried || state.run <= tried.run || state.status !== 'done' || !state.totals) return [];
  const before = tried.totals;
  const number = (totals: Totals | null, key: 'meanSurprisal' | 'perplexity', show: (x: number) => string) =>
    totals?.[key] == null ? '–' : show(totals[key]);
  const mean = (totals: Totals | null) => number(totals, 'meanSurprisal', (x) => x.toFixed(2));
  const ppl = (totals: Totals | null) => number(totals, 'perplexity', perplexity);
  return [
    `${tried.from} → ${tried.to}`,
    `mean ${mean(before)} → ${mean(state.totals)} bits/token`,
    `perplexity ${ppl(before)} → ${ppl(state.totals)}`,
    `then likeliest: ${tried.next} → ${likeliestAfter(state, tried.position)}`,
  ];
}
