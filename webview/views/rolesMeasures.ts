/** What a map of heads may say of each. */
import { type HeadScores, meanScores } from '../../src/analysis/headScores.ts';
import { errorOf, type Question, resultOf } from '../answers.ts';
import { t } from '../l10n.ts';
import type { Palette } from '../plots/palette.ts';
import { divergingScale, magnitudeScale, type Shade } from '../plots/scale.ts';
import { type State, sourceOf } from '../store.ts';

/** Sequences of random tokens that scores are means over. */
const SEEDS = 4;

export type RoleMeasure = keyof HeadScores | 'copying' | 'here';

/** Names, and what each is, in a sentence. */
export const MEASURES: [RoleMeasure, string, string][] = [
  ['induction', t('induction'), t('Looks at the token after the earlier copy of this one.')],
  ['previousToken', t('previous token'), t('Looks at the token just before.')],
  ['duplicateToken', t('duplicate token'), t('Looks at the earlier copy of this token.')],
  ['firstToken', t('first token'), t('Rests on the first token.')],
  [
    'copying',
    t('copying'),
    t('Whether what it looks at becomes likelier: share of positive eigenvalues of its OV circuit.'),
  ],
  ['entropy', t('entropy'), t('How evenly it looks: 1 is at all tokens alike.')],
  ['here', t('at this token'), t('What it adds to the logit of the chosen token.')],
];

const seedQuestion = (seed: number) => ({ kind: 'roles', seed }) as const satisfies Question;
const COPYING = { kind: 'copying' } as const satisfies Question;

/** What the head's share of the chosen token's logit is asked by; null where nothing comes before it. */
export function hereQuestion({ chosen, tokens }: Readonly<State>) {
  const position = sourceOf(chosen);
  if (position < 0 || tokens.length === 0) return null;
  const target = chosen < tokens.length ? { target: tokens[chosen].id } : {};
  return { kind: 'attribution', position, ...target } as const satisfies Question;
}

export function roleNeeds(state: Readonly<State>, measure: RoleMeasure): Question[] {
  if (!state.model || state.tokens.length === 0) return [];
  if (measure === 'copying') return [COPYING];
  if (measure === 'here') {
    const question = hereQuestion(state);
    return question ? [question] : [];
  }
  return Array.from({ length: SEEDS }, (_, seed) => seedQuestion(seed));
}

export interface Roles {
  /** [layers * heads], NaN where it is not known. */
  values: Float32Array;
  /** Sequences that are in it, and how many will be. */
  done: number;
  of: number;
}

let made: { key: readonly unknown[]; roles: Roles } | undefined;

/** Values of all heads; null as long as there are none. One object as long as nothing else is known. */
export function rolesOf(state: Readonly<State>, measure: RoleMeasure): Roles | null {
  const results = roleNeeds(state, measure).map((question) => resultOf(state, question));
  const there = results.filter((result) => result !== undefined);
  if (there.length === 0 || !state.model) return null;
  const key = [measure, ...there];
  if (made && made.key.length === key.length && made.key.every((part, i) => part === key[i])) return made.roles;
  made = { key, roles: { values: valuesOf(state, measure, there), done: there.length, of: results.length } };
  return made.roles;
}

function valuesOf({ model }: Readonly<State>, measure: RoleMeasure, there: readonly unknown[]): Float32Array {
  const { nLayers, nHeads } = model!;
  if (measure === 'copying') return (there[0] as { copying: Float32Array }).copying;
  if (measure !== 'here') return meanScores(there as HeadScores[])[measure];
  const values = new Float32Array(nLayers * nHeads).fill(Number.NaN);
  for (const { name, value } of (there[0] as { parts: { name: string; value: number }[] }).parts) {
    const head = /^blocks\.(\d+)\.attn\.(\d+)$/.exec(name);
    if (head) values[Number(head[1]) * nHeads + Number(head[2])] = value;
  }
  return values;
}

export function roleError(state: Readonly<State>, measure: RoleMeasure) {
  return roleNeeds(state, measure)
    .map((question) => errorOf(state, question))
    .find((error) => error !== null);
}

/** The colour of a value, the strongest one's, and whether there are values below 0. */
export function roleScale(measure: RoleMeasure, values: Float32Array, palette: Palette) {
  const signed = measure === 'copying' || measure === 'here';
  const largest = values.reduce((max, x) => Math.max(max, Math.abs(x) || 0), 0);
  const max = measure === 'here' ? largest || 1 : 1;
  const colour: (value: number) => Shade = signed ? divergingScale(palette, max) : magnitudeScale(palette, 'cool', max);
  return { signed, max, colour };
}

/** Heads with the largest values, the largest first. */
export function topHeads(values: Float32Array, most: number): number[] {
  return Array.from(values.keys())
    .filter((index) => !Number.isNaN(values[index]))
    .sort((a, b) => values[b] - values[a] || a - b)
    .slice(0, most);
}
