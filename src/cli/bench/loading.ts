import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Precision } from '../../runtime/api.ts';
import { Engine } from '../../runtime/engine.ts';
import { packageRoot } from '../common.ts';
import type { Figures } from './figures.ts';
import { inSessions, medianOf, time } from './timing.ts';

/** Loads and predicts once. `bare`: what onnxruntime alone took for that. */
export async function load(path: string, precision: Precision, threads?: number, cacheDir?: string) {
  const engine = new Engine();
  const before = inSessions();
  let fileBytes = 0;
  const ms = await time(async () => {
    const loading = engine.load({ path, precision, threads, cacheDir });
    let step = await loading.next();
    while (!step.done) step = await loading.next();
    fileBytes = step.value.fileBytes;
    const [token] = await engine.encode('The');
    await engine.logits([token.id], 0);
  });
  return { engine, ms, bare: inSessions() - before, fileBytes };
}

interface LoadFigures {
  ms: number;
  /** What onnxruntime took of it. */
  bare: number;
  rss: number;
  peak: number;
  fileBytes: number;
}

/** What a process of its own tells of a load with this cache folder. */
export async function loadAlone(path: string, threads: number | undefined, folder: string): Promise<LoadFigures> {
  const { ms, bare, fileBytes } = await load(path, 'int8', threads, folder);
  const { rss } = process.memoryUsage();
  return { ms, bare, rss, peak: process.resourceUsage().maxRSS * 1024, fileBytes };
}

/** The first load of a model, the second, and the memory it takes; each in a process of its own, so all begin alike. */
export async function benchLoading(
  figures: Figures,
  path: string,
  threads: number | undefined,
  repeat: number,
): Promise<void> {
  const reading = (await fileSize(path)) > 0 ? await time(() => readFile(path)) : 0;
  const first: LoadFigures[] = [];
  const second: LoadFigures[] = [];
  const whole: number[] = [];
  for (let i = 0; i < repeat; i++) {
    const folder = await mkdtemp(join(tmpdir(), 'tokenscope-bench-'));
    try {
      const alone = async () => {
        const text = await command(['bench', '--load-with', folder], path, threads, folder);
        return JSON.parse(text) as LoadFigures;
      };
      first.push(await alone());
      second.push(await alone());
      whole.push(await time(() => command(['predict', '--text', 'The'], path, threads, join(folder, 'xdg'))));
      whole[i] = await time(() => command(['predict', '--text', 'The'], path, threads, join(folder, 'xdg')));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
  const middle = (all: LoadFigures[]) => all.toSorted((a, b) => a.ms - b.ms)[Math.floor(all.length / 2)];
  const [one, two] = [middle(first), middle(second)];
  const compared = 'reading and session creation bare';
  figures.add('first load to first prediction, int8', one.ms, 'ms', compared, reading + one.bare);
  figures.add('second load to first prediction, int8', two.ms, 'ms', compared, reading + two.bare);
  const process = medianOf(whole);
  figures.add('predict as a whole process, second load', process, 'ms', compared, reading + two.bare);
  for (const [when, { rss, peak, fileBytes }] of [
    ['first', one],
    ['second', two],
  ] as const) {
    figures.add(`memory at most during the ${when} load`, peak / 1e9, 'GB RSS', 'the model file', fileBytes / 1e9);
    figures.add(`memory after the ${when} load`, rss / 1e9, 'GB RSS', 'the model file', fileBytes / 1e9);
  }
}

async function fileSize(path: string): Promise<number> {
  return readFile(path).then(
    ({ length }) => length,
    () => 0, // a folder
  );
}

/** Runs the command line as somebody in a terminal would. @returns what it printed */
async function command(args: string[], path: string, threads: number | undefined, cache: string): Promise<string> {
  const options = ['--model', path, ...(threads ? ['--threads', String(threads)] : [])];
  const child = spawn(process.execPath, [join(packageRoot(), 'dist', 'cli.js'), ...args, ...options], {
    env: { ...process.env, XDG_CACHE_HOME: cache },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const printed = text(child.stdout);
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`${args[0]} ended with ${code}`);
  return printed;
}
