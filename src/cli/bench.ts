import { readFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { totals } from '../analysis/surprisal.ts';
import { scoringWindows } from '../analysis/windows.ts';
import { Engine } from '../runtime/engine.ts';
import { sessionClock } from '../runtime/sessions.ts';
import { bundledModelPath } from '../weights/bundled.ts';
import { type CommonOptions, packageRoot } from './common.ts';
import { clearProgress, print, printJson, showProgress, table } from './terminal.ts';
import { drain, median, medianOf, time } from './timing.ts';

export interface BenchOptions extends CommonOptions {
  repeat: number;
}

/** One measured figure beside what it is compared with. */
interface Figure {
  name: string;
  value: number;
  unit: string;
  compared: string;
  reference: number;
  ratio: number;
}

const N = 256;

/** Times the engine, each figure beside the bare sum of session runs of the same work. Medians of several runs. */
export async function bench(options: BenchOptions): Promise<void> {
  const path = options.model ?? bundledModelPath(packageRoot());
  const figures: Figure[] = [];
  const add = (name: string, value: number, unit: string, compared: string, reference: number) => {
    figures.push({ name, value, unit, compared, reference, ratio: value / reference });
    showProgress(name, figures.length, 14);
  };
  const licence = `\n${await readFile(join(packageRoot(), 'media/models/LICENSE'), 'utf8')}`;
  const story = await readFile(join(packageRoot(), 'examples/prose.md'), 'utf8');

  const int8 = await load(path, 'int8', options.threads);
  const reading = await time(() => readFile(path));
  add('load to first prediction, int8', int8.ms, 'ms', 'reading and session creation bare', reading + int8.inSessions);
  add('memory after load, int8', int8.rss / 1e9, 'GB RSS', 'the model file', int8.fileBytes / 1e9);

  const { engine } = int8;
  const ids = (await int8.encode(licence)).slice(0, N + 20);
  const prompt = ids.slice(0, N);
  const salted = salt(prompt);
  const { ms: prefill, bare } = await beside(options.repeat, () => drain(engine.run({ ids: salted(), topK: 64 })));
  add('prefill of 256 tokens with all results, int8', prefill, 'ms', 'the session runs alone', bare);

  const first = await median(options.repeat, () => firstChunk(engine, salted()));
  add('first numbers of 256 tokens', first, 'ms', 'all of them', prefill);

  const patterns = await median(options.repeat, () =>
    time(() => drain(engine.run({ ids: salted(), topK: 64, hooks: ['*.hook_pattern'] }))),
  );
  add('256 tokens with all attention patterns', patterns, 'ms', 'without', prefill);

  const { ms: decode, bare: bareDecode } = await decodeTime(engine, prompt, options.repeat);
  add('decode at 256 tokens', decode, 'ms', 'the session runs alone', bareDecode);
  add('keystroke: one token appended to 256', await keystroke(engine, ids, options.repeat), 'ms', 'one decode', decode);
  const short = await median(options.repeat, async () => {
    await drain(engine.run({ ids: prompt.slice(0, N - 21), topK: 64 }));
    await drain(engine.run({ ids: [...prompt.slice(0, N - 21), 0], topK: 64 })); // ends the cache there
    return time(() => drain(engine.run({ ids: prompt, topK: 64, scoreFrom: N - 21 })));
  });
  const edit = await median(options.repeat, async () => {
    await drain(engine.run({ ids: prompt, topK: 64 }));
    const edited = prompt.with(N - 20, (prompt[N - 20] + 1) % int8.vocab);
    return time(() => drain(engine.run({ ids: edited, topK: 64 })));
  });
  add('edit 20 tokens before the end of 256', edit, 'ms', 'a 21-token prefill', short);
  const { cancelled, block } = await cancelTime(engine, salted(), prefill, options.repeat);
  add('cancel', cancelled, 'ms', 'the time of one block on a chunk', block);

  const int8Licence = await textPerplexity(engine, (await int8.encode(licence)).slice(0, 1500));
  const int8Story = await textPerplexity(engine, (await int8.encode(story)).slice(0, 1500));
  await engine.unload();

  const fp32 = await load(path, 'fp32', options.threads);
  const plain = await median(options.repeat, () => time(() => drain(fp32.engine.run({ ids: salted(), topK: 64 }))));
  add('prefill of 256 tokens with all results, fp32', plain, 'ms', 'int8', prefill);
  add(
    'perplexity int8, Apache-2.0 text',
    int8Licence,
    '',
    'fp32',
    await textPerplexity(fp32.engine, (await fp32.encode(licence)).slice(0, 1500)),
  );
  add(
    'perplexity int8, examples/prose.md',
    int8Story,
    '',
    'fp32',
    await textPerplexity(fp32.engine, (await fp32.encode(story)).slice(0, 1500)),
  );
  clearProgress();

  const machine = `${cpus()[0]?.model ?? 'unknown processor'}, ${cpus().length} cores, Node ${process.version}`;
  if (options.json) return printJson({ machine, model: path, figures });
  print(machine);
  const columns = [
    { title: 'what', align: 'left' as const },
    { title: 'measured' },
    { title: 'ratio' },
    { title: 'reference' },
    { title: 'compared with', align: 'left' as const },
  ];
  print(
    table(
      columns,
      figures.map((f) => [f.name, `${short4(f.value)} ${f.unit}`, f.ratio.toFixed(3), short4(f.reference), f.compared]),
    ),
  );
}

async function load(path: string, precision: 'int8' | 'fp32', threads: number | undefined) {
  const engine = new Engine();
  const before = inSessions();
  const began = performance.now();
  const loading = engine.load({ path, precision, threads });
  let step = await loading.next();
  while (!step.done) step = await loading.next();
  const tokens = await engine.encode('The');
  await engine.logits([tokens[0].id], 0);
  const ms = performance.now() - began;
  const encode = async (text: string) => (await engine.encode(text)).map((token) => token.id);
  const { rss } = process.memoryUsage();
  return {
    engine,
    ms,
    rss,
    inSessions: inSessions() - before,
    encode,
    vocab: step.value.vocabSize,
    fileBytes: step.value.fileBytes,
  };
}

/** Milliseconds that onnxruntime itself has worked so far. */
const inSessions = () => sessionClock.creating + sessionClock.running;

/** Medians of work, and of the session runs in it alone. */
async function beside(repeat: number, work: () => Promise<unknown>): Promise<{ ms: number; bare: number }> {
  const bare: number[] = [];
  const ms = await median(repeat, async () => {
    const before = inSessions();
    const took = await time(work);
    bare.push(inSessions() - before);
    return took;
  });
  return { ms, bare: medianOf(bare) };
}

/** The same ids with another first one at each call, so that no cache helps. */
function salt(ids: number[]): () => number[] {
  let n = 0;
  return () => ids.with(0, ++n);
}

async function firstChunk(engine: Engine, ids: number[]): Promise<number> {
  const run = engine.run({ ids, topK: 64 });
  const ms = await time(() => run.next());
  await run.return(undefined);
  return ms;
}

async function decodeTime(engine: Engine, prompt: number[], repeat: number): Promise<{ ms: number; bare: number }> {
  const times: number[] = [];
  const bare: number[] = [];
  const sampling = { temperature: 0, topK: 0, topP: 1 };
  const request = { ids: prompt, maxTokens: 4 * repeat + 2, sampling, seed: 0, ignoreEos: true, plainDecoding: true };
  await drain(engine.run({ ids: prompt, topK: 0 }));
  let last = 0;
  let inside = 0;
  for await (const _ of engine.generate(request)) {
    const [now, sessions] = [performance.now(), inSessions()];
    if (last > 0) {
      times.push(now - last);
      bare.push(sessions - inside);
    }
    [last, inside] = [now, sessions];
  }
  return { ms: medianOf(times), bare: medianOf(bare) };
}

async function keystroke(engine: Engine, ids: number[], repeat: number): Promise<number> {
  const times: number[] = [];
  await drain(engine.run({ ids: ids.slice(0, N), topK: 64 }));
  for (let i = 1; i <= Math.min(repeat, 20); i++) {
    times.push(await time(() => drain(engine.run({ ids: ids.slice(0, N + i), topK: 64, scoreFrom: N + i - 1 }))));
  }
  return medianOf(times);
}

async function cancelTime(engine: Engine, ids: number[], prefill: number, repeat: number) {
  const blocks = engine.model!.nLayers * Math.ceil(N / 64);
  const cancelled = await median(repeat, async () => {
    const controller = new AbortController();
    const run = drain(engine.run({ ids: ids.with(1, Math.floor(Math.random() * 1000)), topK: 64 }, controller.signal));
    await new Promise((resolve) => setTimeout(resolve, prefill / 3));
    const began = performance.now();
    controller.abort();
    await run.catch(() => undefined);
    return performance.now() - began;
  });
  return { cancelled, block: prefill / blocks };
}

async function textPerplexity(engine: Engine, ids: number[]): Promise<number> {
  const logprobs: (number | null)[] = ids.map(() => null);
  for (const { start, end, from } of scoringWindows(ids.length, 512, 512)) {
    for await (const chunk of engine.run({ ids: ids.slice(start, end), topK: 0 })) {
      chunk.logprob.forEach((logprob, i) => {
        const p = start + chunk.from + i;
        if (p >= from) logprobs[p] = logprob;
      });
    }
  }
  return totals(logprobs).perplexity;
}

function short4(value: number): string {
  return value >= 1000 ? value.toFixed(0) : value.toPrecision(4);
}
