import { sessionClock } from '../../runtime/sessions.ts';

/** Milliseconds that `work` takes. */
export async function time(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

/** Median of several measurements, so that one interruption does not count. */
export async function median(repeat: number, measure: () => Promise<number>): Promise<number> {
  const values: number[] = [];
  for (let i = 0; i < repeat; i++) values.push(await measure());
  return medianOf(values);
}

export function medianOf(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}

/** Milliseconds that onnxruntime itself has worked so far: what no engine over it can avoid. */
export const inSessions = (): number => sessionClock.creating + sessionClock.running;

/** Medians of work, and of the session runs in it alone. */
export async function beside(repeat: number, work: () => Promise<unknown>): Promise<{ ms: number; bare: number }> {
  const bare: number[] = [];
  const ms = await median(repeat, async () => {
    const before = inSessions();
    const took = await time(work);
    bare.push(inSessions() - before);
    return took;
  });
  return { ms, bare: medianOf(bare) };
}

/** Reads a stream to its end. */
export async function drain(stream: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of stream);
}

export const greedy = { sampling: { temperature: 0, topK: 0, topP: 1 }, seed: 0, ignoreEos: true };

/** The same ids with another first one at each call, so that no cache helps. */
export function salt(ids: readonly number[]): () => number[] {
  let n = 0;
  return () => ids.with(0, ++n);
}
