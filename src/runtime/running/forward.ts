import type { TransformerConfig } from '../../transformer/config.ts';
import { causalMask, rotaryAngles } from '../../transformer/positions.ts';
import type { EmbeddingRows } from '../../weights/source.ts';
import { ort } from '../ort.ts';

/** What every block needs to know of the n positions it is run on; made once a chunk, the same for all layers. */
export interface ChunkInputs {
  from: number;
  count: number;
  shared: Record<string, ort.Tensor>;
}

/** How a head's z is changed: z * scale + shift, with scale [heads] and shift [1 or n, heads, dHead]. */
export interface ZIntervention {
  scale: Float32Array;
  shift: Float32Array;
}

export function floatTensor(data: Float32Array, shape: number[]): ort.Tensor {
  return new ort.Tensor('float32', data, shape);
}

/** Inputs of positions [from, from + count). */
export function chunkInputs(config: TransformerConfig, from: number, count: number): ChunkInputs {
  const { nHeads, dHead, positions } = config;
  const shared: Record<string, ort.Tensor> = {
    mask: floatTensor(causalMask(from, count), [count, from + count]),
    z_scale: floatTensor(new Float32Array(nHeads).fill(1), [nHeads, 1]),
    z_shift: floatTensor(new Float32Array(nHeads * dHead), [1, nHeads, dHead]),
  };
  if (positions.kind === 'rotary') {
    const { cos, sin } = rotaryAngles(positions, from, count);
    shared.cos = floatTensor(cos, [count, 1, dHead / 2]);
    shared.sin = floatTensor(sin, [count, 1, dHead / 2]);
  }
  return { from, count, shared };
}

/**
 * Runs one block on a chunk.
 * @param resid [count, d], the residual stream at the block's entry
 * @param past rotated keys and values of positions [0, from), each [from, kvHeads, dHead]
 * @param fetch names of outputs, as blockGraph declares them
 */
export function runBlock(
  session: ort.InferenceSession,
  config: TransformerConfig,
  chunk: ChunkInputs,
  resid: Float32Array,
  past: { k: Float32Array; v: Float32Array },
  fetch: readonly string[],
  z?: ZIntervention,
): Promise<ort.InferenceSession.OnnxValueMapType> {
  const { dModel, nHeads, nKvHeads, dHead } = config;
  const pastShape = [chunk.from, nKvHeads, dHead];
  const feeds: Record<string, ort.Tensor> = {
    ...chunk.shared,
    resid_pre: floatTensor(resid, [chunk.count, dModel]),
    past_k: floatTensor(past.k, pastShape),
    past_v: floatTensor(past.v, pastShape),
  };
  if (z) {
    feeds.z_scale = floatTensor(z.scale, [nHeads, 1]);
    feeds.z_shift = floatTensor(z.shift, [z.shift.length / (nHeads * dHead), nHeads, dHead]);
  }
  return session.run(feeds, fetch);
}

/** The float32 values of one fetched output. */
export function floatData(outputs: ort.InferenceSession.OnnxValueMapType, name: string): Float32Array {
  return outputs[name].data as Float32Array;
}

/** Rows of E for these ids, [n, d]. */
export function embed(embedding: EmbeddingRows, ids: readonly number[], d: number): Float32Array {
  const x = new Float32Array(ids.length * d);
  ids.forEach((id, i) => {
    embedding.read(id, x, i * d);
  });
  return x;
}

/** x with the learned positions [from, from + n) added, in place. */
export function addPositions(x: Float32Array, positions: Float32Array, from: number, d: number): Float32Array {
  for (let i = 0; i < x.length; i++) x[i] += positions[from * d + i];
  return x;
}
