import { type Command, InvalidArgumentError } from 'commander';
import { type Ablated, ablatedName, ablationOf, overlap, parseAblated } from '../analysis/ablation.ts';
import type { Intervention, ModelInfo } from '../runtime/api.ts';
import { once, UsageError } from './options.ts';

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
  const list = parseAblated(value);
  if (typeof list === 'string')
    throw new InvalidArgumentError('Expected layer.head, layer.attn or layer.mlp, such as 5.1 or 5.1,10.mlp.');
  for (const [i, one] of list.entries())
    for (const other of list.slice(0, i))
      if (overlap(one, other)) throw new InvalidArgumentError(`${ablatedName(other)} and ${ablatedName(one)} overlap.`);
  return list;
}

/** What the options change in the model. @throws UsageError for a layer or head the model does not have */
export function ablations({ ablate = [], mean }: AblateOptions, model: ModelInfo): Intervention[] {
  const { nLayers, nHeads } = model;
  return ablate.map((one) => {
    const { layer, part } = one;
    if (layer >= nLayers)
      throw new UsageError(`layer ${layer} does not exist: the model has layers 0 to ${nLayers - 1}`);
    if (typeof part === 'number' && part >= nHeads)
      throw new UsageError(`head ${layer}.${part} does not exist: the model has heads 0 to ${nHeads - 1}`);
    return ablationOf(one, { set: mean ? 'mean' : 'zero' });
  });
}

/** Said before the model is loaded. @throws UsageError for --mean alone */
export function checkAblate({ ablate, mean }: AblateOptions): void {
  if (mean && !ablate) throw new UsageError('--mean needs --ablate');
}
