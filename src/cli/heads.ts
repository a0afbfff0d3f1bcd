import { visibleControls } from '../analysis/format.ts';
import { HEAD_DEFINITION, meanScores, notRepeated } from '../analysis/headScores.ts';
import { type CommonOptions, loadEngine } from './common.ts';
import { UsageError } from './options.ts';
import { clearProgress, print, printJson, showProgress, styled, table } from './terminal.ts';

export interface HeadsOptions extends Omit<CommonOptions, 'ids' | 'text' | 'file'> {
  /** Each r + r. */
  ids?: number[][];
  seeds?: number;
  length?: number;
}

/** Sequences of random tokens where none are given, and tokens of r in each. */
const SEEDS = 4;
const LENGTH = 50;

/** What each head does on repeated random tokens. */
export async function heads(options: HeadsOptions): Promise<void> {
  if (options.ids && (options.seeds ?? options.length) !== undefined)
    throw new UsageError('--seeds and --length draw sequences: leave them out where --ids gives them');
  for (const ids of options.ids ?? []) {
    const wrong = notRepeated(ids);
    if (wrong) throw new UsageError(`--ids must be a sequence twice: ${wrong}`);
  }
  const { engine, model } = await loadEngine(options);
  const { seeds = SEEDS, length = LENGTH } = options;
  if (!options.ids && 2 * length > model.contextLength)
    throw new UsageError(`--length ${length} is more than half of the model's context of ${model.contextLength}`);
  const drawn = Array.from({ length: seeds }, (_, seed) => ({ seed, length }));
  const sequences = options.ids?.map((ids) => ({ ids })) ?? drawn;
  const all = [];
  for (const sequence of sequences) {
    showProgress(`Heads: sequence ${all.length + 1} of ${sequences.length}`, all.length, sequences.length + 1);
    all.push(await engine.headScores(sequence));
  }
  showProgress('Heads: copying', sequences.length, sequences.length + 1);
  const copying = await engine.copyingScores();
  clearProgress();
  const means = meanScores(all);
  const rows = Array.from(means.induction, (induction, i) => ({
    layer: Math.floor(i / model.nHeads),
    head: i % model.nHeads,
    induction,
    previousToken: means.previousToken[i],
    duplicateToken: means.duplicateToken[i],
    firstToken: means.firstToken[i],
    copying: copying[i],
    entropy: means.entropy[i],
  }));
  if (options.json) {
    printJson({ model: model.name, precision: model.precision, definition: HEAD_DEFINITION, heads: rows });
    return;
  }
  const columns = ['head', 'induction', 'previous', 'duplicate', 'first', 'copying', 'entropy'];
  const shown = [...rows].sort((a, b) => b.induction - a.induction).slice(0, 20);
  print(
    table(
      columns.map((title) => ({ title })),
      shown.map((row) => [
        `${row.layer}.${row.head}`,
        ...[row.induction, row.previousToken, row.duplicateToken, row.firstToken, row.copying, row.entropy].map((x) =>
          x.toFixed(3),
        ),
      ]),
    ),
  );
  const about = `${sequences.length} sequences; the ${shown.length} of ${rows.length} heads with the most induction`;
  print(styled('dim', `${visibleControls(model.name)} ${model.precision} · ${about}; all with --json`));
}
