import { type Command, InvalidArgumentError } from 'commander';
import type { Intervention, ModelInfo } from '../runtime/api.ts';
import { once, UsageError } from './options.ts';

/** A head of a layer, or one of the layer's halves as a whole. */
export interface Ablated {
  layer: number;
  part: number | 'attn' | 'mlp';
}

export interface AblateOptions {
  ablate?: Ablated[];
  mean?: boolean;
}

/** Adds what every command takes that can speak of a changed model. @param over whose mean it is, for people */
export function ablateOptions(command: Command, over: string): Command {
  return command
    .option(
      '--ablate <parts>',
      'set to zero: layer.head (its z), layer.attn or layer.mlp (what they add), …',
      once(ablatedList),
    )
    .option('--mean', `replace it by its mean over ${over} instead`);
}

/** `5.1,10.7,3.mlp`. @throws InvalidArgumentError for what is none, and for entries that overlap */
export function ablatedList(value: string): Ablated[] {
  const list = value.split(',').map((item): Ablated => {
    const match = /^\s*(\d{1,9})\.(\d{1,9}|attn|mlp)\s*$/.exec(item);
    if (!match)
      throw new InvalidArgumentError('Expected layer.head, layer.attn or layer.mlp, such as 5.1 or 5.1,10.mlp.');
    const [, layer, part] = match;
    return { layer: Number(layer), part: part === 'attn' || part === 'mlp' ? part : Number(part) };
  });
  for (const [i, one] of list.entries())
    for (const other of list.slice(0, i))
      if (overlap(one, other)) throw new InvalidArgumentError(`${nameOf(other)} and ${nameOf(one)} overlap.`);
  return list;
}

/** What the options change in the model. @throws UsageError for a layer or head the model does not have */
export function ablations({ ablate = [], mean }: AblateOptions, model: ModelInfo): Intervention[] {
  const set = mean ? 'mean' : 'zero';
  return ablate.map(({ layer, part }) => {
    if (layer >= model.nLayers)
      throw new UsageError(`layer ${layer} does not exist: the model has layers 0 to ${model.nLayers - 1}`);
    if (part === 'attn' || part === 'mlp') return { hook: `blocks.${layer}.hook_${part}_out`, set };
    if (part >= model.nHeads)
      throw new UsageError(`head ${layer}.${part} does not exist: the model has heads 0 to ${model.nHeads - 1}`);
    return { hook: `blocks.${layer}.attn.hook_z`, head: part, set };
  });
}

/** Said before the model is loaded. @throws UsageError for --mean alone */
export function checkAblate({ ablate, mean }: AblateOptions): void {
  if (mean && !ablate) throw new UsageError('--mean needs --ablate');
}

const nameOf = ({ layer, part }: Ablated): string => `${layer}.${part}`;

function overlap(one: Ablated, other: Ablated): boolean {
  if (one.layer !== other.layer) return false;
  if (one.part === other.part) return true;
  const isAttention = ({ part }: Ablated) => part !== 'mlp';
  return isAttention(one) && isAttention(other) && (one.part === 'attn' || other.part === 'attn');
}
