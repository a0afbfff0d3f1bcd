import type { Engine } from '../../runtime/engine.ts';
import type { Figures } from './figures.ts';
import { beside, drain, greedy, inSessions, median, medianOf, salt, time } from './timing.ts';

const N = 256;

/** Prefill, decoding, typing, editing and cancelling. @param ids a text of some more than N tokens */
export async function benchRuns(figures: Figures, engine: Engine, ids: number[], repeat: number): Promise<number> {
  const prompt = ids.slice(0, N);
  const salted = salt(prompt);
  const { ms: prefill, bare } = await beside(repeat, () => drain(engine.run({ ids: salted(), topK: 64 })));
  figures.add('prefill of 256 tokens with all results, int8', prefill, 'ms', 'the session runs alone', bare);

  const first = await median(repeat, () => firstChunk(engine, salted()));
  figures.add('first numbers of 256 tokens', first, 'ms', 'all of them', prefill);

  const patterns = await median(repeat, () =>
    time(() => drain(engine.run({ ids: salted(), topK: 64, hooks: ['*.hook_pattern'] }))),
  );
  figures.add('256 tokens with all attention patterns', patterns, 'ms', 'without', prefill);

  const { ms: decode, bare: bareDecode } = await decodeTime(engine, prompt, 4 * repeat + 2);
  figures.add('decode at 256 tokens', decode, 'ms', 'the session runs alone', bareDecode);
  const typed = await keystroke(engine, ids, repeat);
  figures.add('keystroke: one token appended to 256', typed, 'ms', 'one decode', decode);

  const short = await median(repeat, async () => {
    await drain(engine.run({ ids: prompt.slice(0, N - 21), topK: 64 }));
    await drain(engine.run({ ids: [...prompt.slice(0, N - 21), 0], topK: 64 })); // ends the cache there
    return time(() => drain(engine.run({ ids: prompt, topK: 64, scoreFrom: N - 21 })));
  });
  const edit = await median(repeat, async () => {
    await drain(engine.run({ ids: prompt, topK: 64 }));
    const edited = prompt.with(N - 20, (prompt[N - 20] + 1) % engine.model!.vocabSize);
    return time(() => drain(engine.run({ ids: edited, topK: 64 })));
  });
  figures.add('edit 20 tokens before the end of 256', edit, 'ms', 'a 21-token prefill', short);

  const { cancelled, block } = await cancelTime(engine, salted(), prefill, repeat);
  figures.add('cancel', cancelled, 'ms', 'the time of one block on a chunk', block);
  return prefill;
}

/** Prefill and decoding as the text grows. @param ids at least 2,048 + 8 tokens */
export async function benchGrowth(figures: Figures, engine: Engine, ids: number[]): Promise<void> {
  const at = async (n: number) => {
    const salted = salt(ids.slice(0, n));
    const prefill = (await median(3, () => time(() => drain(engine.run({ ids: salted(), topK: 64 }))))) / n;
    return { prefill, decode: (await decodeTime(engine, ids.slice(0, n), 8)).ms };
  };
  const base = await at(N);
  for (const n of [64, 1024, 2048]) {
    const { prefill, decode } = await at(n);
    figures.add(`prefill of ${n} tokens, a token`, prefill, 'ms', `of ${N}`, base.prefill);
    figures.add(`decode at ${n} tokens`, decode, 'ms', `at ${N}`, base.decode);
  }
}

async function firstChunk(engine: Engine, ids: number[]): Promise<number> {
  const run = engine.run({ ids, topK: 64 });
  const ms = await time(() => run.next());
  await run.return(undefined);
  return ms;
}

/** Medians of one step of plain decoding after `prompt`. */
export async function decodeTime(
  engine: Engine,
  prompt: number[],
  steps: number,
): Promise<{ ms: number; bare: number }> {
  const times: number[] = [];
  const bare: number[] = [];
  await drain(engine.run({ ids: prompt, topK: 0 }));
  let last = 0;
  let inside = 0;
  for await (const _ of engine.generate({ ids: prompt, maxTokens: steps, ...greedy, plainDecoding: true })) {
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
