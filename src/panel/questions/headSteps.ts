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
  const read = async (from: number, names: readonly string[]) => {
    const chunks: Record<string, HookTensor>[] = [];
    // What comes after the position does not reach it.
    const request = { ids: ids.slice(0, position + 1), from, hooks: names.map((name) => `${block}.${name}`) };
    for await (const { hooks } of engine.hooks(request, signal)) chunks.push(hooks);
    return chunks;
  };
  // Globs: a model need not have each of the norms, nor rotated queries.
  const [own] = await read(position, [
    'hook_resid_pre',
    'ln*',
    'attn.hook_*q',
    'attn.hook_attn_scores',
    'attn.hook_pattern',
    'attn.hook_z',
    'hook_attn_out',
  ]);
  // Of all tokens only what the cache holds: no block is run for it.
  const seen = await read(0, ['hook_resid_pre', 'attn.hook_*k', 'attn.hook_v']);
  const kvHead = Math.floor((head * model.nKvHeads) / model.nHeads);
  const one = (name: string, of = 0) => rowsOf(own[`${block}.${name}`], of);
  const all = (name: string, of = 0) => joined(seen.map((rows) => rowsOf(rows[`${block}.${name}`], of)));
  const optional = (name: string, of = 0) => (`${block}.${name}` in own ? one(name, of) : undefined);

  const q = one('attn.hook_q', head);
  const keys = all('attn.hook_k', kvHead);
  const rotatedQ = optional('attn.hook_rot_q', head);
  const rotatedKeys = rotatedQ && all('attn.hook_rot_k', kvHead);
  const products = dots(rotatedQ ?? q, rotatedKeys ?? keys);
  const scores = headRow(own[`${block}.attn.hook_attn_scores`], head);
  const x = one('hook_resid_pre');
  const simple = dots(x, all('hook_resid_pre'));
  return {
    x,
    normalized: optional('ln1.hook_normalized'),
    q,
    rotatedQ,
    kvHead,
    keys,
    rotatedKeys,
    values: all('attn.hook_v', kvHead),
    products,
    factor: factorOf(products, scores),
    scores,
    pattern: headRow(own[`${block}.attn.hook_pattern`], head),
    z: one('attn.hook_z', head),
    out: one('hook_attn_out'),
    simple: { products: simple, pattern: softmax(simple) },
  };
}

function check(what: string, where: string, index: number, count: number): void {
  if (index >= count)
    throw new TokenscopeError(`There is no such ${what}.`, where, `Choose one from 0 to ${count - 1}.`);
}

/** One head of [heads, 1, keys]. */
function headRow({ shape: [, , keys], data }: HookTensor, head: number): Float32Array {
  return data.slice(head * keys, (head + 1) * keys);
}

/** Rows of one head of [rows, heads, width], or of [rows, width]. */
function rowsOf({ shape, data }: HookTensor, head: number): Float32Array {
  const [rows, width] = [shape[0], shape[shape.length - 1]];
  const step = data.length / rows;
  return joined(Array.from({ length: rows }, (_, row) => data.subarray(row * step + head * width).subarray(0, width)));
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
