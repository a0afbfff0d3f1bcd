import type { TransformerConfig } from '../transformer/config.ts';
import type { ModelSource } from '../weights/source.ts';
import type { ModelInfo } from './api.ts';
import type { Tokenizer } from './tokenizer/types.ts';

/** What is told of a loaded model. */
export function describeModel(
  source: ModelSource,
  precision: ModelInfo['precision'],
  tokenizer: Tokenizer,
  loadMs: number,
): ModelInfo {
  const { name, path, format, config } = source;
  const { family, nLayers, nHeads, nKvHeads, dModel, dHead, dMlp, vocabSize, contextLength } = config;
  const rotary = config.layers.find((layer) => layer.rotary)?.rotary;
  return {
    name,
    path,
    format,
    family,
    precision,
    nLayers,
    nHeads,
    nKvHeads,
    dModel,
    dHead,
    dMlp,
    vocabSize,
    contextLength,
    parameters: source.parameters,
    nonEmbedding: source.parameters - embeddingParameters(config),
    ...(rotary && { rotary: rotary.inverseFrequencies }),
    learnedPositions: config.learnedPositions,
    fileBytes: source.byteLength,
    addsBos: tokenizer.addsBos,
    eosIds: tokenizer.eosIds,
    ...(tokenizer.fillIn && { fillIn: tokenizer.fillIn }),
    loadMs,
  };
}

/** Numbers of E, of U where it is not E, and of learned positions. */
function embeddingParameters(config: TransformerConfig): number {
  const { vocabSize, dModel, contextLength, learnedPositions, tiedUnembedding } = config;
  const matrices = tiedUnembedding ? 1 : 2;
  return dModel * (vocabSize * matrices + (learnedPositions ? contextLength : 0));
}
