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
  positions: LearnedPositions | RotaryPositions;
  attention: {
    /** Scores are multiplied by this before the softmax; usually 1/sqrt(dHead). One number a layer. */
    scale: number[];
    bias: { q: boolean; k: boolean; v: boolean; o: boolean };
  };
  mlp: { activation: Activation; gated: boolean; bias: boolean };
  /** Whether U is E transposed. */
  tiedUnembedding: boolean;
  unembedBias: boolean;
}

/** `gelu` is the exact erf form, `gelu_tanh` the tanh approximation (Hendrycks & Gimpel, arXiv 1606.08415). */
export type Activation = 'silu' | 'gelu' | 'gelu_tanh' | 'relu';

export interface LearnedPositions {
  kind: 'learned';
}

/** Rotary positions (Su et al., arXiv 2104.09864) on the two halves of each head (the "rotate half" layout). */
export interface RotaryPositions {
  kind: 'rotary';
  /** Angle per position of each rotated pair, [dHead / 2]; scalings (linear, llama3, …) are already applied. */
  inverseFrequencies: number[];
}
