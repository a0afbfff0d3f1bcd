/** What of a model is switched off, and how. */

/** A head of a layer, or one of the layer's halves as a whole. */
export interface Ablated {
  layer: number;
  part: number | 'attn' | 'mlp';
}

/** Set to zero, or to the mean over a text: the input, unless another is named by its ids. */
export type Replaced = { set: 'zero' } | { set: 'mean'; over?: readonly number[] };

/** As the engine takes it. */
export type Ablation = Replaced &
  (
    | { hook: `blocks.${number}.attn.hook_z`; head: number }
    | { hook: `blocks.${number}.hook_attn_out` | `blocks.${number}.hook_mlp_out` }
  );

export function ablationOf({ layer, part }: Ablated, replaced: Replaced): Ablation {
  if (part === 'attn' || part === 'mlp') return { hook: `blocks.${layer}.hook_${part}_out`, ...replaced };
  return { hook: `blocks.${layer}.attn.hook_z`, head: part, ...replaced };
}

export const ablatedName = ({ layer, part }: Ablated): string => `${layer}.${part}`;

/** Names of parts in a row. @param most that are named; more are left out */
export function ablatedNames(parts: readonly Ablated[], most = Number.POSITIVE_INFINITY): string {
  const names = parts.slice(0, most).map(ablatedName);
  return [...names, ...(parts.length > most ? ['…'] : [])].join(', ');
}

/** Parts that a tooltip names at most. */
export const LISTED_PARTS = 20;

export function overlap(one: Ablated, other: Ablated): boolean {
  if (one.layer !== other.layer) return false;
  if (one.part === other.part) return true;
  return one.part !== 'mlp' && other.part !== 'mlp' && (one.part === 'attn' || other.part === 'attn');
}

/** The parts with nothing said twice: a layer's attention as a whole has its heads in it. */
export function withoutOverlap(parts: readonly Ablated[]): Ablated[] {
  const whole = parts.filter(({ part }) => typeof part === 'string');
  const kept: Ablated[] = [];
  for (const part of [...whole, ...parts]) if (!kept.some((other) => overlap(part, other))) kept.push(part);
  return kept.sort(
    (a, b) => a.layer - b.layer || String(a.part).localeCompare(String(b.part), 'en', { numeric: true }),
  );
}

/** Reads `5.1,10.7,3.mlp`. @returns the entries, or the one that is wrong */
export function parseAblated(list: string): Ablated[] | string {
  const parts: Ablated[] = [];
  for (const item of list.split(',')) {
    const match = /^\s*(\d{1,9})\.(\d{1,9}|attn|mlp)\s*$/.exec(item);
    if (!match) return item;
    const [, layer, part] = match;
    parts.push({ layer: Number(layer), part: part === 'attn' || part === 'mlp' ? part : Number(part) });
  }
  return parts;
}
