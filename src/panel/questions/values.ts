/** How large the value vectors are that attention mixes: the norm of each token's v, of every layer and key-value head. */
import * as z from 'zod';
import type { HookTensor } from '../../runtime/api.ts';
import type { Subject } from './subject.ts';

export const schema = z.object({ kind: z.literal('values') });

/** [layers, kv_heads, n] */
export type Result = HookTensor;

export const atMost = 1;

/** One run of its own for all layers. @throws what the engine throws */
export async function handle(
  _: z.infer<typeof schema>,
  { engine, model: { nLayers, nKvHeads, dHead }, ids }: Subject,
  signal: AbortSignal,
): Promise<Result> {
  const n = ids.length;
  const data = new Float32Array(nLayers * nKvHeads * n);
  for await (const { from, hooks = {} } of engine.run({ ids, topK: 0, hooks: ['blocks.*.attn.hook_v'] }, signal)) {
    for (let layer = 0; layer < nLayers; layer++) {
      const { shape, data: v } = hooks[`blocks.${layer}.attn.hook_v`];
      for (let i = 0; i < shape[0] * nKvHeads; i++) {
        const norm = Math.hypot(...v.subarray(i * dHead, (i + 1) * dHead));
        data[(layer * nKvHeads + (i % nKvHeads)) * n + from + Math.floor(i / nKvHeads)] = norm;
      }
    }
  }
  return { shape: [nLayers, nKvHeads, n], data };
}
