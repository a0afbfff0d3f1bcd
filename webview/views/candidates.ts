/** Which rows the list of candidates has: pure, from the state. */
import { thousands } from '../../src/analysis/format.ts';
import {
  type Candidates,
  candidates,
  type SamplingSettings,
  type SortedLogits,
  sortLogits,
} from '../../src/analysis/sampling.ts';
import { type Question, resultOf } from '../answers.ts';
import { t } from '../l10n.ts';
import { isKnown, type State, sourceOf } from '../store.ts';

export interface CandidateRow {
  kind: 'candidate';
  id: number;
  rank: number;
  /** In the plain distribution; NaN while unknown. */
  probability: number;
  /** After the sampling settings; 0 where excluded, null while it waits for all logits. */
  sampled: number | null;
  /** It is the token of the text. */
  chosen: boolean;
}
export type Row = CandidateRow | { kind: 'gap' | 'cut'; text: string };

export interface CandidateList {
  rows: Row[];
  /** Candidates that remain after the sampling settings; null while that is not known. */
  remaining: number | null;
  vocab: number;
}

/** Settings that leave the distribution as it is. */
export const isPlain = ({ temperature, topK, topP }: SamplingSettings): boolean =>
  temperature === 1 && topK === 0 && topP >= 1;

/** All logits after a position. */
export const distributionAfter = (position: number) => ({ kind: 'distribution', position }) as const satisfies Question;

let lastSorted: { logits: Float32Array; sorted: SortedLogits } | null = null;

/** All logits in order; those asked for last are not sorted again. */
function inOrder(logits: Float32Array): SortedLogits {
  if (lastSorted?.logits !== logits) lastSorted = { logits, sorted: sortLogits(logits) };
  return lastSorted.sorted;
}

let last: { logits: unknown; settings: unknown; result: Candidates } | null = null;

/** The candidates of a distribution; those asked for last are not computed again. */
function sampledFrom(sorted: SortedLogits, settings: SamplingSettings): Candidates {
  if (last?.logits !== sorted || last.settings !== settings) {
    last = { logits: sorted, settings, result: candidates(sorted, settings) };
  }
  return last.result;
}

/**
 * The rows for the chosen token: the `limit` most likely, the token itself even if it is further down, and the line
 * where sampling ends. Null where no distribution is known.
 */
export function candidateList(state: Readonly<State>, limit: number): CandidateList | null {
  const { scores, tokens, chosen, sampling, model } = state;
  const source = sourceOf(chosen);
  if (!isKnown(state, source)) return null;
  const distribution = resultOf(state, distributionAfter(source));
  const sorted = distribution && inOrder(distribution.logits);
  const lse = scores.lse[source];
  const token = tokens[chosen];
  const plain = isPlain(sampling);
  const kept = sorted && !plain ? sampledFrom(sorted, sampling) : null;
  const vocab = sorted?.ids.length ?? model?.vocabSize ?? 0;
  const remaining = plain ? vocab : (kept?.count ?? null);
  const topIds = scores.topIds[source];
  const count = Math.min(limit, sorted ? sorted.ids.length : topIds.length);

  const rowAt = (index: number, id: number, probability: number): CandidateRow => ({
    kind: 'candidate',
    id,
    rank: index + 1,
    probability,
    sampled: plain ? probability : kept ? (kept.probabilities[index] ?? 0) : null,
    chosen: token?.id === id,
  });
  const rows: Row[] = [];
  for (let i = 0; i < count; i++) {
    rows.push(
      sorted
        ? rowAt(i, sorted.ids[i], Math.exp(sorted.logits[i] - lse))
        : rowAt(i, topIds[i], Math.exp(scores.topLogprobs[source][i])),
    );
  }
  const cut: Row | null =
    remaining !== null && remaining < vocab ? { kind: 'cut', text: cutText(sampling, remaining, vocab) } : null;
  // The token's own place in the order; without all logits its rank is that, as far as equals go.
  const own = token && !rows.some((row) => row.kind === 'candidate' && row.chosen) ? token : undefined;
  const place = own ? (sorted ? sorted.ids.indexOf(own.id) : scores.rank[chosen] - 1) : -1;
  const ownRow = own && { ...rowAt(place, own.id, Math.exp(scores.logprob[chosen])), rank: scores.rank[chosen] };
  const between = (from: number, to: number): Row[] =>
    to > from ? [{ kind: 'gap', text: t('… {0} more …', thousands(to - from)) }] : [];

  if (cut && remaining! <= count) {
    rows.splice(remaining!, 0, cut);
    if (ownRow) rows.push(...between(count, place), ownRow);
  } else if (cut && ownRow && place < remaining!) {
    rows.push(...between(count, place), ownRow, ...between(place + 1, remaining!), cut);
  } else if (cut) {
    rows.push(...between(count, remaining!), cut);
    if (ownRow) rows.push(...between(remaining!, place), ownRow);
  } else if (ownRow) rows.push(...between(count, place), ownRow);
  return { rows, remaining, vocab };
}

/** E.g. "top-p 0.90 ends here: 38 of 49,152 remain". */
export function cutText({ temperature, topK, topP }: SamplingSettings, remaining: number, vocab: number): string {
  const by =
    temperature <= 0
      ? t('temperature 0')
      : topK > 0 && remaining === topK
        ? t('top-k {0}', topK)
        : t('top-p {0}', topP.toFixed(2));
  return remaining === 1
    ? t('{0} ends here: {1} of {2} remains', by, thousands(remaining), thousands(vocab))
    : t('{0} ends here: {1} of {2} remain', by, thousands(remaining), thousands(vocab));
}
