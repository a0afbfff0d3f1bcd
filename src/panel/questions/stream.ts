/** How the residual stream grows at a position: its norm, how near its end it is, what is added, which neurons are strong. */
import * as z from 'zod';
import { cosine, norm, type StrongNeuron, strongestNeurons } from '../../analysis/residual.ts';
import { TokenscopeError } from '../../errors.ts';
import type { HookTensor } from '../../runtime/api.ts';
import { type Subject, whole } from './subject.ts';

export const schema = z.object({ kind: z.literal('stream'), position: whole });

export interface Result {
  /** Length of the residual stream before each layer, and after the last. [layers + 1] */
  norm: Float32Array;
  /** Of these with the last. [layers + 1] */
  cosine: Float32Array;
  /** Length of what attention adds. [layers] */
  attention: Float32Array;
  /** Length of what the feed-forward network adds. [layers] */
  mlp: Float32Array;
  /** Of all layers, the largest magnitudes first. */
  neurons: StrongNeuron[];
}

export const atMost = 1;

const NEURONS = 10;

/** @throws TokenscopeError for a position that is not there; what the engine throws */
export async function handle(
  { position }: z.infer<typeof schema>,
  { engine, ids, model }: Subject,
  signal: AbortSignal,
): Promise<Result> {
  if (position >= ids.length)
    throw new TokenscopeError('There is no such token.', `Position ${position}`, 'Choose another.');
  const { nLayers } = model;
  const end = `blocks.${nLayers - 1}.hook_resid_post`;
  const inBlocks = ['hook_resid_pre', 'hook_attn_out', 'hook_mlp_out', 'mlp.hook_post'];
  const hooks = [...inBlocks.map((name) => `blocks.*.${name}`), end];
  // What comes after the position does not reach it.
  const request = { ids: ids.slice(0, position + 1), from: position, hooks };
  let seen: Record<string, HookTensor> = {};
  for await (const rows of engine.hooks(request, signal)) seen = rows.hooks;
  const ofLayers = (name: string) =>
    Array.from({ length: nLayers }, (_, layer) => seen[`blocks.${layer}.${name}`].data);
  const residuals = [...ofLayers('hook_resid_pre'), seen[end].data];
  return {
    norm: Float32Array.from(residuals, norm),
    cosine: Float32Array.from(residuals, (x) => cosine(x, residuals[nLayers])),
    attention: Float32Array.from(ofLayers('hook_attn_out'), norm),
    mlp: Float32Array.from(ofLayers('hook_mlp_out'), norm),
    neurons: strongestNeurons(ofLayers('mlp.hook_post'), NEURONS),
  };
}
