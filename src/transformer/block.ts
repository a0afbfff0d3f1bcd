import { attention } from './attention.ts';
import { GraphBuilder } from './builder.ts';
import type { TransformerConfig } from './config.ts';
import type { WeightPrecision } from './linear.ts';
import { mlp } from './mlp.ts';
import { norm } from './norm.ts';

/**
 * One Transformer block as a graph, pre-norm (Xiong et al., arXiv 2002.04745); the same graph serves all layers:
 *
 *   resid_mid  = resid_pre + attention(norm(resid_pre))
 *   resid_post = resid_mid + mlp(norm(resid_mid))
 *
 * Inputs: resid_pre [n, d], past_k and past_v [t, kvHeads, dHead], mask [n, t + n], for rotary positions cos and sin
 * [n, 1, dHead / 2], z_scale [heads, 1], z_shift [1 or n, heads, dHead].
 * Outputs: every hook point of hooks.ts, under its name without "blocks.{l}."; the new rows of the KV cache are
 * attn.hook_v and cacheKeyOutput(config).
 */
export function blockGraph(config: TransformerConfig, precision: WeightPrecision): GraphBuilder {
  const { dModel: d, nHeads, nKvHeads, dHead } = config;
  const g = new GraphBuilder('block');
  const resid = g.input('resid_pre', 'float', ['n', d]);
  const pastK = g.input('past_k', 'float', ['t', nKvHeads, dHead]);
  const pastV = g.input('past_v', 'float', ['t', nKvHeads, dHead]);
  const mask = g.input('mask', 'float', ['n', 'T']);
  const rotary = config.positions.kind === 'rotary';
  const cos = rotary ? g.input('cos', 'float', ['n', 1, dHead / 2]) : undefined;
  const sin = rotary ? g.input('sin', 'float', ['n', 1, dHead / 2]) : undefined;
  const zScale = g.input('z_scale', 'float', [nHeads, 1]);
  const zShift = g.input('z_shift', 'float', ['s', nHeads, dHead]);
  const scale = g.weight('attn.scale', 'float', [1]); // differs between layers in some models

  const normalized1 = norm(g, resid, 'ln1', config);
  const inputs = { pastK, pastV, mask, cos, sin, zScale, zShift };
  const attnOut = attention(g, normalized1, inputs, config, scale, precision);
  const residMid = g.add(resid, attnOut);

  const normalized2 = norm(g, residMid, 'ln2', config);
  const mlpOut = mlp(g, normalized2, config, precision);
  const residPost = g.add(residMid, mlpOut);

  g.output('ln1.hook_normalized', normalized1, 'float', ['n', d]);
  g.output('hook_attn_out', attnOut, 'float', ['n', d]);
  g.output('hook_resid_mid', residMid, 'float', ['n', d]);
  g.output('ln2.hook_normalized', normalized2, 'float', ['n', d]);
  g.output('hook_mlp_out', mlpOut, 'float', ['n', d]);
  g.output('hook_resid_post', residPost, 'float', ['n', d]);
  return g;
}

/** The hook whose values are kept in the KV cache as keys: after rotation where there is one. */
export function cacheKeyOutput(config: TransformerConfig): string {
  return config.positions.kind === 'rotary' ? 'attn.hook_rot_k' : 'attn.hook_k';
}
