import type { Value } from './builder.ts';
import type { LayerConfig, TransformerConfig } from './config.ts';
import type { ModelGraph } from './graph.ts';
import { linear, type WeightPrecision } from './linear.ts';
import { rotate } from './positions.ts';

/** Values that attention receives from outside, see inputsOf; the past is a layer's own, the rest is shared. */
export interface AttentionInputs {
  /** Rotated keys and values of the t earlier tokens, [t, kvHeads, dHead]: the KV cache. */
  pastK: Value;
  pastV: Value;
  /** Scores are multiplied by this, [1]. */
  scale: Value;
  /** Added to the scores, [1 or heads, n, t + n]. */
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
 * @param x [n, d]
 * @param smoothed the smoothing point that x comes from
 * @returns what is added to the residual stream, [n, d]
 */
export function attention(
  g: ModelGraph,
  x: Value,
  smoothed: string | undefined,
  inputs: AttentionInputs,
  config: TransformerConfig,
  layer: LayerConfig,
  precision: WeightPrecision,
): Value {
  const { nHeads: H, nKvHeads: KV, dHead, dModel } = config;
  const G = H / KV; // query heads that share a key/value head
  const { bias } = config.attention;

  // One product for q, k and v: [n, (H + 2 KV) dHead]
  const parts = [
    { weight: 'attn.W_Q', bias: bias.q ? 'attn.b_Q' : undefined, rows: H * dHead },
    { weight: 'attn.W_K', bias: bias.k ? 'attn.b_K' : undefined, rows: KV * dHead },
    { weight: 'attn.W_V', bias: bias.v ? 'attn.b_V' : undefined, rows: KV * dHead, feeds: 'z' },
  ];
  const qkv = linear(g, x, { name: 'attn.W_QKV', dIn: dModel, parts, smoothed }, precision);
  const heads = g.reshape(qkv, [-1, H + 2 * KV, dHead]);
  const [qk, v] = g.split(heads, [H + KV, KV], 1); // [n, H + KV, dHead], [n, KV, dHead]
  const { q, k } = queriesAndKeys(g, qk, v, inputs, config);

  const allK = g.concat([inputs.pastK, k], 0); // [T, KV, dHead]
  const allV = g.concat([inputs.pastV, v], 0);

  // The G query heads of a group are stacked, so that each key/value head is one matrix product.
  const scaled = g.reshape(g.mul(q, inputs.scale), [-1, KV, G, dHead]);
  const qGroups = g.reshape(g.transpose(scaled, [1, 2, 0, 3]), [KV, -1, dHead]); // [KV, G n, dHead]
  const raw = g.matMul(qGroups, g.transpose(allK, [1, 2, 0])); // [KV, G n, T]
  const capped = layer.softCap === undefined ? raw : softCap(g, raw, layer.softCap);
  const scores = g.add(g.reshape(capped, [H, -1, 0]), inputs.mask); // [H, n, T]
  g.hook('attn.hook_attn_scores', scores, [H, 'n', 'T']);
  const pattern = softmax(g, scores);
  g.hook('attn.hook_pattern', pattern, [H, 'n', 'T']);
  const zGroups = g.matMul(g.reshape(pattern, [KV, -1, 0]), g.transpose(allV, [1, 0, 2])); // [KV, G n, dHead]
  const zPlain = g.transpose(g.reshape(zGroups, [H, -1, dHead]), [1, 0, 2]); // [n, H, dHead]
  const z = g.add(g.mul(zPlain, inputs.zScale), inputs.zShift);
  g.hook('attn.hook_z', z, ['n', H, dHead]);
  const divided = ['attn.hook_v', 'attn.hook_z'];
  g.smoothingPoints.push({ name: 'z', hook: 'attn.hook_z', columns: H * dHead, shared: G, dHead, divided });

  const flat = g.reshape(z, [-1, H * dHead]);
  const out = { weight: 'attn.W_O', bias: bias.o ? 'attn.b_O' : undefined, rows: dModel };
  return linear(g, flat, { name: 'attn.W_O', dIn: H * dHead, parts: [out], smoothed: 'z' }, precision);
}

/** @param qk queries and keys side by side, [n, H + KV, dHead] */
function queriesAndKeys(
  g: ModelGraph,
  qk: Value,
  v: Value,
  { cos, sin }: AttentionInputs,
  { nHeads: H, nKvHeads: KV, dHead }: TransformerConfig,
): { q: Value; k: Value } {
  const [q, k] = g.split(qk, [H, KV], 1);
  g.hook('attn.hook_q', q, ['n', H, dHead]);
  g.hook('attn.hook_k', k, ['n', KV, dHead]);
  g.hook('attn.hook_v', v, ['n', KV, dHead]);
  if (!cos || !sin) return { q, k };
  const [rotQ, rotK] = g.split(rotate(g, qk, cos, sin, dHead), [H, KV], 1);
  g.hook('attn.hook_rot_q', rotQ, ['n', H, dHead]);
  g.hook('attn.hook_rot_k', rotK, ['n', KV, dHead]);
  return { q: rotQ, k: rotK };
}

/**
 * Softmax whose sum is a product with ones: that adds strictly in order, so that a row comes out the same to the last bit
 * however many hidden keys lie between those it sees. onnxruntime's own adds in lanes. In int8 one bit may move an
 * activation to the next step, and after a few layers the difference is as large as that of quantisation itself.
 */
function softmax(g: ModelGraph, scores: Value): Value {
  const largest = g.op('ReduceMax', [scores, g.constant('int64', [-1])], { keepdims: 1 });
  const exps = g.op('Exp', [g.sub(scores, largest)]); // [H, n, T]
  const T = g.op('Shape', [scores], { start: 2 });
  const ones = g.op('Expand', [g.scalar(1), g.concat([T, g.constant('int64', [1])], 0)]);
  return g.div(exps, g.matMul(exps, ones));
}

/** cap * tanh(x / cap), as in Gemma 2 (arXiv 2408.00118). */
function softCap(g: ModelGraph, x: Value, cap: number): Value {
  return g.mul(g.op('Tanh', [g.mul(x, g.scalar(1 / cap))]), g.scalar(cap));
}
