/** Attention rolled out from the first layer up to one; row = the token that looks. */
import * as z from 'zod';
import { meanOverHeads } from '../../analysis/patterns.ts';
import { rollRows, unmixed } from '../../analysis/rollout.ts';
import type { HookTensor } from '../../runtime/api.ts';
import { check } from './pattern.ts';
import { type Subject, whole } from './subject.ts';

export const schema = z.object({ kind: z.literal('rollout'), layer: whole });

/** [1, n, n] */
export type Result = HookTensor;

export const atMost = 1;

/** Multiplications between two looks at what else is to be done. */
const AT_ONCE = 4e6;

/** @throws as the question for a layer's pattern */
export async function handle(
  { layer }: z.infer<typeof schema>,
  subject: Subject,
  signal: AbortSignal,
): Promise<Result> {
  check(layer, subject);
  const n = subject.ids.length;
  const rows = Math.max(1, Math.floor(AT_ONCE / (n * n)));
  let rolled = unmixed(n);
  for (let each = 0; each <= layer; each++) {
    const mean = meanOverHeads(await subject.pattern(each, signal));
    const next = new Float32Array(n * n);
    for (let from = 0; from < n; from += rows) {
      rollRows(mean, rolled, next, n, from, Math.min(n, from + rows));
      await new Promise((resolve) => setImmediate(resolve));
      signal.throwIfAborted();
    }
    rolled = next;
  }
  return { shape: [1, n, n], data: rolled };
}
