import { open, stat } from 'node:fs/promises';
import { TokenscopeError } from '../errors.ts';
import type { HookTensor } from '../runtime/api.ts';
import { collectHooks } from '../runtime/running/collectHooks.ts';
import { type SavedTensor, safetensorsParts } from '../weights/writeSafetensors.ts';
import { type AblateOptions, ablations, checkAblate } from './ablate.ts';
import { type CommonOptions, prepare } from './common.ts';
import { kindOf } from './input.ts';
import { UsageError } from './options.ts';
import { print, printJson, table } from './terminal.ts';

export interface TraceOptions extends CommonOptions, AblateOptions {
  hooks: string[];
  out: string;
}

/** Writes what happens inside a run to a safetensors file, under TransformerLens' names. */
export async function trace(options: TraceOptions): Promise<void> {
  checkAblate(options);
  await refuseOtherThanFile(options.out);
  const { engine, ids, model } = await prepare(options);
  const interventions = ablations(options, model);
  const run = engine.run({ ids, topK: 0, hooks: options.hooks, interventions });
  const { hooks } = await collectHooks(run, ids.length).catch((error: unknown) => {
    if (error instanceof RangeError) throw new UsageError(error.message);
    throw error;
  });
  await save(options.out, hooks, ids, model.name);
  const shapes = Object.fromEntries([...hooks].map(([name, { shape }]) => [name, shape]));
  if (options.json) return printJson({ model: model.name, precision: model.precision, tokens: ids, hooks: shapes });
  const columns = [
    { title: 'hook', align: 'left' as const },
    { title: 'shape', align: 'left' as const },
  ];
  print(
    table(
      columns,
      Object.entries(shapes).map(([name, shape]) => [name, `[${shape.join(', ')}]`]),
    ),
  );
}

/** Said before the model is loaded; a file that is there is written over. */
async function refuseOtherThanFile(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found && !found.isFile())
    throw new TokenscopeError(`It is ${kindOf(found)}.`, path, 'Name a file to write with --out.');
}

async function save(path: string, hooks: Map<string, HookTensor>, ids: number[], model: string): Promise<void> {
  const tensors = new Map<string, SavedTensor>(hooks);
  tensors.set('tokens', { shape: [ids.length], data: BigInt64Array.from(ids, BigInt) });
  try {
    const file = await open(path, 'w');
    try {
      for (const part of safetensorsParts(tensors, { model })) await file.writeFile(part);
    } finally {
      await file.close();
    }
  } catch (error) {
    throw new TokenscopeError('It cannot be written.', path, `${(error as Error).message}.`, { cause: error });
  }
}
