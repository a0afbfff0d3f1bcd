import { blockGraph } from './block.ts';
import { layerKind, type TransformerConfig } from './config.ts';
import type { ModelGraph } from './graph.ts';
import type { WeightPrecision } from './linear.ts';
import { unembedGraph } from './unembed.ts';

/** The graphs of a whole model: one for each layer, shared by layers of a kind, and one to unembed. */
export interface ModelGraphs {
  /** [nLayers] */
  blocks: ModelGraph[];
  unembed: ModelGraph;
}

export function modelGraphs(config: TransformerConfig, precision: WeightPrecision): ModelGraphs {
  const kinds = new Map<string, ModelGraph>();
  const blocks = config.layers.map((layer) => {
    const kind = layerKind(layer);
    const graph = kinds.get(kind) ?? blockGraph(config, layer, precision);
    kinds.set(kind, graph);
    return graph;
  });
  return { blocks, unembed: unembedGraph(config, precision) };
}

/** Every weight a model of this configuration needs from its files, with its shape, output-major. */
export function modelWeights(config: TransformerConfig): Map<string, number[]> {
  const { dModel: d, vocabSize, contextLength, learnedPositions } = config;
  const { blocks, unembed } = modelGraphs(config, 'fp32');
  const shapes = new Map<string, number[]>([['embed.W_E', [vocabSize, d]]]);
  if (learnedPositions) shapes.set('pos_embed.W_pos', [contextLength, d]);
  blocks.forEach((graph, l) => {
    for (const [name, shape] of graph.storedWeights()) shapes.set(`blocks.${l}.${name}`, shape);
  });
  for (const [name, shape] of unembed.storedWeights()) shapes.set(name, shape);
  return shapes;
}
