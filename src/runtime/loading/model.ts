import type { TransformerConfig } from '../../transformer/config.ts';
import type { ModelGraph } from '../../transformer/graph.ts';
import type { WeightPrecision } from '../../transformer/linear.ts';
import { type ModelGraphs, modelGraphs } from '../../transformer/model.ts';
import type { EmbeddingRows, ModelSource } from '../../weights/source.ts';
import type { LoadProgress } from '../api.ts';
import { breathe } from '../running/breathe.ts';
import { Session, type TypedArray } from '../sessions.ts';
import { Calibration } from './calibration.ts';
import { graphWeights, type ReadWeight } from './graphWeights.ts';
import { Buffers } from './pack.ts';
import type { PackedReader, PackedWriter } from './packedFile.ts';
import type { PackingThread } from './packingThread.ts';
import type { Smoothing } from './smoothing.ts';

/** A model ready to run: a session per block and one to unembed. */
export interface LoadedModel {
  config: TransformerConfig;
  graphs: ModelGraphs;
  embedding: EmbeddingRows;
  /** Learned positions, [contextLength, d]. */
  positions?: Float32Array;
  /** [nLayers] */
  blocks: Session[];
  unembed: Session;
  /** int8: what activations are divided by; hooks are shown without it. */
  smoothing?: Smoothing;
}

export interface ModelLoadOptions {
  /** int8: divisors known from before. */
  smoothing?: Smoothing;
  /** int8 without known divisors: tokens of the text to work them out with. */
  calibrationIds?: () => readonly number[];
  /** int8: packed weights of an earlier load, made with these divisors. */
  packed?: PackedReader;
  /** int8: packs with the known divisors meanwhile; ended with the load. */
  packer?: PackingThread;
  /** int8: keeps what is packed. */
  writer?: PackedWriter;
  signal?: AbortSignal;
}

/**
 * Loads a model layer by layer: read, dequantise, lay out, create the session, through the same buffers for every layer.
 * For int8 without known divisors a text is carried through each block in float32 first.
 * @throws ModelError for damaged weights; the signal's reason when aborted between layers
 */
export async function* loadModel(
  source: ModelSource,
  graphs: ModelGraphs,
  precision: WeightPrecision,
  options: ModelLoadOptions = {},
): AsyncGenerator<LoadProgress, LoadedModel> {
  const { config } = source;
  const { smoothing: known, calibrationIds, packed, packer, writer, signal } = options;
  const { nLayers } = config;
  const total = nLayers + 2;
  const sessions: Session[] = [];
  let complete = false;
  try {
    yield { done: 0, total, label: 'embeddings' };
    const embedding = await source.embeddingRows();
    const positions = config.learnedPositions ? (await source.read('pos_embed.W_pos')).slice() : undefined;
    const calibration =
      precision === 'int8' && !known
        ? new Calibration(config, modelGraphs(config, 'fp32'), embedding, positions, calibrationIds?.() ?? [0])
        : undefined;
    const found = new Map(known);
    // Two sets in turn: one is written to the disk while the other is filled.
    const sets = [0, 1].map(() => ({ buffers: new Buffers(), written: undefined as Promise<void> | undefined }));

    /** One graph's session. `prefix` is that of its weights and divisors, `name` its section in the packed file. */
    const load = async (graph: ModelGraph, prefix: string, name: string, measure: Measure | undefined) => {
      await breathe(signal);
      const set = sets[sessions.length % 2];
      const { buffers } = set;
      await set.written;
      const read: ReadWeight = (weight, from, to) =>
        source.read(prefix + weight, from === undefined ? undefined : [from, to!]);
      for (const [point, divisors] of (await measure?.(read)) ?? []) found.set(prefix + point, divisors);
      const weights =
        (await packed?.read(name, buffers)) ??
        (await packer?.next()) ??
        (await graphWeights(graph, read, precision, (point) => found.get(prefix + point), buffers));
      set.written = writer?.add(name, weights);
      sessions.push(await sessionOf(graph, weights));
    };
    for (let l = 0; l < nLayers; l++) {
      yield { done: l + 1, total, label: `layer ${l + 1} of ${nLayers}` };
      await load(
        graphs.blocks[l],
        `blocks.${l}.`,
        `blocks.${l}`,
        calibration && ((read) => calibration.block(l, read)),
      );
    }
    yield { done: total - 1, total, label: 'unembedding' };
    await load(graphs.unembed, '', 'unembed', calibration && ((read) => calibration.unembedding(read)));
    await Promise.all(sets.map(({ written }) => written));
    await breathe(signal);
    complete = true;
    return {
      config,
      graphs,
      embedding,
      positions,
      blocks: sessions.slice(0, -1),
      unembed: sessions[sessions.length - 1],
      smoothing: precision === 'int8' ? found : undefined,
    };
  } finally {
    await packer?.close();
    // Also where who loads leaves in the middle.
    if (!complete) for (const session of sessions) await session.release();
  }
}

/** Works out divisors by running a graph in float32. */
type Measure = (read: ReadWeight) => Promise<Map<string, Float32Array>>;

/** @throws Error if a weight of the graph is missing or has another number of elements */
async function sessionOf(graph: ModelGraph, weights: ReadonlyMap<string, TypedArray>): Promise<Session> {
  for (const { name, shape } of graph.weights) {
    const expected = shape.reduce((a, b) => a * b, 1);
    const found = weights.get(name)?.length;
    if (found !== expected) throw new Error(`weight ${name}: ${found} elements, the graph wants ${expected}`);
  }
  return Session.create(graph.encode(), weights);
}
