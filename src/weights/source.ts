import type { TransformerConfig } from '../transformer/config.ts';

/**
 * Names of weights, TransformerLens style: embed.W_E, pos_embed.W_pos, blocks.{l}.attn.W_Q, ln_final.w, unembed.W_U …,
 * as the graphs declare them (transformer/graph.ts). Every matrix is output-major, `[d_out, d_in]`: row o holds the
 * weights that make output o, as torch's Linear and GGUF do. With a tied unembedding, unembed.W_U is E.
 */
export type WeightName = string;

/** A HF-style tokenizer, whatever it was read from (tokenizer.json or a GGUF's metadata). */
export interface TokenizerDefinition {
  /** Content of tokenizer.json. */
  tokenizer: Record<string, unknown>;
  /** Content of tokenizer_config.json, `{}` where there is none. */
  config: Record<string, unknown>;
  /** Ids that end a text. */
  eosIds: number[];
}

/** Rows of E kept as stored (quantised rows stay quantised); a row is decoded when it is looked up. */
export interface EmbeddingRows {
  /** Writes row `id` as float32 into `out[offset … offset + dModel)`. */
  read(id: number, out: Float32Array, offset: number): void;
  readonly byteLength: number;
}

/** A model's files, opened and checked; numbers are read tensor by tensor. */
export interface ModelSource {
  /** Shown to people: the model's own name, or that of its folder. */
  readonly name: string;
  readonly format: 'gguf' | 'safetensors';
  /** The file or folder as it was asked for. */
  readonly path: string;
  /** Bytes of all weight files together. */
  readonly byteLength: number;
  /** Number of weights, a tied unembedding counted once. */
  readonly parameters: number;
  /** Changes whenever the weights do; keys caches such as the calibration scales. */
  readonly fingerprint: string;
  readonly config: TransformerConfig;
  readonly tokenizer: TokenizerDefinition;
  has(name: WeightName): boolean;
  /**
   * Reads and dequantises rows [from, to) of one tensor to float32, or all of it.
   * @returns a view that is good until the next read
   * @throws ModelError for a tensor that is missing, of a wrong shape, outside its file, or with NaN or infinity in it
   */
  read(name: WeightName, rows?: readonly [from: number, to: number]): Promise<Float32Array>;
  /** Shape as `[d_out, d_in]` or `[length]`. */
  shape(name: WeightName): number[];
  embeddingRows(): Promise<EmbeddingRows>;
  close(): Promise<void>;
}
