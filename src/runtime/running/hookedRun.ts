import { matchHooks, parseBlockHook } from '../../transformer/hooks.ts';
import type { HookTensor, Intervention, RunChunk, RunRequest } from '../api.ts';
import type { LoadedModel } from '../loading/model.ts';
import { spreadGroups } from '../loading/smoothing.ts';
import type { ort } from '../ort.ts';
import { RunCache } from './cache.ts';
import { CHUNK, resultChunk } from './cachedRun.ts';
import { addPositions, embed, floatData } from './forward.ts';
import { Interventions } from './interventions.ts';
import { appendChunk } from './prefill.ts';
import { refreshResults, runUnembed } from './unembedding.ts';

/**
 * A run that reads or changes what happens inside: on a cache of its own, since its keys and values may differ from
 * those of a plain run. Chunks carry the hooks asked for.
 */
export async function* runHooked(
  model: LoadedModel,
  request: RunRequest,
  signal?: AbortSignal,
): AsyncGenerator<RunChunk> {
  const { ids, topK, scoreFrom = 0 } = request;
  const wanted = request.hooks ? matchHooks(model.config, request.hooks) : [];
  const interventions = new Interventions(model, request.interventions ?? [], ids.length);
  await interventions.measureMeans((hooks) => runHooked(model, { ids, topK: 0, hooks }, signal));
  const cache = new RunCache(model.config);
  for (let from = 0; from < ids.length; from += CHUNK) {
    const to = Math.min(from + CHUNK, ids.length);
    const collected = new ChunkHooks(model, wanted);
    collected.embedding(ids.slice(from, to), from);
    await appendChunk(model, cache, ids, to, signal, {
      fetch: (l) => collected.blockOutputs(l),
      onBlock: (l, outputs) => collected.block(l, outputs),
      z: (l, at, count) => interventions.z(l, at, count),
      resid: (l, x, at, count) => {
        interventions.resid(l, x, at, count);
        collected.residPre(l, x);
      },
    });
    await collected.final(cache.residual(model.config.nLayers, from, to));
    if (to <= scoreFrom) continue;
    const first = Math.max(from, scoreFrom);
    await refreshResults(model, cache, ids, Math.max(0, first - 1), to, topK);
    yield { ...resultChunk(cache, first, to, topK, false), hooks: collected.tensors };
  }
}

/** The hooks of one chunk, taken from the blocks' raw outputs and freed of int8's smoothing. */
class ChunkHooks {
  readonly tensors: Record<string, HookTensor> = {};
  private readonly byLayer = new Map<number, string[]>();
  private readonly outside: string[] = [];

  constructor(
    private readonly model: LoadedModel,
    wanted: readonly string[],
  ) {
    for (const name of wanted) {
      const block = parseBlockHook(name);
      if (!block) this.outside.push(name);
      else this.byLayer.set(block.layer, [...(this.byLayer.get(block.layer) ?? []), block.inBlock]);
    }
  }

  embedding(ids: readonly number[], from: number): void {
    const { dModel: d } = this.model.config;
    if (this.outside.includes('hook_embed'))
      this.tensors.hook_embed = { shape: [ids.length, d], data: embed(this.model.embedding, ids, d) };
    if (this.outside.includes('hook_pos_embed')) {
      const zeros = new Float32Array(ids.length * d);
      const data = addPositions(zeros, this.model.positions!, from, d);
      this.tensors.hook_pos_embed = { shape: [ids.length, d], data };
    }
  }

  blockOutputs(layer: number): string[] {
    return (this.byLayer.get(layer) ?? []).filter((name) => name !== 'hook_resid_pre');
  }

  residPre(layer: number, x: Float32Array): void {
    if (!this.byLayer.get(layer)?.includes('hook_resid_pre')) return;
    const shape = [x.length / this.model.config.dModel, this.model.config.dModel];
    this.tensors[`blocks.${layer}.hook_resid_pre`] = { shape, data: x.slice() };
  }

  block(layer: number, outputs: ort.InferenceSession.OnnxValueMapType): void {
    for (const name of this.blockOutputs(layer)) {
      const data = floatData(outputs, name);
      unsmooth(this.model, layer, name, data);
      this.tensors[`blocks.${layer}.${name}`] = { shape: [...outputs[name].dims], data };
    }
  }

  /** @param resid after the last block, [n, d] */
  async final(resid: Float32Array): Promise<void> {
    const outputs: Record<string, string> = { 'ln_final.hook_normalized': 'normalized', logits: 'logits' };
    const wanted = this.outside.filter((name) => name in outputs);
    if (wanted.length === 0) return;
    const n = resid.length / this.model.config.dModel;
    const found = await runUnembed(
      this.model,
      resid,
      new Int32Array(n),
      1,
      wanted.map((name) => outputs[name]),
    );
    for (const name of wanted) {
      const tensor = found[outputs[name]];
      const data = tensor.data as Float32Array;
      if (name !== 'logits' && this.model.smoothing) multiplyColumns(data, this.model.smoothing.final);
      this.tensors[name] = { shape: [...tensor.dims], data };
    }
  }
}

/** int8 divides some activations channel by channel; a hook shows them as they are without, in place. */
export function unsmooth(model: LoadedModel, layer: number, name: string, data: Float32Array): void {
  const smoothing = model.smoothing?.blocks[layer];
  if (!smoothing) return;
  const { gated } = model.config.mlp;
  if (name === 'ln1.hook_normalized') multiplyColumns(data, smoothing.ln1);
  else if (name === 'ln2.hook_normalized') multiplyColumns(data, smoothing.ln2);
  else if (name === 'attn.hook_v') multiplyColumns(data, smoothing.v);
  else if (name === 'attn.hook_z') multiplyColumns(data, spreadGroups(smoothing.v, model.config));
  else if (name === 'mlp.hook_post' && gated) multiplyColumns(data, smoothing.post);
}

function multiplyColumns(data: Float32Array, by: Float32Array): void {
  for (let i = 0, j = 0; i < data.length; i++) {
    data[i] *= by[j];
    if (++j === by.length) j = 0;
  }
}

/** Whether a request needs a run of its own. */
export function isHooked(request: { hooks?: readonly string[]; interventions?: readonly Intervention[] }): boolean {
  return (request.hooks?.length ?? 0) > 0 || (request.interventions?.length ?? 0) > 0;
}
