import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type Command, Option } from 'commander';
import { TokenscopeError } from '../errors.ts';
import type { EngineApi, ModelInfo, Precision } from '../runtime/api.ts';
import type { Token } from '../runtime/tokenizer/types.ts';
import { EngineClient } from '../runtime/worker/client.ts';
import { bundledModelPath } from '../weights/bundled.ts';
import { readText } from './input.ts';
import { idList, once, positiveInteger, UsageError } from './options.ts';
import { clearProgress, showProgress } from './terminal.ts';

/** Options that every command takes. */
export interface CommonOptions {
  model?: string;
  precision: Precision;
  threads?: number;
  text?: string;
  ids?: number[];
  file?: string;
  json?: boolean;
}

/** What a command works on. */
export interface Input {
  engine: EngineApi;
  model: ModelInfo;
  text: string;
  tokens: Token[];
  ids: number[];
}

/** Adds the options of the model, and of the input if the command has one. */
export function commonOptions(command: Command, input = true): Command {
  command
    .option('--model <path>', 'a .gguf file, or a folder with config.json and safetensors (default: the bundled model)')
    .addOption(new Option('--precision <name>', 'how weights are held').choices(['int8', 'fp32']).default('int8'))
    .option('--threads <n>', 'threads of the engine (default: all cores, at most 4)', positiveInteger)
    .option('--json', 'print one JSON document');
  if (!input) return command;
  return command
    .option('--text <text>', 'the input', once(String))
    .option('--ids <list>', 'the input as token ids: 1,2,3', once(idList))
    .option(
      '--file <path>',
      'the input from a file (default: standard input), UTF-8; a byte order mark at its start is left out',
      once(String),
    );
}

/** Loads the model and reads the input. @throws UsageError if the options contradict each other */
export async function prepare(options: CommonOptions): Promise<Input> {
  const given = [options.text, options.ids, options.file].filter((value) => value !== undefined);
  if (given.length > 1) throw new UsageError('give only one of --text, --ids and --file');
  const text = options.ids ? '' : (options.text ?? (await readText(options.file)));
  const { engine, model } = await loadEngine(options);
  if (options.ids) {
    const described = await engine.describe(options.ids);
    return { engine, model, ids: options.ids, ...described };
  }
  const tokens = await engine.encode(text);
  if (tokens.length === 0)
    throw new TokenscopeError(
      'It has no tokens.',
      'The input',
      'Give some text with --text, --file or standard input.',
    );
  return { engine, model, text, tokens, ids: tokens.map((token) => token.id) };
}

/** An engine in its worker, with the chosen model, loaded with progress on a terminal. */
export async function loadEngine(
  options: Pick<CommonOptions, 'model' | 'precision' | 'threads'>,
): Promise<{ engine: EngineApi; model: ModelInfo }> {
  const engine = new EngineClient({ workerUrl: pathToFileURL(join(packageRoot(), 'dist/worker.js')) });
  const { model: path, precision, threads } = options;
  const loading = engine.load({
    path: path ?? bundledModelPath(packageRoot()),
    precision,
    threads,
    cacheDir: cacheDir(),
  });
  for (;;) {
    const step = await loading.next();
    if (step.done) {
      clearProgress();
      return { engine, model: step.value };
    }
    showProgress(`Loading: ${step.value.label}`, step.value.done, step.value.total);
  }
}

/** @throws UsageError for ids that the model does not have */
export function checkIds({ vocabSize }: ModelInfo, ...ids: (number | undefined)[]): void {
  for (const id of ids)
    if (id !== undefined && id >= vocabSize)
      throw new UsageError(`token ${id} does not exist: the vocabulary has ids 0 to ${vocabSize - 1}`);
}

/** The package's own folder, both from source (src/cli) and from the bundle (dist). */
export function packageRoot(): string {
  const here = fileURLToPath(import.meta.url);
  return here.endsWith('.ts')
    ? fileURLToPath(new URL('../..', import.meta.url))
    : fileURLToPath(new URL('..', import.meta.url));
}

function cacheDir(): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'tokenscope');
}
