import type { Value } from './builder.ts';
import type { Activation, TransformerConfig } from './config.ts';
import type { ModelGraph } from './graph.ts';
import { linear, type WeightPrecision } from './linear.ts';

/** Inputs of a row that int8 treats apart (measured): massive activations reach W_out, beyond these little is gained. */
const OUTLIERS = { in: 2, out: 4 };

/**
 * The feed-forward network, on each token alone: W_out f(W_in x), or gated, W_out (f(W_gate x) * W_in x)
 * (SwiGLU: Shazeer, arXiv 2002.05202).
 *
 * @param x [n, d]
 * @param smoothed the smoothing point that x comes from
 * @returns what is added to the residual stream, [n, d]
 */
export function mlp(
  g: ModelGraph,
  x: Value,
  smoothed: string | undefined,
  config: TransformerConfig,
  precision: WeightPrecision,
): Value {
  const { dModel, dMlp, dHead } = config;
  const { activation, gated, bias } = config.mlp;
  const part = (name: string, rows: number) => ({
    weight: `mlp.W_${name}`,
    bias: bias ? `mlp.b_${name}` : undefined,
    rows,
  });
  // The linear half of a gated network can carry the division of what W_out reads.
  const parts = gated ? [part('gate', dMlp), { ...part('in', dMlp), feeds: 'post' }] : [part('in', dMlp)];
  const hidden = linear(g, x, { name: 'mlp.W_in', dIn: dModel, parts, smoothed }, precision, OUTLIERS.in);
  const [pre, linearHalf] = gated ? g.split(hidden, [dMlp, dMlp], 1) : [hidden];
  g.hook('mlp.hook_pre', pre, ['n', dMlp]);
  const active = activate(g, pre, activation);
  const post = linearHalf ? g.mul(active, linearHalf) : active; // [n, dMlp]
  g.hook('mlp.hook_post', post, ['n', dMlp]);
  const reciprocal = gated ? undefined : 'mlp.post_smooth';
  const divided = gated ? ['mlp.hook_post'] : [];
  g.smoothingPoints.push({ name: 'post', hook: 'mlp.hook_post', columns: dMlp, shared: 1, dHead, divided, reciprocal });
  const smooth = reciprocal && precision === 'int8' ? g.mul(post, g.weight(reciprocal, 'float', [dMlp])) : post;
  const out = { name: 'mlp.W_out', dIn: dMlp, parts: [part('out', dModel)], smoothed: 'post' };
  return linear(g, smooth, out, precision, OUTLIERS.out);
}

function activate(g: ModelGraph, x: Value, activation: Activation): Value {
  switch (activation) {
    case 'silu':
      return g.mul(x, g.op('Sigmoid', [x]));
    case 'gelu':
      return g.op('Gelu', [x], { approximate: 'none' });
    case 'gelu_tanh':
      return g.op('Gelu', [x], { approximate: 'tanh' });
    case 'relu':
      return g.op('Relu', [x]);
  }
}
