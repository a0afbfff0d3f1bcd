/** Says what the strip's tint means, and below it, in a place kept for it, what the previewed or chosen token is. */
import { bits, percent, rank, thousands } from '../../src/analysis/format.ts';
import { surprisal } from '../../src/analysis/surprisal.ts';
import { el, setText } from '../dom.ts';
import { t } from '../l10n.ts';
import { type Palette, paletteOf } from '../plots/palette.ts';
import { ramp as rampOf } from '../plots/scale.ts';
import { type Changed, type State, sourceOf, touches } from '../store.ts';
import { term } from '../terms.ts';
import { chip } from '../tokens.ts';
import type { MakeTints, Tints } from './tints.ts';

/** @param tintsOf how the strip is tinted now */
export function legendView(tintsOf: MakeTints) {
  const label = el('span', { class: 'label' });
  const low = el('span');
  const high = el('span');
  const ramp = el('span', { class: 'ramp' });
  const legend = el('div', { class: 'legend' }, label, low, ramp, high);
  const info = el('div', { class: 'info', id: 'token-info' });

  function showLegend(tints: Tints, palette: Palette): void {
    setText(label, tints.label);
    setText(low, tints.ends[0]);
    setText(high, tints.ends[1]);
    high.title = tints.about ?? '';
    low.hidden = ramp.hidden = high.hidden = tints.max === null;
    ramp.classList.toggle('wedge', palette.highContrast);
    if (palette.highContrast || tints.max === null) ramp.style.removeProperty('background-image');
    else ramp.style.setProperty('background-image', rampOf(tints.colour, tints.max));
  }

  function showInfo(state: Readonly<State>): void {
    const position = state.hovered ?? state.chosen;
    info.replaceChildren(...tokenFacts(state, position));
  }

  return {
    element: el('div', { class: 'under-strip' }, legend, info),
    update(state: Readonly<State>, changed: Changed): void {
      const palette = paletteOf(state);
      legend.hidden = info.hidden = state.tokens.length === 0;
      showLegend(tintsOf(state, palette), palette);
      if (touches(changed, 'tokens', 'chosen', 'hovered', 'scores')) showInfo(state);
    },
  };
}

function tokenFacts({ tokens, scores }: Readonly<State>, position: number): Node[] {
  const token = tokens[position];
  const fact = (text: string, exact?: number) =>
    el('span', { class: 'fact', title: exact === undefined ? undefined : String(exact) }, text);
  const entropy = scores.entropy[sourceOf(position)];
  const known = entropy !== undefined && !Number.isNaN(entropy);
  const spread = known ? [term('entropy', t('entropy {0}', bits(entropy / Math.LN2)), entropy / Math.LN2)] : [];
  const place = fact(t('position {0}', thousands(position)));
  if (!token) return [chip(undefined), place, ...spread];
  const facts = [chip(token), fact(t('id {0}', token.id)), place];
  const logprob = scores.logprob[position];
  if (position === 0) return [...facts, fact(t('nothing before it, so no probability'))];
  if (Number.isNaN(logprob)) return facts;
  const p = Math.exp(logprob);
  return [
    ...facts,
    term('probability', t('p {0}', percent(p)), p),
    term('rank', t('rank {0}', rank(scores.rank[position])), scores.rank[position]),
    term('surprisal', t('surprisal {0}', bits(surprisal(logprob))), surprisal(logprob)),
    ...spread,
  ];
}
