import type { Value } from './builder.ts';
import type { TransformerConfig } from './config.ts';
import type { ModelGraph } from './graph.ts';

/**
 * Normalises every token's vector on its own.
 * LayerNorm (Ba et al., arXiv 1607.06450): (x - mean) / sqrt(var + eps) * w + b;
 * RMSNorm (Zhang & Sennrich, arXiv 1910.07467): x / sqrt(mean(x^2) + eps) * w.
 *
 * @param x [n, d]
 * @returns [n, d]
 */
export function norm(g: ModelGraph, x: Value, name: string, config: TransformerConfig): Value {
  const width = config.dModel;
  const weight = `${name}.w`;
  const bias = config.norm.kind === 'layer' ? `${name}.b` : undefined;
  g.norms.push({ name, weight, bias, width });
  const attributes = { axis: -1, epsilon: { float: config.norm.eps } };
  const w = g.weight(weight, 'float', [width]);
  return bias
    ? g.op('LayerNormalization', [x, w, g.weight(bias, 'float', [width])], attributes)
    : g.op('SimplifiedLayerNormalization', [x, w], attributes);
}

/** The norm as the input of a product: a hook point, and where int8 smooths it. */
export function normalizedInput(g: ModelGraph, x: Value, name: string, config: TransformerConfig): Value {
  const normalized = norm(g, x, name, config);
  const hook = `${name}.hook_normalized`;
  const { dModel: d, dHead } = config;
  g.hook(hook, normalized, ['n', d]);
  g.smoothingPoints.push({ name, hook, columns: d, shared: 1, dHead, divided: [hook] });
  return normalized;
}
