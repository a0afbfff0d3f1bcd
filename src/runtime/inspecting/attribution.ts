import {
  type AttributionPart,
  beforeNorm,
  blockParts,
  dot,
  type NormAt,
  normScale,
} from '../../analysis/attribution.ts';
import type { ModelSource } from '../../weights/source.ts';
import type { Attribution, AttributionRequest, Intervention } from '../api.ts';
import type { Network } from '../running/network.ts';
import type { RunCache } from '../running/runCache.ts';
import type { Turn } from '../running/turn.ts';
import { checkId } from './checkId.ts';
import type { StoredWeights } from './storedWeights.ts';

/**
 * What each part of the model adds to a logit, or to the difference of two, after one position.
 * @param cache holds the position
 * @throws RangeError for a position or id that is not there
 */
export function attributeLogit(
  network: Network,
  cache: RunCache,
  weights: StoredWeights,
  request: AttributionRequest & { precision: 'int8' | 'fp32' },
  turn: Turn,
): Promise<Attribution> {
  return weights.use(async (source) => {
    const { position: at, against, ids, interventions } = request;
    const { nLayers, vocabSize, norm, layers, nHeads, attention } = network.config;
    if (!Number.isInteger(at) || at < 0 || at >= ids.length)
      throw new RangeError(`position ${at} is not in the input of ${ids.length} tokens`);
    for (const id of [request.target, against]) if (id !== undefined) checkId(id, vocabSize);

    const resid = cache.residual(nLayers, at, at + 1);
    const logits = (await network.finalHooks(resid, ['logits'])).get('logits')!.data;
    const target = request.target ?? likeliest(logits);
    const logit = against === undefined ? logits[target] : logits[target] - logits[against];

    const final = await normAt(source, 'ln_final', resid, norm);
    const unembedding = await difference(source, 'unembed.W_U', target, against);
    const direction = beforeNorm(unembedding, final);
    const parts = await embeddingParts(source, network, cache, at, direction);
    for (let layer = 0; layer < nLayers; layer++) {
      await turn.breathe();
      const wanted = ['attn.hook_z', 'hook_attn_out', 'hook_mlp_out'];
      const hooks = await network.layerHooks(cache, layer, at, at + 1, wanted);
      const name = `blocks.${layer}`;
      const bO = attention.bias.o ? (await source.read(`${name}.attn.b_O`)).slice() : undefined;
      const z = hooks.get('attn.hook_z')!.data;
      const wO = (await source.read(`${name}.attn.W_O`)).slice();
      const after = layers[layer].norms !== 'before';
      const block = {
        layer,
        nHeads,
        z,
        wO,
        bO,
        normAfter: after ? await normAt(source, `${name}.ln1_post`, added(wO, z, bO), norm) : undefined,
        replaced: isReplaced(interventions, layer) ? hooks.get('hook_attn_out')!.data : undefined,
        mlpOut: hooks.get('hook_mlp_out')!.data,
      };
      parts.push(...blockParts(direction, block));
    }
    if (final.bias) parts.push({ name: 'ln_final.bias', value: dot(unembedding, final.bias) });
    if (network.config.unembedBias) {
      const [bias] = await difference(source, 'unembed.b_U', target, against);
      parts.push({ name: 'unembed.bias', value: bias });
    }
    // What int8 adds by rounding belongs to no part.
    if (request.precision === 'int8') parts.push({ name: 'rounding', value: logit - total(parts) });
    return { target, ...(against !== undefined && { against }), logit, parts, sum: total(parts) };
  });
}

/** A row of a weight, or of the first id less that of the other. */
async function difference(source: ModelSource, name: string, id: number, other: number | undefined) {
  const row = Float64Array.from(await source.read(name, [id, id + 1]));
  if (other === undefined) return row;
  const less = await source.read(name, [other, other + 1]);
  return row.map((x, i) => x - less[i]);
}

async function normAt(
  source: ModelSource,
  name: string,
  x: ArrayLike<number>,
  { kind, eps }: { kind: NormAt['kind']; eps: number },
): Promise<NormAt> {
  const weight = (await source.read(`${name}.w`)).slice();
  const bias = kind === 'layer' ? (await source.read(`${name}.b`)).slice() : undefined;
  return { kind, weight, bias, scale: normScale(x, kind, eps) };
}

async function embeddingParts(
  source: ModelSource,
  network: Network,
  cache: RunCache,
  at: number,
  direction: Float64Array,
): Promise<AttributionPart[]> {
  const first = dot(direction, cache.residual(0, at, at + 1));
  if (!network.config.learnedPositions) return [{ name: 'embed', value: first }];
  const position = dot(direction, await source.read('pos_embed.W_pos', [at, at + 1]));
  return [
    { name: 'embed', value: first - position },
    { name: 'pos_embed', value: position },
  ];
}

/** W_O z + b_O. */
function added(wO: Float32Array, z: Float32Array, bO: Float32Array | undefined): Float64Array {
  const width = z.length;
  return Float64Array.from({ length: wO.length / width }, (_, o) => {
    return dot(wO.subarray(o * width, (o + 1) * width), z) + (bO?.[o] ?? 0);
  });
}

const isReplaced = (interventions: readonly Intervention[] | undefined, layer: number): boolean =>
  interventions?.some(({ hook }) => hook === `blocks.${layer}.hook_attn_out`) ?? false;

const total = (parts: readonly AttributionPart[]): number => parts.reduce((sum, { value }) => sum + value, 0);

const likeliest = (logits: Float32Array): number => logits.reduce((best, x, id) => (x > logits[best] ? id : best), 0);
