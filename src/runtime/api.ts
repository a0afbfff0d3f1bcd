import type { AttributionPart } from '../analysis/attribution.ts';
import type { HeadScores } from '../analysis/headScores.ts';
import type { SamplingSettings } from '../analysis/sampling.ts';
import type { FillIn, Piece, Token } from './tokenizer/types.ts';

/** What the engine offers, in its worker (engine.ts) and through the host's client (worker/client.ts) alike. */
export interface EngineApi extends EngineCalls {
  /** The loaded model; undefined before the first load. */
  readonly model: ModelInfo | undefined;
}

/** The calls of an engine; ENGINE_CALLS says how each goes over the wire. */
export interface EngineCalls {
  /** Loads a model (or does nothing if just this one is loaded). A load that fails or is aborted keeps the old one. */
  load(options: LoadOptions, signal?: AbortSignal): AsyncGenerator<LoadProgress, ModelInfo>;
  unload(): Promise<void>;
  encode(text: string, signal?: AbortSignal): Promise<Token[]>;
  /** Tokens given by id, with the text they decode to. */
  describe(ids: readonly number[]): Promise<{ text: string; tokens: Token[] }>;
  pieces(ids: readonly number[]): Promise<Piece[]>;
  /** Prefill: streams results chunk by chunk, positions in order from `scoreFrom`. What the cache holds comes at once. */
  run(request: RunRequest, signal?: AbortSignal): AsyncGenerator<RunChunk>;
  /** All logits after `position`, [vocab]; from the cache's residual if it still holds these ids. */
  logits(
    ids: readonly number[],
    position: number,
    interventions?: readonly Intervention[],
    signal?: AbortSignal,
  ): Promise<Float32Array>;
  /** Attention after softmax of one layer, [heads, n, n]; one block is run on the cached residual. */
  pattern(
    ids: readonly number[],
    layer: number,
    interventions?: readonly Intervention[],
    signal?: AbortSignal,
  ): Promise<HookTensor>;
  /** Hooks inside blocks; one block a layer is run on the cached residual, none for what the cache holds. */
  hooks(request: HooksRequest, signal?: AbortSignal): AsyncGenerator<HookRows>;
  generate(request: GenerateRequest, signal?: AbortSignal): AsyncGenerator<GeneratedToken>;
  /** Several continuations of one text decoded in lockstep; a step brings one token of each, or more where they repeat. */
  branches(request: BranchesRequest, signal?: AbortSignal): AsyncGenerator<BranchToken[]>;
  /** What comes after each of several continuations of one text, all run together. */
  expand(request: ExpandRequest, signal?: AbortSignal): Promise<Expansion>;
  /** What heads do on one sequence r + r; kept on disk. */
  headScores(request: HeadScoresRequest, signal?: AbortSignal): Promise<HeadScores>;
  /** How far each head copies, from the weights alone; kept on disk. [layers * heads] */
  copyingScores(signal?: AbortSignal): Promise<Float32Array>;
  /** What each part of the model adds to a logit. */
  attribute(request: AttributionRequest, signal?: AbortSignal): Promise<Attribution>;
  /** What each head of a layer would add for each token if it looked at nothing else: |v W_O|, [heads, n]. */
  valueNorms(request: ValueNormsRequest, signal?: AbortSignal): Promise<HookTensor>;
  /** Tokens whose rows of E and U are like a token's own. */
  neighbours(request: NeighboursRequest, signal?: AbortSignal): Promise<Neighbours>;
  /** How alike learned positions are by their distance, from 0 on, at most `far`; null where a model has none. */
  positionCosines(far: number, signal?: AbortSignal): Promise<Float64Array | null>;
  /** Activation patching between two prompts, layer by layer. */
  patch(request: PatchRequest, signal?: AbortSignal): AsyncGenerator<PatchRow>;
  /** Times a text's last token with the keys and values of the others kept, and without. */
  cacheTimes(request: TextRequest, signal?: AbortSignal): Promise<CacheTimes>;
  /** Logit lens at the given positions (default: all): the unembedding applied to every layer's residual. */
  lens(request: LensRequest, signal?: AbortSignal): AsyncGenerator<LensLayer>;
}

/** What client, server and wire need to know of a call. */
export interface CallShape {
  /** Whether it streams values or answers once. */
  streams: boolean;
  /** How many arguments it takes before its signal. */
  parameters: number;
  /** In a channel, a newer call of this kind ends the older one. */
  newestWins?: boolean;
  /** Its request may say how urgent it is. */
  prioritised?: boolean;
  /** Where it takes what is changed in the model, in its request or as its last argument; none: it is about the model as it is. */
  changes?: 'request' | 'last';
  /** It runs foreign rules (a tokenizer's regular expressions) that may never end: see Watchdog. */
  watched?: boolean;
}

export const ENGINE_CALLS = {
  load: { streams: true, parameters: 1, newestWins: true, watched: true },
  unload: { streams: false, parameters: 0 },
  encode: { streams: false, parameters: 1, watched: true },
  describe: { streams: false, parameters: 1 },
  pieces: { streams: false, parameters: 1 },
  run: { streams: true, parameters: 1, newestWins: true, prioritised: true, changes: 'request' },
  logits: { streams: false, parameters: 3, newestWins: true, changes: 'last' },
  pattern: { streams: false, parameters: 3, newestWins: true, changes: 'last' },
  hooks: { streams: true, parameters: 1, newestWins: true, prioritised: true, changes: 'request' },
  generate: { streams: true, parameters: 1, newestWins: true, prioritised: true, changes: 'request' },
  branches: { streams: true, parameters: 1, newestWins: true, prioritised: true, changes: 'request' },
  expand: { streams: false, parameters: 1, prioritised: true, changes: 'request' },
  lens: { streams: true, parameters: 1, newestWins: true, prioritised: true, changes: 'request' },
  headScores: { streams: false, parameters: 1 },
  copyingScores: { streams: false, parameters: 0 },
  attribute: { streams: false, parameters: 1, newestWins: true, prioritised: true, changes: 'request' },
  neighbours: { streams: false, parameters: 1, newestWins: true },
  valueNorms: { streams: false, parameters: 1, newestWins: true, prioritised: true, changes: 'request' },
  positionCosines: { streams: false, parameters: 1 },
  patch: { streams: true, parameters: 1, newestWins: true, prioritised: true, changes: 'request' },
  cacheTimes: { streams: false, parameters: 1, newestWins: true, prioritised: true },
} as const satisfies Record<keyof EngineCalls, CallShape>;

export type CallName = keyof EngineCalls;

/** Work in the background stands back, block by block, while any in the foreground is under way. */
export type Priority = 'foreground' | 'background';

export type Precision = 'int8' | 'fp32';

export interface LoadOptions {
  /** A .gguf file or a folder with config.json and safetensors. */
  path: string;
  precision: Precision;
  /** Threads of the wasm backend; fixed for the life of the process at the first load. */
  threads?: number;
  /** Folder for what is worked out once a model (divisors, packed weights); none: it is worked out at each load. */
  cacheDir?: string;
  /** Works int8's divisors out anew, whatever is known, and keeps them in the cache folder. */
  recalibrate?: boolean;
}

export interface LoadProgress {
  done: number;
  total: number;
  label: string;
  /** Set when encode, describe and pieces speak of the model being loaded already: before the first one is there. */
  tokens?: { contextLength: number };
}

export interface ModelInfo {
  name: string;
  path: string;
  format: 'gguf' | 'safetensors';
  family: string;
  precision: Precision;
  nLayers: number;
  nHeads: number;
  nKvHeads: number;
  dModel: number;
  dHead: number;
  dMlp: number;
  vocabSize: number;
  contextLength: number;
  parameters: number;
  /** Without E, U and learned positions: the N of scaling laws. */
  nonEmbedding: number;
  /** Angle a position of each rotated pair, in the first layer that rotates; none: positions are learned, or there are none. */
  rotary?: readonly number[];
  learnedPositions: boolean;
  /** Bytes of the model's files. */
  fileBytes: number;
  addsBos: boolean;
  eosIds: readonly number[];
  /** Set if the tokenizer has tokens for filling in what is missing between two texts. */
  fillIn?: FillIn;
  loadMs: number;
}

/** A hook point's values, float32, for one sequence; shapes in design order, e.g. [heads, n, n]. */
export interface HookTensor {
  shape: number[];
  data: Float32Array;
}

/** Values in a run that are set to something else. */
export type Intervention =
  /** A head's z. */
  | ({ hook: `blocks.${number}.attn.hook_z`; head: number } & (Replacement | { set: 'scale'; factor: number }))
  /** What attention or the feed-forward network adds to the residual stream, biases and all. */
  | ({ hook: `blocks.${number}.hook_attn_out` | `blocks.${number}.hook_mlp_out` } & Replacement)
  /** The residual stream at a block's entry: all positions [n, d], or one [d] at `position`. */
  | { hook: `blocks.${number}.hook_resid_pre`; set: HookTensor; position?: number };

/**
 * Zero; the mean over the positions of the unchanged run, or of another text's; or given values, the same at every
 * position [width] or of each [n, width].
 */
export type Replacement = { set: 'zero' } | { set: 'mean'; over?: readonly number[] } | { set: HookTensor };

/** What every request about a text says. */
export interface TextRequest {
  priority?: Priority;
  ids: readonly number[];
  /** What is changed in the model. */
  interventions?: readonly Intervention[];
}

export interface RunRequest extends TextRequest {
  /** Most likely candidates a position; 0 = none. */
  topK: number;
  /** First position to report; default 0. */
  scoreFrom?: number;
  /** Hook names to fetch, exact or with * globs. They make a run of its own beside the cache. */
  hooks?: readonly string[];
}

/**
 * Positions [from, from + count). Entry i speaks of position p = from + i. `logprob` (nats, NaN at position 0) and
 * `rank` (1-based, 0 at position 0) score token p given those before it; `entropy` (nats), `lse` and the candidates
 * describe the distribution after token p.
 */
export interface RunChunk {
  from: number;
  count: number;
  logprob: Float32Array;
  rank: Int32Array;
  entropy: Float32Array;
  lse: Float32Array;
  topK: number;
  topIds: Int32Array;
  topLogprobs: Float32Array;
  /** Whether this came from the cache without any block being run. */
  cached: boolean;
  /** The hooks asked for, for this chunk's positions (patterns: [heads, count, from + count]). */
  hooks?: Record<string, HookTensor>;
}

export interface HooksRequest extends TextRequest {
  /** Names of hooks inside blocks, exact or with * globs. */
  hooks: readonly string[];
  /** First position to read; default 0. */
  from?: number;
}

/** Hooks at positions [from, from + count), by name; patterns and scores are [heads, count, from + count]. */
export interface HookRows {
  from: number;
  count: number;
  hooks: Record<string, HookTensor>;
}

export interface GenerateRequest extends TextRequest {
  maxTokens: number;
  sampling: SamplingSettings;
  seed: number;
  /** Generation ends when the generated text holds this. */
  stop?: string;
  /** Go on after an end-of-text token. */
  ignoreEos?: boolean;
  /** Greedy decoding without look-up speculation, one token a run: for comparison, the text is the same. */
  plainDecoding?: boolean;
}

export interface GeneratedToken {
  id: number;
  text: string;
  /** Nats, under the plain distribution. */
  logprob: number;
  /** Set on the last token. */
  stopped?: 'max' | 'eos' | 'stop' | 'context';
  /** Look-up speculation: how many tokens were proposed in this token's run, and how many of them held. */
  proposed?: number;
  kept?: number;
}

export interface BranchesRequest extends TextRequest {
  /** Each branch begins with one of these; default: the `count` likeliest tokens after `ids`. */
  firsts?: readonly number[];
  count: number;
  /** Tokens a branch at most, its first included. */
  maxTokens: number;
}

/** One more token of a branch, the likeliest after its own tokens. */
export interface BranchToken {
  branch: number;
  id: number;
  text: string;
  /** Nats, under the plain distribution. */
  logprob: number;
  /** Set on the branch's last token. */
  stopped?: 'max' | 'eos' | 'context';
}

export interface ExpandRequest extends TextRequest {
  /** Continuations of the text, each the ids of its tokens; an empty one is the text itself. */
  paths: readonly (readonly number[])[];
  topK: number;
}

/** The distributions after p continuations. */
export interface Expansion {
  /** Nats. [p] */
  entropy: Float32Array;
  topK: number;
  /** [p, topK], most likely first. */
  topIds: Int32Array;
  /** Nats, under the plain distribution. */
  topLogprobs: Float32Array;
}

export interface LensRequest extends TextRequest {
  topK: number;
  /** After attention too. */
  mid?: boolean;
  /** The divergence from the final distribution too: whole logits of each layer are needed for it. */
  kl?: boolean;
  /** The token whose log-prob and rank are given, at every position; default: the text's next one. */
  target?: number;
  positions?: readonly number[];
}

/** The lens at one residual, for the requested positions in order. */
export interface LensLayer {
  hook: string;
  entropy: Float32Array;
  /** Of the next token of the text, NaN / 0 where there is none; or of the request's target. */
  targetLogprob: Float32Array;
  targetRank: Int32Array;
  topK: number;
  topIds: Int32Array;
  topLogprobs: Float32Array;
  /** KL(final || this layer's), nats, where it is asked for. */
  kl?: Float32Array;
}

/** A sequence r + r, or one of random tokens: the same seed draws the same. `length`: tokens of r. */
export type HeadScoresRequest = { ids: readonly number[] } | { seed: number; length: number };

export interface AttributionRequest extends TextRequest {
  /** The distribution after this position, from 0. */
  position: number;
  /** Default: the likeliest token. */
  target?: number;
  /** The logit of the target less that of this one. */
  against?: number;
}

/** A logit, or the difference of two, as a sum over the parts of the model. */
export interface Attribution {
  target: number;
  against?: number;
  /** As the model itself computes it. */
  logit: number;
  /** In the order of the computation: embed, pos_embed, blocks.L.attn.H, blocks.L.attn.bias, blocks.L.mlp, … */
  parts: AttributionPart[];
  sum: number;
}

/** What the KV cache saves. Milliseconds, through all layers. */
export interface CacheTimes {
  /** The last token alone, after the cached ones. */
  cached: number;
  /** The whole text. */
  whole: number;
  /** Keys and values of one token, of all layers. */
  bytesPerToken: number;
}

export interface ValueNormsRequest extends TextRequest {
  layer: number;
}

export interface NeighboursRequest {
  id: number;
  top: number;
}

/** The nearest first, by cosine. */
export interface NearTokens {
  ids: Int32Array;
  cosines: Float64Array;
}

export interface Neighbours {
  /** The token's own row of E. [d] */
  row: Float32Array;
  /** Whether U is E. */
  tied: boolean;
  E: NearTokens;
  U: NearTokens;
}

/** `ids` is the corrupt prompt. */
export interface PatchRequest extends TextRequest {
  clean: readonly number[];
  /** The difference of the logits of these two, after the last position. */
  answer: number;
  against: number;
  /** What is put in: the residual stream at a block's entry, by position, or a head's z at all of them. */
  at: 'resid' | 'z';
  /** Layers of the map, `[from, to)`; default: all. */
  layers?: readonly [number, number];
}

export interface PatchRow {
  layer: number;
  /** Differences of logits of the two prompts. */
  clean: number;
  corrupt: number;
  /** Share of it that comes back, by position or by head: 0 as corrupt, 1 as clean. */
  restored: Float32Array;
}
