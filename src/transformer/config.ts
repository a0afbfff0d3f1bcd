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

/**
 * Names of weights, TransformerLens style. Every matrix is stored *output-major*: `[d_out, d_in]`, row o holds the
 * weights that make output o (as torch's Linear and GGUF do; readers transpose GPT-2's Conv1D). Biases are `[d_out]`.
 */
export type BlockWeight =
  | 'ln1.w'
  | 'ln1.b'
  | 'ln2.w'
  | 'ln2.b'
  | 'attn.W_Q'
  | 'attn.W_K'
  | 'attn.W_V'
  | 'attn.W_O'
  | 'attn.b_Q'
  | 'attn.b_K'
  | 'attn.b_V'
  | 'attn.b_O'
  | 'mlp.W_gate'
  | 'mlp.W_in'
  | 'mlp.W_out'
  | 'mlp.b_gate'
  | 'mlp.b_in'
  | 'mlp.b_out';

/** The weights a block of this configuration has. */
export function blockWeightNames(config: TransformerConfig): BlockWeight[] {
  const { attention, mlp, norm } = config;
  const names: BlockWeight[] = [
    'ln1.w',
    'attn.W_Q',
    'attn.W_K',
    'attn.W_V',
    'attn.W_O',
    'ln2.w',
    'mlp.W_in',
    'mlp.W_out',
  ];
  if (norm.kind === 'layer') names.push('ln1.b', 'ln2.b');
  if (attention.bias.q) names.push('attn.b_Q');
  if (attention.bias.k) names.push('attn.b_K');
  if (attention.bias.v) names.push('attn.b_V');
  if (attention.bias.o) names.push('attn.b_O');
  if (mlp.gated) names.push('mlp.W_gate');
  if (mlp.bias) names.push('mlp.b_in', 'mlp.b_out');
  if (mlp.bias && mlp.gated) names.push('mlp.b_gate');
  return names;
}
