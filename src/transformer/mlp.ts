import type { GraphBuilder, Value } from './builder.ts';
import type { Activation, TransformerConfig } from './config.ts';
import { linear, type WeightPrecision } from './linear.ts';

/**
 * The feed-forward network, on each token alone: W_out f(W_in x), or gated, W_out (f(W_gate x) * W_in x)
 * (SwiGLU: Shazeer, arXiv 2002.05202).
 *
 * @param x [n, d], already normalised
 * @returns what is added to the residual stream, [n, d]
 */
export function mlp(g: GraphBuilder, x: Value, config: TransformerConfig, precision: WeightPrecision): Value {
  const { dModel, dMlp } = config;
  const { activation, gated, bias } = config.mlp;
  const hidden = linear(g, x, 'mlp.W_in', { dIn: dModel, dOut: gated ? 2 * dMlp : dMlp, bias }, precision);
  const [pre, linearPart] = gated ? g.split(hidden, [dMlp, dMlp], 1) : [hidden];
  const active = activate(g, pre, activation);
  const post = linearPart ? g.mul(active, linearPart) : active; // [n, dMlp]
  g.output('mlp.hook_pre', pre, 'float', ['n', dMlp]);
  g.output('mlp.hook_post', post, 'float', ['n', dMlp]);
  // int8: channels that could not be smoothed into the weights before (a non-linearity stands between) are here.
  const smooth = precision === 'int8' && !gated ? g.mul(post, g.weight('mlp.post_smooth', 'float', [dMlp])) : post;
  return linear(g, smooth, 'mlp.W_out', { dIn: dMlp, dOut: dModel, bias, outliers: true }, precision);
}

function activate(g: GraphBuilder, x: Value, activation: Activation): Value {
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
