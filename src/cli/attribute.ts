import { visibleToken } from '../analysis/format.ts';
import { type AblateOptions, ablations, checkAblate } from './ablate.ts';
import { type CommonOptions, checkIds, prepare } from './common.ts';
import { UsageError } from './options.ts';
import { print, printJson, styled, table } from './terminal.ts';

export interface AttributeOptions extends CommonOptions, AblateOptions {
  position: number;
  target?: number;
  against?: number;
}

/** What each part of the model adds to a logit, or to the difference of two. */
export async function attribute(options: AttributeOptions): Promise<void> {
  checkAblate(options);
  const { engine, ids, model } = await prepare(options);
  const { position, target, against } = options;
  if (position >= ids.length)
    throw new UsageError(`--position ${position} is not in the input of ${ids.length} tokens`);
  checkIds(model, target, against);
  const interventions = ablations(options, model);
  const found = await engine.attribute({ ids, position, target, against, interventions });
  if (options.json) {
    printJson({ model: model.name, precision: model.precision, position, ...found });
    return;
  }
  const columns = [{ title: 'part', align: 'left' as const }, { title: 'logit' }];
  const parts = [...found.parts].sort((a, b) => Math.abs(b.value) - Math.abs(a.value));
  print(
    table(
      columns,
      parts.slice(0, 30).map(({ name, value }) => [name, value.toFixed(4)]),
    ),
  );
  const pieces = await engine.pieces(against === undefined ? [found.target] : [found.target, against]);
  const of = pieces.map((piece) => visibleToken(piece)).join(' less ');
  const shown = `the largest ${Math.min(30, parts.length)} of ${parts.length} parts`;
  print(styled('dim', `${of}: logit ${found.logit.toFixed(4)}, sum of the parts ${found.sum.toFixed(4)}; ${shown}`));
}
