/**
 * One Transformer, described by switches. A family (llama, gpt2, …) is a reader that fills this in
 * (src/weights/families); the graph code in this room looks only at the switches, never at a family's name.
 */
export interface TransformerConfig {
  /** `model_type` of config.json or `general.architecture` of a GGUF: for people, not for the math. */
  family: string;
  nLayers: number;
  /** d: width of the residual stream. */
  dModel: number;
  nHeads: number;
  /** Grouped-query attention: nHeads / nKvHeads query heads share one key/value head. */
  nKvHeads: number;
  dHead: number;
  dMlp: number;
  /** Rows of E and columns of U; may exceed the tokenizer's vocabulary (padding). */
  vocabSize: number;
  /** Longest input in tokens that the model was made for. */
  contextLength: number;
  norm: { kind: 'rms' | 'layer'; eps: number };
  /** Learned positions are added to the embeddings; other kinds belong to the layers. */
  learnedPositions: boolean;
  attention: { bias: { q: boolean; k: boolean; v: boolean; o: boolean } };
  mlp: { activation: Activation; gated: boolean; bias: boolean };
  /** Whether U is E transposed. */
  tiedUnembedding: boolean;
  unembedBias: boolean;
  /** What may differ between layers, in their order. [nLayers] */
  layers: readonly LayerConfig[];
}

export interface LayerConfig {
  /** Scores are multiplied by this before the softmax; usually 1/sqrt(dHead). */
  scale: number;
  /** Rotary positions of queries and keys; none where they are learned, or where a layer has none at all. */
  rotary?: RotaryPositions;
  /** A token sees itself and so many less one before it; undefined: all. */
  window?: number;
  /** Scores s become cap * tanh(s / cap). */
  softCap?: number;
  /** Whether the feed-forward network reads what attention added, or both read the same residual stream. */
  residual: 'sequential' | 'parallel';
  /** Where attention and feed-forward network are normalised: their input, what they add, or both. */
  norms: 'before' | 'after' | 'around';
}

/** `gelu` is the exact erf form, `gelu_tanh` the tanh approximation (Hendrycks & Gimpel, arXiv 1606.08415). */
export type Activation = 'silu' | 'gelu' | 'gelu_tanh' | 'relu';

/** Rotary positions (Su et al., arXiv 2104.09864) on the two halves of each head (the "rotate half" layout). */
export interface RotaryPositions {
  /** Angle per position of each rotated pair, [dHead / 2]; scalings (linear, llama3, …) are already applied. */
  inverseFrequencies: number[];
}

/** Layers of the same kind share one graph; what else differs comes in as inputs. */
export function layerKind({ rotary, softCap, residual, norms }: LayerConfig): string {
  return `${rotary ? 'rotary' : 'plain'} ${softCap ?? 'uncapped'} ${residual} ${norms}`;
}
