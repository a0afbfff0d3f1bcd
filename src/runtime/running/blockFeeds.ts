import type { TransformerConfig } from '../../transformer/config.ts';
import { inputsOf, type Positions } from '../../transformer/positions.ts';
import type { EmbeddingRows } from '../../weights/source.ts';
import { type Feeds, floatTensor } from '../sessions.ts';

/** How values are changed: x * scale + shift. */
export interface Change {
  /** Of z [heads], else [1]. */
  scale: Float32Array;
  /** Of one position, the same at all, or of n: of z [1 or n, heads, dHead], else [1 or n, d]. */
  shift: Float32Array;
}

/** What a block's graph lets be changed. */
export type Changeable = 'z' | 'attn_out' | 'mlp_out';
export type Changes = { [name in Changeable]?: Change };

/** What layers are given of a run's positions, as tensors: made once for all layers with the same window and angles. */
export class LayerTensors {
  private readonly made = new Map<number | undefined, Map<object | undefined, Feeds>>();
  private readonly unchanged: Feeds;

  constructor(
    private readonly config: TransformerConfig,
    readonly positions: Positions,
  ) {
    const { nHeads, dHead, dModel } = config;
    const one = floatTensor(Float32Array.of(1), [1]);
    const nothing = floatTensor(new Float32Array(dModel), [1, dModel]);
    this.unchanged = {
      z_scale: floatTensor(new Float32Array(nHeads).fill(1), [nHeads, 1]),
      z_shift: floatTensor(new Float32Array(nHeads * dHead), [1, nHeads, dHead]),
      attn_out_scale: one,
      attn_out_shift: nothing,
      mlp_out_scale: one,
      mlp_out_shift: nothing,
    };
  }

  of(layer: number): Feeds {
    const config = this.config.layers[layer];
    const sameWindow = this.made.get(config.window) ?? new Map<object | undefined, Feeds>();
    this.made.set(config.window, sameWindow);
    let feeds = sameWindow.get(config.rotary);
    if (!feeds) {
      const { keys, count } = this.positions;
      const { mask, cos, sin } = inputsOf(config, this.positions);
      feeds = { ...this.unchanged, mask: floatTensor(mask, [1, count, keys.length]) };
      const angles = [count, 1, this.config.dHead / 2];
      if (cos) feeds.cos = floatTensor(cos, angles);
      if (sin) feeds.sin = floatTensor(sin, angles);
      sameWindow.set(config.rotary, feeds);
    }
    return feeds;
  }
}

/**
 * Inputs of one block.
 * @param resid [n, d], the residual stream at the block's entry
 * @param past rotated keys and values of the t cached tokens, each [t, kvHeads, dHead]
 */
export function blockFeeds(
  config: TransformerConfig,
  layer: number,
  tensors: LayerTensors,
  resid: Float32Array,
  past: { k: Float32Array; v: Float32Array },
  { z, attn_out, mlp_out }: Changes = {},
): Feeds {
  const { dModel, nHeads, nKvHeads, dHead, layers } = config;
  const { keys, count } = tensors.positions;
  const pastShape = [keys.length - count, nKvHeads, dHead];
  const feeds: Feeds = {
    ...tensors.of(layer),
    hook_resid_pre: floatTensor(resid, [count, dModel]),
    past_k: floatTensor(past.k, pastShape),
    past_v: floatTensor(past.v, pastShape),
    scale: floatTensor(Float32Array.of(layers[layer].scale), [1]),
  };
  if (z) {
    feeds.z_scale = floatTensor(z.scale, [nHeads, 1]);
    feeds.z_shift = floatTensor(z.shift, [z.shift.length / (nHeads * dHead), nHeads, dHead]);
  }
  for (const [name, change] of Object.entries({ attn_out, mlp_out })) {
    if (!change) continue;
    feeds[`${name}_scale`] = floatTensor(change.scale, [1]);
    feeds[`${name}_shift`] = floatTensor(change.shift, [change.shift.length / dModel, dModel]);
  }
  return feeds;
}

/** The residual stream's beginning: rows of E for these ids, plus learned positions. [n, d] */
export function embed(
  config: TransformerConfig,
  embedding: EmbeddingRows,
  learned: Float32Array | undefined,
  ids: readonly number[],
  positions: Positions,
): Float32Array {
  const x = tokenEmbeddings(config, embedding, ids);
  const p = learned && positionEmbeddings(config, learned, positions);
  return p ? x.map((value, i) => value + p[i]) : x;
}

/** Rows of E, [n, d]. */
export function tokenEmbeddings({ dModel }: TransformerConfig, embedding: EmbeddingRows, ids: readonly number[]) {
  const x = new Float32Array(ids.length * dModel);
  ids.forEach((id, i) => {
    embedding.read(id, x, i * dModel);
  });
  return x;
}

/** Rows of P at the new tokens' positions, [n, d]. */
export function positionEmbeddings(
  { dModel: d }: TransformerConfig,
  learned: Float32Array,
  { keys, count }: Positions,
): Float32Array {
  const x = new Float32Array(count * d);
  for (let i = 0; i < count; i++) {
    const at = keys[keys.length - count + i] * d;
    x.set(learned.subarray(at, at + d), i * d);
  }
  return x;
}
