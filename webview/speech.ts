/** What a screen reader says. */
import { bits, percent, rank } from '../src/analysis/format.ts';
import { surprisal } from '../src/analysis/surprisal.ts';
import type { TokenView } from '../src/panel/protocol.ts';
import { partName } from './characters.ts';
import { el, setText } from './dom.ts';
import { t } from './l10n.ts';
import { type State, sourceOf } from './store.ts';
import { NEXT, shown } from './tokens.ts';

export const live = el('div', { id: 'live', class: 'unseen', role: 'status', 'aria-live': 'polite' });

export const announce = (text: string): void => setText(live, text);

/** A token's text as words: the space before it is not said. */
export const spokenText = (token: Pick<TokenView, 'text' | 'bytes'>): string => {
  const text = shown(token);
  return text.replace(/^·+/, '') || text;
};

export function spokenPercent(p: number): string {
  const written = percent(p).replace(' %', '');
  if (written.startsWith('<')) return t('less than {0} percent', written.slice(1));
  if (written.startsWith('>')) return t('more than {0} percent', written.slice(1));
  return t('{0} percent', written);
}

/** E.g. "tired, rank 6, 3.10 percent, 5.0 bits". */
export function spoken({ tokens, scores }: Readonly<State>, position: number): string {
  const token = tokens[position];
  if (!token) return t('{0}, what comes after the last token', NEXT);
  const name = partName(tokens, position) ?? spokenText(token);
  if (position === 0) return t('{0}, first token, nothing before it', name);
  if (sourceOf(position) >= scores.known || Number.isNaN(scores.logprob[position]))
    return t('{0}, not computed yet', name);
  const logprob = scores.logprob[position];
  return t(
    '{0}, rank {1}, {2}, {3}',
    name,
    rank(scores.rank[position]),
    spokenPercent(Math.exp(logprob)),
    bits(surprisal(logprob)),
  );
}
