import { visibleToken } from '../analysis/format.ts';
import { type AblateOptions, ablations, checkAblate } from './ablate.ts';
import { type CommonOptions, checkIds, loadEngine } from './common.ts';
import { clearProgress, print, printJson, showProgress, styled, table } from './terminal.ts';

export interface PatchOptions extends Omit<CommonOptions, 'ids' | 'text' | 'file'>, AblateOptions {
  clean: string;
  corrupt: string;
  answer: number;
  against: number;
  at: 'resid' | 'z';
}

/** Where a clean prompt's activations bring its answer back in a corrupt one. */
export async function patch(options: PatchOptions): Promise<void> {
  checkAblate(options);
  const { engine, model } = await loadEngine(options);
  const { answer, against, at } = options;
  checkIds(model, answer, against);
  const [clean, tokens] = [await engine.encode(options.clean), await engine.encode(options.corrupt)];
  const request = {
    clean: clean.map(({ id }) => id),
    ids: tokens.map(({ id }) => id),
    answer,
    against,
    at,
    interventions: ablations(options, model),
  };
  const map: number[][] = [];
  let differences = { clean: 0, corrupt: 0 };
  for await (const { layer, clean, corrupt, restored } of engine.patch(request)) {
    showProgress(`Patching: layer ${layer + 1} of ${model.nLayers}`, layer, model.nLayers);
    differences = { clean, corrupt };
    map.push([...restored]);
  }
  clearProgress();
  if (options.json) {
    printJson({ model: model.name, precision: model.precision, at, ...differences, map });
    return;
  }
  const heads = map[0].map((_, head) => `head ${head}`);
  const columns = at === 'z' ? heads : tokens.map((token) => visibleToken(token));
  print(
    table(
      [{ title: 'layer' }, ...columns.map((title) => ({ title }))],
      map.map((row, layer) => [String(layer), ...row.map((x) => x.toFixed(2))]),
    ),
  );
  const { clean: one, corrupt: other } = differences;
  print(styled('dim', `difference of logits: clean ${one.toFixed(3)} (1), corrupt ${other.toFixed(3)} (0)`));
}
