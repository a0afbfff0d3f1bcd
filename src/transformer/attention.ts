import type { GraphBuilder, Value } from './builder.ts';
import type { TransformerConfig } from './config.ts';
import { linear, type WeightPrecision } from './linear.ts';
import { rotate } from './positions.ts';

/** Values every block receives from outside, the same for all layers of a run (but for the past). */
export interface AttentionInputs {
  /** Rotated keys and values of the t earlier tokens, [t, kvHeads, dHead]: the KV cache. */
  pastK: Value;
  pastV: Value;
  /** Added to the scores, [n, t + n]. */
  mask: Value;
  /** Of rotary positions, [n, 1, dHead / 2]. */
  cos?: Value;
  sin?: Value;
  /** Interventions: z becomes z * zScale + zShift; [heads, 1] and [1 or n, heads, dHead]. */
  zScale: Value;
  zShift: Value;
}

/**
 * Causal multi-head attention with grouped queries (Vaswani et al., arXiv 1706.03762; Ainslie et al., arXiv 2305.13245):
 *
 *   softmax(q k^T * scale + mask) v, per head, then W_O.
 *
 * n new tokens look at themselves and at t cached ones; T = t + n.
 *
 * @param x [n, d], already normalised
 * @returns what is added to the residual stream, [n, d]
 */
export function attention(
  g: GraphBuilder,
  x: Value,
  inputs: AttentionInputs,
  config: TransformerConfig,
  scale: Value,
  precision: WeightPrecision,
): Value {
  const { nHeads: H, nKvHeads: KV, dHead, dModel } = config;
  const G = H / KV; // query heads that share a key/value head
  const { bias } = config.attention;

  // One product for q, k and v: [n, (H + 2 KV) dHead]
  const size = { dIn: dModel, dOut: (H + 2 * KV) * dHead, bias: bias.q || bias.k || bias.v };
  const qkv = linear(g, x, 'attn.W_QKV', size, precision);
  const heads = g.reshape(qkv, [-1, H + 2 * KV, dHead]);
  const [qk, v] = g.split(heads, [H + KV, KV], 1); // [n, H + KV, dHead], [n, KV, dHead]
  const turned = inputs.cos && inputs.sin ? rotate(g, qk, inputs.cos, inputs.sin, dHead) : qk;
  const [q, k] = g.split(turned, [H, KV], 1);
  declareQkv(g, config, qk, v, turned === qk ? undefined : { q, k });

  const allK = g.concat([inputs.pastK, k], 0); // [T, KV, dHead]
  const allV = g.concat([inputs.pastV, v], 0);

  // The G query heads of a group are stacked, so that each key/value head is one matrix product.
  const scaled = g.reshape(g.mul(q, scale), [-1, KV, G, dHead]);
  const qGroups = g.reshape(g.transpose(scaled, [1, 2, 0, 3]), [KV, -1, dHead]); // [KV, G n, dHead]
  const raw = g.matMul(qGroups, g.transpose(allK, [1, 2, 0])); // [KV, G n, T]
  const scores = g.add(splitHeads(g, raw, inputs.mask, H), inputs.mask); // [H, n, T]
  const pattern = g.softmax(scores);
  const grouped = g.op('Reshape', [pattern, g.op('Shape', [raw])]); // [KV, G n, T]
  const zGroups = g.matMul(grouped, g.transpose(allV, [1, 0, 2])); // [KV, G n, dHead]
  const zPlain = g.transpose(g.reshape(zGroups, [H, -1, dHead]), [1, 0, 2]); // [n, H, dHead]
  const z = g.add(g.mul(zPlain, inputs.zScale), inputs.zShift);

  g.output('attn.hook_attn_scores', scores, 'float', [H, 'n', 'T']);
  g.output('attn.hook_pattern', pattern, 'float', [H, 'n', 'T']);
  g.output('attn.hook_z', z, 'float', ['n', H, dHead]);

  const flat = g.reshape(z, [-1, H * dHead]);
  return linear(g, flat, 'attn.W_O', { dIn: H * dHead, dOut: dModel, bias: bias.o }, precision);
}

/** [KV, G n, T] -> [H, n, T]: n and T are known only when the graph runs, so they are taken from the mask's shape. */
function splitHeads(g: GraphBuilder, raw: Value, mask: Value, H: number): Value {
  return g.op('Reshape', [raw, g.concat([g.constant('int64', [H]), g.op('Shape', [mask])], 0)]);
}

function declareQkv(
  g: GraphBuilder,
  config: TransformerConfig,
  qk: Value,
  v: Value,
  rotated: { q: Value; k: Value } | undefined,
): void {
  const { nHeads: H, nKvHeads: KV, dHead } = config;
  const [q, k] = g.split(qk, [H, KV], 1);
  g.output('attn.hook_q', q, 'float', ['n', H, dHead]);
  g.output('attn.hook_k', k, 'float', ['n', KV, dHead]);
  g.output('attn.hook_v', v, 'float', ['n', KV, dHead]);
  if (!rotated) return;
  g.output('attn.hook_rot_q', rotated.q, 'float', ['n', H, dHead]);
  g.output('attn.hook_rot_k', rotated.k, 'float', ['n', KV, dHead]);
}
