import type { TransformerConfig } from '../../transformer/config.ts';
import type { ModelGraph } from '../../transformer/graph.ts';
import type { WeightPrecision } from '../../transformer/linear.ts';
import { type ModelGraphs, modelGraphs } from '../../transformer/model.ts';
import type { EmbeddingRows, ModelSource } from '../../weights/source.ts';
import type { LoadProgress } from '../api.ts';
import { breathe } from '../running/breathe.ts';
import { Session, type TypedArray } from '../sessions.ts';
import { Calibration } from './calibration.ts';
import { type DivisorsOf, graphWeights, type ReadWeight } from './graphWeights.ts';
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
  const { nLayers } = config;
  const total = nLayers + 2;
  const sessions: Session[] = [];
  try {
    yield { done: 0, total, label: 'embeddings' };
    const embedding = await source.embeddingRows();
    const positions = config.learnedPositions ? (await source.read('pos_embed.W_pos')).slice() : undefined;
    const calibration =
      precision === 'int8' && !known
        ? new Calibration(config, modelGraphs(config, 'fp32'), embedding, positions, calibrationIds?.() ?? [0])
        : undefined;
    const graphs = modelGraphs(config, precision);
    const found = new Map<string, Float32Array>();
    const divisorsAt =
      (prefix: string): DivisorsOf =>
      (point) =>
        known?.get(prefix + point) ?? found.get(prefix + point);
    const keep = (prefix: string, divisors: Map<string, Float32Array> | undefined) => {
      for (const [point, values] of divisors ?? []) found.set(prefix + point, values);
    };

    for (let l = 0; l < nLayers; l++) {
      yield { done: l + 1, total, label: `layer ${l + 1} of ${nLayers}` };
      await breathe(signal);
      const prefix = `blocks.${l}.`;
      const read = reader(source, prefix);
      keep(prefix, await calibration?.block(l, read));
      const weights = await graphWeights(graphs.blocks[l], read, precision, divisorsAt(prefix));
      sessions.push(await sessionOf(graphs.blocks[l], weights));
    }

    yield { done: total - 1, total, label: 'unembedding' };
    await breathe(signal);
    const read = reader(source, '');
    keep('', await calibration?.unembedding(read));
    const weights = await graphWeights(graphs.unembed, read, precision, divisorsAt(''));
    sessions.push(await sessionOf(graphs.unembed, weights));
    await breathe(signal);
    return {
      config,
      graphs,
      embedding,
      positions,
      blocks: sessions.slice(0, -1),
      unembed: sessions[sessions.length - 1],
      smoothing: precision === 'int8' ? (known ?? found) : undefined,
    };
  } catch (error) {
    for (const session of sessions) await session.release();
    throw error;
  }
}

/** Reads the weights of one graph through one buffer, which grows to the largest piece asked for. */
function reader(source: ModelSource, prefix: string): ReadWeight {
  return (name, from, to) => source.read(prefix + name, from === undefined ? undefined : [from, to!]);
}

/** @throws Error if a weight of the graph is missing or has another number of elements */
async function sessionOf(graph: ModelGraph, weights: ReadonlyMap<string, TypedArray>): Promise<Session> {
  for (const { name, shape } of graph.weights) {
    const expected = shape.reduce((a, b) => a * b, 1);
    const found = weights.get(name)?.length;
    if (found !== expected) throw new Error(`weight ${name}: ${found} elements, the graph wants ${expected}`);
  }
  return Session.create(graph.encode(), weights);
}
