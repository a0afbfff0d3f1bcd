import { createHash } from 'node:crypto';
import { parseBlockHook } from '../../transformer/hooks.ts';
import type { HookTensor, Intervention } from '../api.ts';
import type { Change, Changes } from './blockFeeds.ts';
import type { Network } from './network.ts';

type HeadIntervention = Extract<Intervention, { head: number }>;
type ResidIntervention = Extract<Intervention, { hook: `blocks.${number}.hook_resid_pre` }>;
type OutIntervention = Exclude<Intervention, HeadIntervention | ResidIntervention>;

/** The changes a run makes: to a head's z, to what a block's halves add, and to the residual stream at its entry. */
export class Interventions {
  private readonly heads = new Map<number, HeadIntervention[]>();
  private readonly outs = new Map<number, OutIntervention[]>();
  private readonly resids = new Map<number, ResidIntervention[]>();

  /** @param interventions whose means are worked out (means.ts), and which fit the model */
  constructor(
    private readonly network: Network,
    private readonly interventions: readonly Intervention[],
  ) {
    for (const intervention of interventions) {
      const { layer } = parseBlockHook(intervention.hook)!;
      const map = 'head' in intervention ? this.heads : isResid(intervention) ? this.resids : this.outs;
      (map as Map<number, Intervention[]>).set(layer, [...(map.get(layer) ?? []), intervention]);
    }
  }

  /** The first layer that is changed: those before it are as without. */
  get firstLayer(): number {
    return Math.min(...[this.heads, this.outs, this.resids].flatMap((map) => [...map.keys()]));
  }

  /**
   * Names changes that are the same at every position, whatever the input: what they lead to is kept for longer inputs
   * with the same beginning. Undefined for others.
   */
  get lastingKey(): string | undefined {
    const lasting = this.interventions.every(
      (each) => !isResid(each) && (isWord(each.set) || each.set.shape.length === 1),
    );
    if (!lasting) return undefined;
    const hash = createHash('sha256');
    for (const key of this.interventions.map(keyOf).sort()) hash.update(`${key};`);
    return hash.digest('base64');
  }

  /** How values are changed in block `layer` at positions [from, from + count). */
  changes(layer: number, from: number, count: number): Changes {
    return {
      z: this.z(layer, from, count),
      attn_out: this.out(layer, 'hook_attn_out', from, count),
      mlp_out: this.out(layer, 'hook_mlp_out', from, count),
    };
  }

  /** Overwrites the residual stream at the entry of block `layer`, in place. */
  resid(layer: number, x: Float32Array, from: number, count: number): void {
    const d = this.network.config.dModel;
    for (const { set, position } of this.resids.get(layer) ?? []) {
      if (position === undefined) x.set(set.data.subarray(from * d, (from + count) * d));
      else if (position >= from && position < from + count) x.set(set.data, (position - from) * d);
    }
  }

  private z(layer: number, from: number, count: number): Change | undefined {
    const list = this.heads.get(layer);
    if (!list) return undefined;
    const { nHeads, dHead } = this.network.config;
    const scale = new Float32Array(nHeads).fill(1);
    const shift = new Float32Array(count * nHeads * dHead);
    for (const intervention of list) {
      const { head, set } = intervention;
      scale[head] = set === 'scale' ? intervention.factor : 0;
      if (isWord(set)) continue;
      for (let i = 0; i < count; i++) {
        const row = set.shape.length === 1 ? 0 : from + i;
        shift.set(set.data.subarray(row * dHead, (row + 1) * dHead), (i * nHeads + head) * dHead);
      }
    }
    return { scale, shift };
  }

  private out(layer: number, hook: string, from: number, count: number): Change | undefined {
    const { dModel: d } = this.network.config;
    const last = this.outs.get(layer)?.findLast((each) => each.hook.endsWith(hook));
    if (!last) return undefined;
    const { set } = last;
    const scale = Float32Array.of(0);
    if (isWord(set)) return { scale, shift: new Float32Array(d) };
    return { scale, shift: set.shape.length === 1 ? set.data : set.data.subarray(from * d, (from + count) * d) };
  }
}

const isResid = (intervention: Intervention): intervention is ResidIntervention =>
  intervention.hook.endsWith('hook_resid_pre');

const isWord = (set: string | HookTensor): set is string => typeof set === 'string';

function keyOf(intervention: Intervention): string {
  const { set } = intervention;
  if (isWord(set)) return JSON.stringify(intervention);
  const { buffer, byteOffset, byteLength } = set.data;
  const data = createHash('sha256')
    .update(new Uint8Array(buffer, byteOffset, byteLength))
    .digest('base64');
  return JSON.stringify({ ...intervention, set: data });
}

/**
 * @param n tokens of the input
 * @throws RangeError for a layer, head, position or shape that the model or the input does not have
 */
export function checkInterventions(network: Network, interventions: readonly Intervention[], n: number): void {
  if (interventions.length > 0 && !network.intervenes)
    throw new RangeError('this model is an exported graph, in which nothing can be changed');
  const { nLayers, nHeads, dHead, dModel } = network.config;
  for (const intervention of interventions) {
    const hook = parseBlockHook(intervention.hook);
    const isHead = 'head' in intervention;
    const places = isHead ? ['attn.hook_z'] : ['hook_resid_pre', 'hook_attn_out', 'hook_mlp_out'];
    if (!hook || !places.includes(hook.inBlock))
      throw new RangeError(`no intervention is possible at "${intervention.hook}"`);
    if (hook.layer >= nLayers)
      throw new RangeError(`layer ${hook.layer} does not exist: the model has layers 0 to ${nLayers - 1}`);
    if (isHead) {
      const { head } = intervention;
      if (!Number.isInteger(head) || head < 0 || head >= nHeads)
        throw new RangeError(`head ${hook.layer}.${head} does not exist: the model has heads 0 to ${nHeads - 1}`);
    }
    const position = isResid(intervention) ? intervention.position : undefined;
    if (position !== undefined && !(Number.isInteger(position) && position >= 0 && position < n))
      throw new RangeError(`position ${position} is not in the input of ${n} tokens`);
    if (isWord(intervention.set)) continue;
    const width = isHead ? dHead : dModel;
    if (!isResid(intervention)) checkShape(intervention.set, [[width], [n, width]]);
    else checkShape(intervention.set, position === undefined ? [[n, width]] : [[width]]);
  }
}

function checkShape({ shape, data }: HookTensor, allowed: number[][]): void {
  const fits = allowed.some((a) => a.join() === shape.join()) && data.length === shape.reduce((a, b) => a * b, 1);
  if (!fits) throw new RangeError(`shape [${shape}] does not fit: ${allowed.map((a) => `[${a}]`).join(' or ')}`);
}
