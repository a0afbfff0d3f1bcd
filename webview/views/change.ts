/** What a candidate that was put in changed: totals and the next distribution, before and after. */
import { percent, perplexity } from '../../src/analysis/format.ts';
import type { Totals } from '../../src/panel/protocol.ts';
import { t } from '../l10n.ts';
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
  const [id] = scores.topIds[position];
  const piece = pieces.get(id);
  return `${piece ? shown(piece) : t('id {0}', id)} ${percent(Math.exp(scores.topLogprobs[position][0]))}`;
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
    t('mean {0} → {1} bits/token', mean(before), mean(state.totals)),
    t('perplexity {0} → {1}', ppl(before), ppl(state.totals)),
    t('then likeliest: {0} → {1}', tried.next, likeliestAfter(state, tried.position)),
  ];
}
