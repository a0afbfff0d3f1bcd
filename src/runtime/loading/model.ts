import { blockGraph } from '../../transformer/block.ts';
import type { GraphBuilder } from '../../transformer/builder.ts';
import type { TransformerConfig } from '../../transformer/config.ts';
import type { WeightPrecision } from '../../transformer/linear.ts';
import { unembedGraph } from '../../transformer/unembed.ts';
import type { EmbeddingRows, ModelSource } from '../../weights/source.ts';
import type { LoadProgress } from '../api.ts';
import { createSession, type ort, type TypedArray } from '../ort.ts';
import { breathe } from '../running/breathe.ts';
import { packBlock, readBlock } from './blockWeights.ts';
import { Calibration } from './calibration.ts';
import { pack } from './pack.ts';
import type { BlockSmoothing, Smoothing } from './smoothing.ts';

/** A model ready to run: a session per block and one to unembed. */
export interface LoadedModel {
  config: TransformerConfig;
  precision: WeightPrecision;
  embedding: EmbeddingRows;
  /** Learned positions, [contextLength, d]. */
  positions?: Float32Array;
  blocks: ort.InferenceSession[];
  unembed: ort.InferenceSession;
  /** int8: what activations are divided by; hooks are shown without it. */
  smoothing?: Smoothing;
}

export interface ModelLoadOptions {
  /** int8: divisors known from before. */
  smoothing?: Smoothing;
  /** int8 without known divisors: tokens of the text to work them out with. */
  calibrationIds?: () => readonly number[];
  signal?: AbortSignal;
}

/**
 * Loads a model layer by layer: read, dequantise, lay out, create the session, drop the arrays, so that never more than
 * one layer is there twice. For int8 without known divisors a text is carried through each block in float32 first.
 * @throws ModelError for damaged weights; the signal's reason when aborted between layers
 */
export async function* loadModel(
  source: ModelSource,
  precision: WeightPrecision,
  { smoothing: known, calibrationIds, signal }: ModelLoadOptions = {},
): AsyncGenerator<LoadProgress, LoadedModel> {
  const { config } = source;
  const total = config.nLayers + 2;
  const sessions: ort.InferenceSession[] = [];
  try {
    yield { done: 0, total, label: 'embeddings' };
    const embedding = await source.embeddingRows();
    const positions = config.positions.kind === 'learned' ? (await source.read('pos_embed.W_pos')).slice() : undefined;
    const calibrate = precision === 'int8' && !known;
    const calibration = calibrate
      ? new Calibration(config, embedding, positions, calibrationIds?.() ?? [0])
      : undefined;

    const graph = blockGraph(config, precision);
    const bytes = graph.encode();
    const scratch = new Map<string, Float32Array>();
    const blocks: BlockSmoothing[] = [];
    for (let l = 0; l < config.nLayers; l++) {
      yield { done: l + 1, total, label: `layer ${l + 1} of ${config.nLayers}` };
      await breathe(signal);
      const raw = await readBlock(source, l, scratch);
      const smoothing = calibration ? await calibration.block(raw, l) : known?.blocks[l];
      if (smoothing) blocks.push(smoothing);
      sessions.push(await sessionOf(graph, bytes, await packBlock(raw, l, config, precision, smoothing)));
    }

    yield { done: total - 1, total, label: 'unembedding' };
    await breathe(signal);
    const U = await source.read('unembed.W_U');
    const finalNorm = await readFinalNorm(source);
    const final = calibration ? await calibration.final(finalNorm, U) : known?.final;
    const unembed = unembedGraph(config, precision);
    const weights = await unembedWeights(source, U, finalNorm, precision, final);
    sessions.push(await sessionOf(unembed, unembed.encode(), weights));
    await breathe(signal);
    return {
      config,
      precision,
      embedding,
      positions,
      blocks: sessions.slice(0, -1),
      unembed: sessions[sessions.length - 1],
      smoothing: precision === 'int8' && final ? { blocks, final } : undefined,
    };
  } catch (error) {
    for (const session of sessions) await session.release();
    throw error;
  }
}

/** Frees the sessions' memory. */
export async function releaseModel(model: LoadedModel): Promise<void> {
  for (const session of [...model.blocks, model.unembed]) await session.release();
}

async function readFinalNorm(source: ModelSource): Promise<Map<string, TypedArray>> {
  const weights = new Map<string, TypedArray>([['ln_final.w', (await source.read('ln_final.w')).slice()]]);
  if (source.config.norm.kind === 'layer') weights.set('ln_final.b', (await source.read('ln_final.b')).slice());
  return weights;
}

async function unembedWeights(
  source: ModelSource,
  U: Float32Array,
  finalNorm: ReadonlyMap<string, TypedArray>,
  precision: WeightPrecision,
  smoothing: Float32Array | undefined,
): Promise<Map<string, TypedArray>> {
  const { dModel, vocabSize, unembedBias } = source.config;
  const weights = new Map<string, TypedArray>();
  for (const [name, values] of finalNorm) {
    weights.set(name, smoothing ? (values as Float32Array).map((x, i) => x / smoothing[i]) : values);
  }
  const packed = await pack([{ data: U, rows: vocabSize }], dModel, precision, smoothing);
  weights.set('unembed.W_U', packed.weight);
  if (packed.scale) weights.set('unembed.W_U.scale', packed.scale);
  if (unembedBias) weights.set('unembed.W_U.bias', (await source.read('unembed.b_U')).slice());
  return weights;
}

/** @throws Error if a weight of the graph is missing or has another number of elements */
async function sessionOf(
  graph: GraphBuilder,
  bytes: Uint8Array,
  weights: ReadonlyMap<string, TypedArray>,
): Promise<ort.InferenceSession> {
  for (const { name, shape } of graph.weights) {
    const expected = shape.reduce((a, b) => a * b, 1);
    const found = weights.get(name)?.length;
    if (found !== expected) throw new Error(`weight ${name}: ${found} elements, the graph wants ${expected}`);
  }
  return createSession(bytes, weights);
}
