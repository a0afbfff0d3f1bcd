import { parseBlockHook } from '../../transformer/hooks.ts';
import type { HookTensor, Intervention, RunChunk } from '../api.ts';
import type { ZChange } from './blockFeeds.ts';
import type { Network } from './network.ts';

type HeadIntervention = Extract<Intervention, { head: number }>;
type ResidIntervention = Exclude<Intervention, { head: number }>;

/** The changes a run makes: to a head's z, and to the residual stream at a block's entry. */
export class Interventions {
  private readonly heads = new Map<number, HeadIntervention[]>();
  private readonly resids = new Map<number, ResidIntervention[]>();
  /** Mean of z over the positions of the unchanged run, by layer: [heads, dHead]. */
  private readonly means = new Map<number, Float32Array>();

  /** @throws RangeError for a layer, head, position or shape that the model or the input does not have */
  constructor(
    private readonly network: Network,
    interventions: readonly Intervention[],
    private readonly n: number,
  ) {
    if (interventions.length > 0 && !network.intervenes)
      throw new RangeError('this model is an exported graph, in which nothing can be changed');
    for (const intervention of interventions) {
      const layer = this.checkLayer(intervention);
      const map = 'head' in intervention ? this.heads : this.resids;
      (map as Map<number, Intervention[]>).set(layer, [...(map.get(layer) ?? []), intervention]);
    }
  }

  /** Mean ablation needs the means first: of the unchanged run over the same tokens. */
  async measureMeans(run: (hooks: string[]) => AsyncGenerator<RunChunk>): Promise<void> {
    const layers = [...this.heads].filter(([, list]) => list.some((i) => i.set === 'mean')).map(([l]) => l);
    if (layers.length === 0) return;
    const { nHeads, dHead } = this.network.config;
    for (const l of layers) this.means.set(l, new Float32Array(nHeads * dHead));
    for await (const chunk of run(layers.map((l) => `blocks.${l}.attn.hook_z`))) {
      for (const l of layers) {
        const mean = this.means.get(l)!;
        const z = chunk.hooks![`blocks.${l}.attn.hook_z`].data;
        for (let i = 0; i < z.length; i++) mean[i % mean.length] += z[i] / this.n;
      }
    }
  }

  /** How z is changed in block `layer` at positions [from, from + count). */
  z(layer: number, from: number, count: number): ZChange | undefined {
    const list = this.heads.get(layer);
    if (!list) return undefined;
    const { nHeads, dHead } = this.network.config;
    const scale = new Float32Array(nHeads).fill(1);
    const shift = new Float32Array(count * nHeads * dHead);
    for (const intervention of list) {
      const { head } = intervention;
      scale[head] = intervention.set === 'scale' ? intervention.factor : 0;
      for (let i = 0; i < count; i++) {
        const at = (i * nHeads + head) * dHead;
        if (intervention.set === 'mean') {
          shift.set(this.means.get(layer)!.subarray(head * dHead, (head + 1) * dHead), at);
        } else if (typeof intervention.set !== 'string') {
          const { data, shape } = intervention.set;
          const row = shape.length === 1 ? 0 : from + i;
          shift.set(data.subarray(row * dHead, (row + 1) * dHead), at);
        }
      }
    }
    return { scale, shift };
  }

  /** Overwrites the residual stream at the entry of block `layer`, in place. */
  resid(layer: number, x: Float32Array, from: number, count: number): void {
    const d = this.network.config.dModel;
    for (const { set, position } of this.resids.get(layer) ?? []) {
      if (position === undefined) x.set(set.data.subarray(from * d, (from + count) * d));
      else if (position >= from && position < from + count) x.set(set.data, (position - from) * d);
    }
  }

  private checkLayer(intervention: Intervention): number {
    const { nLayers, nHeads, dHead, dModel } = this.network.config;
    const hook = parseBlockHook(intervention.hook);
    const isHead = 'head' in intervention;
    if (!hook || hook.inBlock !== (isHead ? 'attn.hook_z' : 'hook_resid_pre'))
      throw new RangeError(`no intervention is possible at "${intervention.hook}"`);
    if (hook.layer >= nLayers)
      throw new RangeError(`layer ${hook.layer} does not exist: the model has layers 0 to ${nLayers - 1}`);
    if (isHead) {
      const { head } = intervention;
      if (!Number.isInteger(head) || head < 0 || head >= nHeads)
        throw new RangeError(`head ${hook.layer}.${head} does not exist: the model has heads 0 to ${nHeads - 1}`);
      if (typeof intervention.set !== 'string') checkShape(intervention.set, [[dHead], [this.n, dHead]]);
    } else {
      const { position, set } = intervention;
      if (position !== undefined && !(Number.isInteger(position) && position >= 0 && position < this.n))
        throw new RangeError(`position ${position} is not in the input of ${this.n} tokens`);
      checkShape(set, position === undefined ? [[this.n, dModel]] : [[dModel]]);
    }
    return hook.layer;
  }
}

function checkShape({ shape, data }: HookTensor, allowed: number[][]): void {
  const fits = allowed.some((a) => a.join() === shape.join()) && data.length === shape.reduce((a, b) => a * b, 1);
  if (!fits) throw new RangeError(`shape [${shape}] does not fit: ${allowed.map((a) => `[${a}]`).join(' or ')}`);
}

/**
 * Names changes that are the same at every position, whatever the input: what they lead to is kept for longer inputs
 * with the same beginning. Undefined for others.
 */
export function lastingKey(interventions: readonly Intervention[]): string | undefined {
  const lasting = interventions.every(({ set }) => set === 'zero' || set === 'scale');
  return lasting
    ? interventions
        .map((i) => JSON.stringify(i))
        .sort()
        .join()
    : undefined;
}
