import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { text as readStream } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { TokenscopeError } from '../errors.ts';
import type { ModelInfo, Precision } from '../runtime/api.ts';
import { Engine } from '../runtime/engine.ts';
import type { Token } from '../runtime/tokenizer/types.ts';
import { bundledModelPath } from '../weights/bundled.ts';
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
  engine: Engine;
  model: ModelInfo;
  text: string;
  tokens: Token[];
  ids: number[];
}

/** A wrong way to call the command: exit status 2. */
export class UsageError extends Error {}

/** Adds the options of the model, and of the input if the command has one. */
export function commonOptions(command: Command, input = true): Command {
  command
    .option('--model <path>', 'a .gguf file, or a folder with config.json and safetensors (default: the bundled model)')
    .addOption(new Option('--precision <name>', 'how weights are held').choices(['int8', 'fp32']).default('int8'))
    .option('--threads <n>', 'threads of the engine (default: all cores, at most 4)', positiveInteger)
    .option('--json', 'print one JSON document');
  if (!input) return command;
  return command
    .option('--text <text>', 'the input')
    .option('--ids <list>', 'the input as token ids: 1,2,3', idList)
    .option('--file <path>', 'read the input from a UTF-8 file (default: standard input)');
}

/** Loads the model and reads the input. @throws UsageError if the options contradict each other */
export async function prepare(options: CommonOptions): Promise<Input> {
  const given = [options.text, options.ids, options.file].filter((value) => value !== undefined);
  if (given.length > 1) throw new UsageError('give only one of --text, --ids and --file');
  const text = options.ids ? '' : await readInput(options);
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

/** An engine with the chosen model, loaded with progress on a terminal. */
export async function loadEngine(options: CommonOptions): Promise<{ engine: Engine; model: ModelInfo }> {
  const engine = new Engine();
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

async function readInput({ text, file }: CommonOptions): Promise<string> {
  if (text !== undefined) return text;
  if (file === undefined) {
    if (process.stdin.isTTY) throw new UsageError('give an input: --text, --ids, --file or standard input');
    return readStream(process.stdin);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(await readFile(file));
  } catch (error) {
    if (error instanceof TypeError) throw new TokenscopeError('It is not UTF-8 text.', file, 'Give a text file.');
    throw new TokenscopeError('It cannot be read.', file, `${(error as Error).message}.`, { cause: error });
  }
}

export function positiveInteger(value: string): number {
  if (!/^\d+$/.test(value) || Number(value) < 1 || Number(value) > 2 ** 31)
    throw new InvalidArgumentError('Expected a whole number of at least 1.');
  return Number(value);
}

export function wholeNumber(value: string): number {
  if (!/^\d+$/.test(value) || Number(value) > Number.MAX_SAFE_INTEGER)
    throw new InvalidArgumentError('Expected a whole number of at least 0.');
  return Number(value);
}

export function nonNegative(value: string): number {
  const number = Number(value);
  if (value.trim() === '' || !Number.isFinite(number) || number < 0)
    throw new InvalidArgumentError('Expected a number of at least 0.');
  return number;
}

/** A probability mass, in (0, 1]. */
export function mass(value: string): number {
  const number = Number(value);
  if (value.trim() === '' || !(number > 0 && number <= 1))
    throw new InvalidArgumentError('Expected a number above 0 and at most 1.');
  return number;
}

function idList(value: string): number[] {
  const ids = value.split(/[\s,]+/).filter(Boolean);
  if (ids.length === 0 || ids.some((id) => !/^\d+$/.test(id)))
    throw new InvalidArgumentError('Expected token ids such as 1,2,3.');
  return ids.map(Number);
}
