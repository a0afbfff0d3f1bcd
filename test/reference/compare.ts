import assert from 'node:assert/strict';
import type { LoadOptions, ModelInfo, RunChunk } from '../../src/runtime/api.ts';
import { Engine } from '../../src/runtime/engine.ts';

/** Asserts that two arrays differ nowhere by more than `tolerance`; says where they differ most. */
export function close(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number, what: string): void {
  assert.equal(actual.length, expected.length, `${what}: length`);
  let worst = 0;
  let at = 0;
  for (let i = 0; i < actual.length; i++) {
    const difference = Math.abs(actual[i] - expected[i]);
    if (!(difference <= worst)) {
      worst = difference;
      at = i;
    }
  }
  assert.ok(
    worst <= tolerance,
    `${what}: |${actual[at]} - ${expected[at]}| = ${worst} at ${at}, tolerance ${tolerance}`,
  );
}

/** An engine with a model, loaded to the end. */
export async function loadedEngine(
  path: string,
  options: Partial<LoadOptions> = {},
  signal?: AbortSignal,
  onStep: () => void = () => {},
): Promise<{ engine: Engine; info: ModelInfo }> {
  const engine = new Engine();
  const loading = engine.load({ path, precision: 'fp32', threads: 2, ...options }, signal);
  for (;;) {
    const step = await loading.next();
    if (step.done) return { engine, info: step.value };
    onStep();
  }
}

/** All chunks of a run. */
export async function all<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const values: T[] = [];
  for await (const value of stream) values.push(value);
  return values;
}

/** NLL in nats of the tokens from the second on. */
export function losses(chunks: RunChunk[]): number[] {
  return chunks.flatMap((chunk) => [...chunk.logprob].map((logprob) => -logprob)).slice(1);
}

/** Greedy ids agree as far as the reference's choice is clear: beyond a near tie either way is right. */
export function sameGreedy(actual: number[], expected: number[], margins: number[], clear: number, what: string): void {
  const unclear = margins.findIndex((margin) => margin <= clear);
  const length = unclear < 0 ? expected.length : unclear;
  assert.deepEqual(actual.slice(0, length), expected.slice(0, length), what);
}
