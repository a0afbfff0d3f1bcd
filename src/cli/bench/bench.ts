import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Engine } from '../../runtime/engine.ts';
import { bundledModelPath } from '../../weights/bundled.ts';
import { type CommonOptions, packageRoot } from '../common.ts';
import { clearProgress, printJson } from '../terminal.ts';
import { benchDecoding } from './decoding.ts';
import { Figures } from './figures.ts';
import { benchInspecting } from './inspecting.ts';
import { benchLoading, load, loadAlone } from './loading.ts';
import { textPerplexity } from './quality.ts';
import { benchGrowth, benchRuns } from './runs.ts';
import { benchSuggesting } from './suggesting.ts';
import { drain, median, salt, time } from './timing.ts';

export interface BenchOptions extends CommonOptions {
  repeat: number;
  /** Only loads, with this cache folder, and prints what it took: bench calls itself so. */
  loadWith?: string;
}

/** Times the engine, each figure beside the bare sum of session runs of the same work. Medians of several runs. */
export async function bench({ model, threads, repeat, json, loadWith }: BenchOptions): Promise<void> {
  const path = model ?? bundledModelPath(packageRoot());
  if (loadWith !== undefined) {
    printJson(await loadAlone(path, threads, loadWith));
    return;
  }
  const figures = new Figures();
  const licence = `\n${await readFile(join(packageRoot(), 'media/models/LICENSE'), 'utf8')}`;
  const texts = {
    'Apache-2.0 text': licence,
    'examples/prose.md': await readFile(join(packageRoot(), 'examples/prose.md'), 'utf8'),
  };

  await benchLoading(figures, path, threads, repeat);
  const { engine } = await load(path, 'int8', threads);
  const ids = await encode(engine, licence);
  const prefill = await benchRuns(figures, engine, ids.slice(0, 280), repeat);
  await benchDecoding(figures, engine, repeat);
  await benchSuggesting(figures, engine, repeat);
  await benchInspecting(figures, engine, ids.slice(0, 256), repeat);
  await benchGrowth(figures, engine, ids.slice(0, Math.min(2056, engine.model!.contextLength)));
  const int8 = await perplexities(engine, texts);
  await engine.unload();

  const { engine: reference } = await load(path, 'fp32', threads);
  const salted = salt(ids.slice(0, 256));
  const plain = await median(repeat, () => time(() => drain(reference.run({ ids: salted(), topK: 64 }))));
  figures.add('prefill of 256 tokens with all results, fp32', plain, 'ms', 'int8', prefill);
  const fp32 = await perplexities(reference, texts);
  for (const [name, value] of int8) figures.add(`perplexity int8, ${name}`, value, '', 'fp32', fp32.get(name)!);
  clearProgress();
  figures.print(path, json);
}

const encode = async (engine: Engine, text: string) => (await engine.encode(text)).map(({ id }) => id);

async function perplexities(engine: Engine, texts: Record<string, string>): Promise<Map<string, number>> {
  const found = new Map<string, number>();
  for (const [name, text] of Object.entries(texts))
    found.set(name, await textPerplexity(engine, (await encode(engine, text)).slice(0, 1500)));
  return found;
}
