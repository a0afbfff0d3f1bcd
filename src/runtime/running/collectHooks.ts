import type { HookTensor, RunChunk } from '../api.ts';
import { placeRows } from './pattern.ts';

/**
 * Joins the hooks of a run's chunks into whole tensors. Patterns become [heads, n, n] with zeros where nothing can be
 * seen, scores the same with -infinity; everything else is joined along the positions.
 */
export async function collectHooks(
  chunks: AsyncIterable<RunChunk>,
  n: number,
): Promise<{ hooks: Map<string, HookTensor>; chunks: RunChunk[] }> {
  const hooks = new Map<string, HookTensor>();
  const seen: RunChunk[] = [];
  for await (const chunk of chunks) {
    for (const [name, tensor] of Object.entries(chunk.hooks ?? {})) {
      const square = name.endsWith('hook_pattern') || name.endsWith('hook_attn_scores');
      if (!hooks.has(name)) hooks.set(name, emptyLike(tensor, n, square, name));
      const whole = hooks.get(name)!;
      if (square) placeRows(tensor.data, whole.data, tensor.shape[0], n, chunk.from, chunk.from + chunk.count);
      else whole.data.set(tensor.data, (whole.data.length / n) * chunk.from);
    }
    seen.push({ ...chunk, hooks: undefined });
  }
  return { hooks, chunks: seen };
}

function emptyLike({ shape }: HookTensor, n: number, square: boolean, name: string): HookTensor {
  const whole = square ? [shape[0], n, n] : [n, ...shape.slice(1)];
  const data = new Float32Array(whole.reduce((a, b) => a * b, 1));
  if (name.endsWith('hook_attn_scores')) data.fill(Number.NEGATIVE_INFINITY);
  return { shape: whole, data };
}
