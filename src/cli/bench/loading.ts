import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Precision } from '../../runtime/api.ts';
import { Engine } from '../../runtime/engine.ts';
import { packageRoot } from '../common.ts';
import type { Figures } from './figures.ts';
import { inSessions, time } from './timing.ts';

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

/** The first load of a model, the second, and the memory it takes. @returns the engine with the model */
export async function benchLoading(figures: Figures, path: string, threads: number | undefined): Promise<Engine> {
  const folder = await mkdtemp(join(tmpdir(), 'tokenscope-bench-'));
  try {
    const reading = (await fileSize(path)) > 0 ? await time(() => readFile(path)) : 0;
    const first = await load(path, 'int8', threads, folder);
    const { rss } = process.memoryUsage();
    const peak = process.resourceUsage().maxRSS * 1024;
    const compared = 'reading and session creation bare';
    figures.add('first load to first prediction, int8', first.ms, 'ms', compared, reading + first.bare);
    figures.add('memory at most while it loads', peak / 1e9, 'GB RSS', 'the model file', first.fileBytes / 1e9);
    figures.add('memory after the load', rss / 1e9, 'GB RSS', 'the model file', first.fileBytes / 1e9);
    await first.engine.unload();
    const second = await load(path, 'int8', threads, folder);
    figures.add('second load to first prediction, int8', second.ms, 'ms', compared, reading + second.bare);
    const whole = await time(() => predictProcess(path, threads, folder));
    figures.add('a whole process: predict, from the second load on', whole, 'ms', compared, reading + first.bare);
    return second.engine;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function fileSize(path: string): Promise<number> {
  return readFile(path).then(
    ({ length }) => length,
    () => 0, // a folder
  );
}

/** `predict` as somebody in a terminal starts it. */
async function predictProcess(path: string, threads: number | undefined, folder: string): Promise<void> {
  const options = ['predict', '--text', 'The', '--model', path, ...(threads ? ['--threads', String(threads)] : [])];
  const child = spawn(process.execPath, [join(packageRoot(), 'dist', 'cli.js'), ...options], {
    env: { ...process.env, XDG_CACHE_HOME: folder },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  child.stdout.resume();
  await new Promise<void>((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code) => (code === 0 ? resolve() : reject(new Error(`predict ended with ${code}`))));
  });
}
