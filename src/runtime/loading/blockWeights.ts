import { type BlockWeight, blockWeightNames, type TransformerConfig } from '../../transformer/config.ts';
import type { WeightPrecision } from '../../transformer/linear.ts';
import type { ModelSource, WeightName } from '../../weights/source.ts';
import type { TypedArray } from '../ort.ts';
import { type Part, pack } from './pack.ts';
import { type BlockSmoothing, columnMagnitudes, divisors, joinGroups, spreadGroups } from './smoothing.ts';

/** One block's weights as the files hold them: float32, output-major. */
export type RawBlock = Partial<Record<BlockWeight, Float32Array>>;

/**
 * Reads every weight of block `l`. The arrays live in `scratch` and are valid until the next call with it, so that
 * a whole model is loaded through one block's worth of memory.
 */
export async function readBlock(
  source: ModelSource,
  l: number,
  scratch: Map<string, Float32Array<ArrayBufferLike>>,
): Promise<RawBlock> {
  const raw: RawBlock = {};
  for (const name of blockWeightNames(source.config)) {
    const full: WeightName = `blocks.${l}.${name}`;
    const length = source.shape(full).reduce((a, b) => a * b, 1);
    let into = scratch.get(name);
    if (!into || into.length < length) {
      into = new Float32Array(length);
      scratch.set(name, into);
    }
    raw[name] = await source.read(full, into);
  }
  return raw;
}

/** Divisors of a block's activations, from the largest activations seen per channel. */
export function blockDivisors(
  raw: RawBlock,
  seen: { ln1: Float32Array; z: Float32Array; ln2: Float32Array; post: Float32Array },
  config: TransformerConfig,
): BlockSmoothing {
  const { dModel: d, nHeads, dHead, dMlp } = config;
  const qkv = new Float32Array(d);
  for (const w of [raw['attn.W_Q'], raw['attn.W_K'], raw['attn.W_V']]) columnMagnitudes(w!, d, qkv);
  const inputs = columnMagnitudes(raw['mlp.W_in']!, d);
  if (raw['mlp.W_gate']) columnMagnitudes(raw['mlp.W_gate'], d, inputs);
  const outputs = columnMagnitudes(raw['attn.W_O']!, nHeads * dHead);
  return {
    ln1: divisors(seen.ln1, qkv),
    v: divisors(joinGroups(seen.z, config), joinGroups(outputs, config)),
    ln2: divisors(seen.ln2, inputs),
    post: divisors(seen.post, columnMagnitudes(raw['mlp.W_out']!, dMlp)),
  };
}

/**
 * The weights of one block's session, by the names of blockGraph; `raw` is left as it is.
 * @param smoothing for int8
 */
export async function packBlock(
  raw: RawBlock,
  layer: number,
  config: TransformerConfig,
  precision: WeightPrecision,
  smoothing?: BlockSmoothing,
): Promise<Map<string, TypedArray>> {
  const { dModel: d, nHeads: H, nKvHeads: KV, dHead, dMlp } = config;
  const weights = new Map<string, TypedArray>();
  const addNorm = (name: 'ln1' | 'ln2') => {
    weights.set(`${name}.w`, divided(raw[`${name}.w`]!, smoothing?.[name]));
    const b = raw[`${name}.b`];
    if (b) weights.set(`${name}.b`, divided(b, smoothing?.[name]));
  };
  const addMatrix = async (name: string, parts: Part[], dIn: number, columns?: Float32Array) => {
    const packed = await pack(parts, dIn, precision, columns);
    weights.set(name, packed.weight);
    if (packed.scale) weights.set(`${name}.scale`, packed.scale);
  };
  const { gated, bias } = config.mlp;
  const foldPost = gated ? smoothing?.post : undefined;

  addNorm('ln1');
  weights.set('attn.scale', Float32Array.of(config.attention.scale[layer]));
  const q: Part = { data: raw['attn.W_Q']!, rows: H * dHead };
  const k: Part = { data: raw['attn.W_K']!, rows: KV * dHead };
  const v: Part = { data: raw['attn.W_V']!, rows: KV * dHead, divideRows: smoothing?.v };
  await addMatrix('attn.W_QKV', [q, k, v], d, smoothing?.ln1);
  const attnBias = config.attention.bias;
  if (attnBias.q || attnBias.k || attnBias.v) {
    const bV = raw['attn.b_V'] && divided(raw['attn.b_V'], smoothing?.v);
    weights.set('attn.W_QKV.bias', joined([raw['attn.b_Q'], raw['attn.b_K'], bV], [H * dHead, KV * dHead, KV * dHead]));
  }
  const zColumns = smoothing && spreadGroups(smoothing.v, config);
  await addMatrix('attn.W_O', [{ data: raw['attn.W_O']!, rows: d }], H * dHead, zColumns);
  if (attnBias.o) weights.set('attn.W_O.bias', raw['attn.b_O']!.slice());

  addNorm('ln2');
  const up: Part = { data: raw['mlp.W_in']!, rows: dMlp, divideRows: foldPost };
  const gate: Part[] = gated ? [{ data: raw['mlp.W_gate']!, rows: dMlp }] : [];
  await addMatrix('mlp.W_in', [...gate, up], d, smoothing?.ln2);
  if (bias) {
    const bIn = divided(raw['mlp.b_in']!, foldPost);
    weights.set('mlp.W_in.bias', gated ? joined([raw['mlp.b_gate'], bIn], [dMlp, dMlp]) : bIn);
    weights.set('mlp.W_out.bias', raw['mlp.b_out']!.slice());
  }
  await addMatrix('mlp.W_out', [{ data: raw['mlp.W_out']!, rows: d }], dMlp, smoothing?.post);
  if (smoothing && !gated)
    weights.set(
      'mlp.post_smooth',
      smoothing.post.map((s) => 1 / s),
    );
  return weights;
}

/** A copy, each element divided by its divisor if there are any. */
function divided(values: Float32Array, by?: Float32Array): Float32Array {
  return by ? values.map((x, i) => x / by[i]) : values.slice();
}

/** One array of the given lengths, zeros where a part is missing. */
function joined(parts: (Float32Array | undefined)[], lengths: number[]): Float32Array {
  const out = new Float32Array(lengths.reduce((a, b) => a + b));
  let at = 0;
  parts.forEach((part, i) => {
    if (part) out.set(part, at);
    at += lengths[i];
  });
  return out;
}
