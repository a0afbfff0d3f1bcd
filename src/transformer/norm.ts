import type { GraphBuilder, Value } from './builder.ts';
import type { TransformerConfig } from './config.ts';

/**
 * Normalises every token's vector on its own.
 * LayerNorm (Ba et al., arXiv 1607.06450): (x - mean) / sqrt(var + eps) * w + b;
 * RMSNorm (Zhang & Sennrich, arXiv 1910.07467): x / sqrt(mean(x^2) + eps) * w.
 *
 * @param x [n, d]
 * @returns [n, d]
 */
export function norm(g: GraphBuilder, x: Value, name: string, config: TransformerConfig): Value {
  const d = config.dModel;
  const w = g.weight(`${name}.w`, 'float', [d]);
  const attributes = { axis: -1, epsilon: { float: config.norm.eps } };
  if (config.norm.kind === 'rms') return g.op('SimplifiedLayerNormalization', [x, w], attributes);
  return g.op('LayerNormalization', [x, w, g.weight(`${name}.b`, 'float', [d])], attributes);
}
