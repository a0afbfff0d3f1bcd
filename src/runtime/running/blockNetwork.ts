import { cacheKeyHook } from '../../transformer/block.ts';
import type { TransformerConfig } from '../../transformer/config.ts';
import type { ModelGraph } from '../../transformer/graph.ts';
import { type HookShape, hookPoints, hooksByLayer } from '../../transformer/hooks.ts';
import { consecutive, type Positions } from '../../transformer/positions.ts';
import type { HookTensor } from '../api.ts';
import type { LoadedModel } from '../loading/model.ts';
import { hookDivisors } from '../loading/smoothing.ts';
import { floatData, floatTensor, int64Tensor, intData, type Outputs } from '../sessions.ts';
import { blockFeeds, type Changes, embed, LayerTensors, positionEmbeddings, tokenEmbeddings } from './blockFeeds.ts';
import { heldHook } from './heldHooks.ts';
import type { Interventions } from './interventions.ts';
import type { Distributions, Network, Watch } from './network.ts';
import { NO_TARGET } from './positionResults.ts';
import type { RunCache } from './runCache.ts';
import type { Turn } from './turn.ts';

const SUMMARY = ['lse', 'entropy', 'target_logit', 'target_above'];

/** A model of our own graphs, run block by block: everything in it can be seen and changed. */
export class BlockNetwork implements Network {
  readonly config: TransformerConfig;
  readonly hooks: ReadonlyMap<string, HookShape>;
  readonly intervenes = true;

  constructor(private readonly model: LoadedModel) {
    this.config = model.config;
    this.hooks = hookPoints(model.config);
  }

  async extend(
    cache: RunCache,
    ids: readonly number[],
    positions: Positions,
    turn: Turn,
    watch?: Watch,
  ): Promise<void> {
    const { config, model } = this;
    const { nLayers, dModel: d, nKvHeads, dHead, layers } = config;
    const to = positions.keys.length;
    const from = to - ids.length;
    const width = nKvHeads * dHead;
    const tensors = new LayerTensors(config, positions);
    const wanted = hooksByLayer(watch?.hooks ?? []);
    cache.reserve(to);
    if (watch) this.seeEmbeddings(ids, positions, watch);

    const first = watch?.known?.before ?? 0;
    let x = watch?.known
      ? cache.take(watch.known.cache, first, from, to)
      : embed(config, model.embedding, model.positions, ids, positions);
    for (let l = first; l < nLayers; l++) {
      await turn.breathe();
      watch?.interventions?.resid(l, x, from, ids.length);
      cache.resid[l].set(x, from * d);
      const hooks = wanted.get(l) ?? [];
      if (hooks.includes('hook_resid_pre'))
        watch?.see(`blocks.${l}.hook_resid_pre`, { shape: [ids.length, d], data: x.slice() });
      const keys = cacheKeyHook(layers[l]);
      const fetch = new Set(['hook_resid_post', keys, 'attn.hook_v', ...hooks]);
      fetch.delete('hook_resid_pre');
      const feeds = blockFeeds(config, l, tensors, x, cache.past(l, from), this.changes(l, from, ids.length, watch));
      const outputs = await model.blocks[l].run(feeds, [...fetch]);
      cache.k[l].set(floatData(outputs, keys), from * width);
      cache.v[l].set(floatData(outputs, 'attn.hook_v'), from * width);
      x = floatData(outputs, 'hook_resid_post');
      for (const name of hooks)
        if (name !== 'hook_resid_pre') watch?.see(`blocks.${l}.${name}`, this.shown(outputs, l, name));
    }
    cache.resid[nLayers].set(x, from * d);
    if (watch) for (const [name, tensor] of await this.finalHooks(x, watch.hooks)) watch.see(name, tensor);
  }

  async layerHooks(
    cache: RunCache,
    layer: number,
    from: number,
    to: number,
    names: readonly string[],
    interventions?: Interventions,
  ) {
    const hooks = new Map<string, HookTensor>();
    for (const name of names) {
      const held = heldHook(this.config, cache, layer, from, to, name);
      if (held) hooks.set(name, this.unsmoothed(held, layer, name));
    }
    const computed = names.filter((name) => !hooks.has(name));
    if (computed.length === 0) return hooks;
    const tensors = new LayerTensors(this.config, consecutive(from, to - from));
    const resid = cache.residual(layer, from, to);
    const changes = this.changes(layer, from, to - from, { interventions });
    const feeds = blockFeeds(this.config, layer, tensors, resid, cache.past(layer, from), changes);
    const outputs = await this.model.blocks[layer].run(feeds, computed);
    for (const name of computed) hooks.set(name, this.shown(outputs, layer, name));
    return hooks;
  }

  async distributions(resid: Float32Array, targets: ArrayLike<number>, topK: number): Promise<Distributions> {
    const k = Math.min(topK, this.config.vocabSize);
    const top = k > 0 ? ['top_logits', 'top_ids'] : [];
    const outputs = await this.unembed(resid, targets, k, [...SUMMARY, ...top]);
    const lse = floatData(outputs, 'lse');
    const above = intData(outputs, 'target_above');
    const has = (i: number) => targets[i] !== NO_TARGET;
    return {
      lse,
      entropy: floatData(outputs, 'entropy'),
      targetLogprob: floatData(outputs, 'target_logit').map((x, i) => (has(i) ? x - lse[i] : Number.NaN)),
      targetRank: above.map((count, i) => (has(i) ? count + 1 : 0)),
      topK: k,
      topIds: k > 0 ? intData(outputs, 'top_ids') : new Int32Array(0),
      topLogprobs:
        k > 0 ? floatData(outputs, 'top_logits').map((x, i) => x - lse[Math.floor(i / k)]) : new Float32Array(0),
    };
  }

  async finalHooks(resid: Float32Array, names: readonly string[]): Promise<Map<string, HookTensor>> {
    const { unembed } = this.model.graphs;
    const wanted = names.filter((name) => unembed.hooks.has(name));
    if (wanted.length === 0) return new Map();
    const outputs = await this.unembed(resid, new Int32Array(resid.length / this.config.dModel), 1, wanted);
    return new Map(wanted.map((name) => [name, this.shown(outputs, undefined, name)]));
  }

  async release(): Promise<void> {
    for (const session of [...this.model.blocks, this.model.unembed]) await session.release();
  }

  private unembed(resid: Float32Array, targets: ArrayLike<number>, k: number, fetch: string[]): Promise<Outputs> {
    const n = targets.length;
    const feeds = {
      resid: floatTensor(resid, [n, this.config.dModel]),
      target: int64Tensor(
        Int32Array.from(targets, (id) => Math.max(id, 0)),
        [n, 1],
      ),
      k: int64Tensor([Math.max(1, k)], [1]),
    };
    return this.model.unembed.run(feeds, fetch);
  }

  private seeEmbeddings(ids: readonly number[], positions: Positions, { hooks, see }: Watch): void {
    const { embedding, positions: learned } = this.model;
    const shape = [ids.length, this.config.dModel];
    if (hooks.includes('hook_embed')) see('hook_embed', { shape, data: tokenEmbeddings(this.config, embedding, ids) });
    if (learned && hooks.includes('hook_pos_embed'))
      see('hook_pos_embed', { shape, data: positionEmbeddings(this.config, learned, positions) });
  }

  private shown(outputs: Outputs, layer: number | undefined, name: string): HookTensor {
    return this.unsmoothed({ shape: [...outputs[name].dims], data: floatData(outputs, name) }, layer, name);
  }

  /** A hook's values as they are without int8's smoothing, in place. */
  private unsmoothed(hook: HookTensor, layer: number | undefined, name: string): HookTensor {
    const by = this.divisors(layer, name);
    if (by) for (let i = 0; i < hook.data.length; i++) hook.data[i] *= by[i % by.length];
    return hook;
  }

  /** Changes as the block takes them: of z it works on smoothed values. */
  private changes(layer: number, from: number, count: number, watch?: Pick<Watch, 'interventions'>): Changes {
    const changes = watch?.interventions?.changes(layer, from, count) ?? {};
    const by = changes.z && this.divisors(layer, 'attn.hook_z');
    if (!changes.z || !by) return changes;
    const { scale, shift } = changes.z;
    return { ...changes, z: { scale, shift: shift.map((x, i) => x / by[i % by.length]) } };
  }

  private divisors(layer: number | undefined, hook: string): Float32Array | undefined {
    const { graphs, smoothing } = this.model;
    if (!smoothing) return undefined;
    const graph: ModelGraph = layer === undefined ? graphs.unembed : graphs.blocks[layer];
    const prefix = layer === undefined ? '' : `blocks.${layer}.`;
    return hookDivisors(graph, hook, (point) => smoothing.get(prefix + point));
  }
}
