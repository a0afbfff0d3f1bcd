import { attention } from './attention.ts';
import type { Value } from './builder.ts';
import type { LayerConfig, TransformerConfig } from './config.ts';
import { ModelGraph } from './graph.ts';
import type { WeightPrecision } from './linear.ts';
import { mlp } from './mlp.ts';
import { norm, normalizedInput } from './norm.ts';

/**
 * One Transformer block as a graph, which serves all layers of its kind. Pre-norm (Xiong et al., arXiv 2002.04745) is
 *
 *   resid_mid  = resid_pre + attention(norm(resid_pre))
 *   resid_post = resid_mid + mlp(norm(resid_mid))
 *
 * Other layers normalise what is added instead, or as well, or let both read resid_pre.
 *
 * Inputs: hook_resid_pre [n, d], past_k and past_v [t, kvHeads, dHead], those of inputsOf, and interventions: z_scale
 * [heads, 1] and z_shift [1 or n, heads, dHead]; attn_out_scale and mlp_out_scale [1], attn_out_shift and mlp_out_shift
 * [1 or n, d].
 * Outputs: its hook points, named without "blocks.{l}."; the new rows of the KV cache are attn.hook_v and
 * cacheKeyHook(layer).
 */
export function blockGraph(config: TransformerConfig, layer: LayerConfig, precision: WeightPrecision): ModelGraph {
  const { dModel: d, nHeads, nKvHeads, dHead } = config;
  const g = new ModelGraph('block');
  const resid = g.input('hook_resid_pre', 'float', ['n', d]);
  const inputs = {
    pastK: g.input('past_k', 'float', ['t', nKvHeads, dHead]),
    pastV: g.input('past_v', 'float', ['t', nKvHeads, dHead]),
    scale: g.input('scale', 'float', [1]),
    mask: g.input('mask', 'float', ['h', 'n', 'T']),
    cos: layer.rotary && g.input('cos', 'float', ['n', 1, dHead / 2]),
    sin: layer.rotary && g.input('sin', 'float', ['n', 1, dHead / 2]),
    zScale: g.input('z_scale', 'float', [nHeads, 1]),
    zShift: g.input('z_shift', 'float', ['s', nHeads, dHead]),
  };
  const before = (x: Value, name: string) =>
    layer.norms === 'after' ? { x, smoothed: undefined } : { x: normalizedInput(g, x, name, config), smoothed: name };
  const after = (x: Value, name: string) => (layer.norms === 'before' ? x : norm(g, x, `${name}_post`, config));

  /** What is added to the residual stream, as interventions leave it. */
  const added = (x: Value, name: string) =>
    g.add(g.mul(x, g.input(`${name}_scale`, 'float', [1])), g.input(`${name}_shift`, 'float', [`${name}_rows`, d]));

  g.hook('hook_resid_pre', resid, ['n', d]);
  const read = before(resid, 'ln1');
  const attended = after(attention(g, read.x, read.smoothed, inputs, config, layer, precision), 'ln1');
  const attnOut = added(attended, 'attn_out');
  g.hook('hook_attn_out', attnOut, ['n', d]);

  const residMid = g.add(resid, attnOut);
  const parallel = layer.residual === 'parallel';
  if (!parallel) g.hook('hook_resid_mid', residMid, ['n', d]);
  const readMlp = before(parallel ? resid : residMid, 'ln2');
  const mlpOut = added(after(mlp(g, readMlp.x, readMlp.smoothed, config, precision), 'ln2'), 'mlp_out');
  g.hook('hook_mlp_out', mlpOut, ['n', d]);
  g.hook('hook_resid_post', g.add(residMid, mlpOut), ['n', d]);
  return g;
}

/** The hook whose values are kept in the KV cache as keys: after rotation where there is one. */
export function cacheKeyHook({ rotary }: LayerConfig): string {
  return rotary ? 'attn.hook_rot_k' : 'attn.hook_k';
}
