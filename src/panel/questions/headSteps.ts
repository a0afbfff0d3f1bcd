/** One head at one token, step by step: every vector between the residual stream and what the head gives. */
import * as z from 'zod';
import { dots, factorOf, softmax } from '../../analysis/dotAttention.ts';
import { TokenscopeError } from '../../errors.ts';
import type { HookTensor } from '../../runtime/api.ts';
import { type Subject, whole } from './subject.ts';

export const schema = z.object({ kind: z.literal('headSteps'), position: whole, layer: whole, head: whole });

/** Of the n tokens up to the one that looks, itself included; what the model has no hook for is left out. */
export interface Result {
  /** The residual stream at the layer's entry, and after the norm. [d] */
  x: Float32Array;
  normalized?: Float32Array;
  /** Before and after rotation. [dHead] */
  q: Float32Array;
  rotatedQ?: Float32Array;
  /** Heads that share keys and values read those of this one. */
  kvHead: number;
  /** Before and after rotation. [n, dHead] */
  keys: Float32Array;
  rotatedKeys?: Float32Array;
  values: Float32Array;
  /** Query times each key, nothing else. [n] */
  products: Float32Array;
  /** What products are multiplied with; NaN where they do not tell. */
  factor: number;
  /** Scaled and masked, before the softmax; then after it. [n] */
  scores: Float32Array;
  pattern: Float32Array;
  /** [dHead] */
  z: Float32Array;
  /** What all heads of the layer add to the stream together. [d] */
  out: Float32Array;
  /** The simple version: x times each token's x, and the softmax of that. [n] */
  simple: { products: Float32Array; pattern: Float32Array };
}

export const atMost = 1;

/** @throws TokenscopeError for a position, layer or head that is not there; what the engine throws */
export async function handle(
  question: z.infer<typeof schema>,
  { engine, ids, model }: Subject,
  signal: AbortSignal,
): Promise<Result> {
  const { position, layer, head } = question;
  check('token', `Position ${position}`, position, ids.length);
  check('layer', `Layer ${layer}`, layer, model.nLayers);
  check('head', `Head ${head} of layer ${layer}`, head, model.nHeads);
  const block = `blocks.${layer}`;
  // Globs: a model need not have each of the norms, nor rotated queries.
  const hooks = [`${block}.hook_resid_pre`, `${block}.hook_attn_out`, `${block}.ln*`, `${block}.attn.hook_*`];
  // What comes after the position does not reach it.
  const request = { ids: ids.slice(0, position + 1), topK: 0, hooks };
  const chunks: Record<string, HookTensor>[] = [];
  for await (const { hooks: seen = {} } of engine.run(request, signal)) {
    for (const name of [`${block}.attn.hook_attn_scores`, `${block}.attn.hook_pattern`])
      seen[name] = ownRow(seen[name], head);
    chunks.push(seen);
  }
  const has = (name: string) => `${block}.${name}` in chunks[0];
  const last = (name: string, of = 0) => lastRow(chunks.at(-1)![`${block}.${name}`], of);
  const kvHead = Math.floor((head * model.nKvHeads) / model.nHeads);
  const all = (name: string, of = 0) => joined(chunks.map((seen) => rowsOf(seen[`${block}.${name}`], of)));
  const optional = <T>(name: string, value: () => T) => (has(name) ? value() : undefined);

  const q = last('attn.hook_q', head);
  const keys = all('attn.hook_k', kvHead);
  const rotatedQ = optional('attn.hook_rot_q', () => last('attn.hook_rot_q', head));
  const rotatedKeys = optional('attn.hook_rot_k', () => all('attn.hook_rot_k', kvHead));
  const products = dots(rotatedQ ?? q, rotatedKeys ?? keys);
  const scores = last('attn.hook_attn_scores');
  const x = last('hook_resid_pre');
  const simple = dots(x, all('hook_resid_pre'));
  return {
    x,
    normalized: optional('ln1.hook_normalized', () => last('ln1.hook_normalized')),
    q,
    rotatedQ,
    kvHead,
    keys,
    rotatedKeys,
    values: all('attn.hook_v', kvHead),
    products,
    factor: factorOf(products, scores),
    scores,
    pattern: last('attn.hook_pattern'),
    z: last('attn.hook_z', head),
    out: last('hook_attn_out'),
    simple: { products: simple, pattern: softmax(simple) },
  };
}

function check(what: string, where: string, index: number, count: number): void {
  if (index >= count)
    throw new TokenscopeError(`There is no such ${what}.`, where, `Choose one from 0 to ${count - 1}.`);
}

/** The last row of one head of [heads, rows, keys], as [1, keys]. */
function ownRow({ shape: [, rows, keys], data }: HookTensor, head: number): HookTensor {
  const end = (head + 1) * rows * keys;
  return { shape: [1, keys], data: data.slice(end - keys, end) };
}

/** Rows of one head of [rows, heads, width], or of [rows, width]. */
function rowsOf({ shape, data }: HookTensor, head: number): Float32Array {
  const [rows, width] = [shape[0], shape[shape.length - 1]];
  const step = data.length / rows;
  return joined(Array.from({ length: rows }, (_, row) => data.subarray(row * step + head * width).subarray(0, width)));
}

/** The last of rowsOf. */
function lastRow(tensor: HookTensor, head: number): Float32Array {
  const rows = rowsOf(tensor, head);
  return rows.slice(rows.length - tensor.shape[tensor.shape.length - 1]);
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
