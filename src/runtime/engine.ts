import { TokenscopeError } from '../errors.ts';
import { openModel } from '../weights/open.ts';
import type { ModelSource } from '../weights/source.ts';
import type {
  EngineApi,
  GeneratedToken,
  GenerateRequest,
  HookTensor,
  LensLayer,
  LensRequest,
  LoadOptions,
  LoadProgress,
  ModelInfo,
  RunChunk,
  RunRequest,
} from './api.ts';
import { CALIBRATION_TEXT } from './loading/calibrationText.ts';
import { type LoadedModel, loadModel, releaseModel } from './loading/model.ts';
import { readSmoothing, saveSmoothing } from './loading/smoothingFile.ts';
import { configureRuntime } from './ort.ts';
import { breathe } from './running/breathe.ts';
import { CachePool, type RunCache } from './running/cache.ts';
import { runCached } from './running/cachedRun.ts';
import { floatData } from './running/forward.ts';
import { generateTokens } from './running/generate.ts';
import { isHooked, runHooked } from './running/hookedRun.ts';
import { logitLens } from './running/lens.ts';
import { layerPattern } from './running/pattern.ts';
import { runUnembed } from './running/unembedding.ts';
import { createTokenizer } from './tokenizer/tokenizer.ts';
import type { Piece, Token, Tokenizer } from './tokenizer/types.ts';

interface Loaded {
  info: ModelInfo;
  model: LoadedModel;
  tokenizer: Tokenizer;
  pool: CachePool;
  /** Aborted when the model is unloaded: whatever still runs on it ends. */
  unloading: AbortController;
}

/** The engine: one model, its caches, and everything one asks of them. Runs in a worker, or in a script's own thread. */
export class Engine implements EngineApi {
  private loaded: Loaded | undefined;
  /** Runs that have not ended yet, so that a newer one finds the cache of an aborted one free again. */
  private readonly running = new Set<{ signal?: AbortSignal; ended: Promise<void> }>();

  get model(): ModelInfo | undefined {
    return this.loaded?.info;
  }

  /** The sessions themselves, for measuring them bare. */
  get loadedModel(): LoadedModel | undefined {
    return this.loaded?.model;
  }

  async *load(options: LoadOptions, signal?: AbortSignal): AsyncGenerator<LoadProgress, ModelInfo> {
    const { path, precision } = options;
    if (this.loaded?.info.path === path && this.loaded.info.precision === precision) return this.loaded.info;
    const began = performance.now();
    configureRuntime(options.threads);
    const source = await openModel(path);
    try {
      const tokenizer = createTokenizer(source.tokenizer, path, source.config.vocabSize);
      const smoothing = precision === 'int8' ? await readSmoothing(source, options.cacheDir) : undefined;
      const calibrationIds = () =>
        tokenizer
          .encode(CALIBRATION_TEXT)
          .slice(0, source.config.contextLength)
          .map((token) => token.id);
      const model = yield* loadModel(source, precision, { smoothing, calibrationIds, signal });
      if (precision === 'int8' && !smoothing) await saveSmoothing(source, model.smoothing!, options.cacheDir);
      await this.unload();
      const info = describeModel(source, precision, tokenizer, performance.now() - began);
      this.loaded = { info, model, tokenizer, pool: new CachePool(source.config), unloading: new AbortController() };
      return info;
    } finally {
      await source.close();
    }
  }

  async unload(): Promise<void> {
    const old = this.loaded;
    this.loaded = undefined;
    if (!old) return;
    old.unloading.abort(
      new TokenscopeError('The model was unloaded.', 'The engine', 'Ask again once a model is loaded.'),
    );
    await breathe();
    await releaseModel(old.model);
  }

  async encode(text: string): Promise<Token[]> {
    return this.need().tokenizer.encode(text);
  }

  async describe(ids: readonly number[]): Promise<{ text: string; tokens: Token[] }> {
    const { tokenizer, model } = this.need();
    this.checkIds(ids, model);
    return tokenizer.describe(ids);
  }

  async pieces(ids: readonly number[]): Promise<Piece[]> {
    const { tokenizer } = this.need();
    return ids.map((id) => tokenizer.piece(id));
  }

  run(request: RunRequest, signal?: AbortSignal): AsyncGenerator<RunChunk> {
    return this.guarded(request.ids, signal, ({ model, pool }, ending) =>
      isHooked(request) ? runHooked(model, request, ending) : runCached(model, pool, request, ending),
    );
  }

  generate(request: GenerateRequest, signal?: AbortSignal): AsyncGenerator<GeneratedToken> {
    return this.guarded(request.ids, signal, ({ model, pool, tokenizer }, ending) =>
      generateTokens(model, pool, tokenizer, request, ending),
    );
  }

  lens(request: LensRequest, signal?: AbortSignal): AsyncGenerator<LensLayer> {
    const filled = (cache: RunCache, { model }: Loaded, ending: AbortSignal) =>
      logitLens(model, cache, request, ending);
    return this.onCache(request.ids, signal, filled);
  }

  async logits(ids: readonly number[], position: number, signal?: AbortSignal): Promise<Float32Array> {
    const run = this.onCache(ids.slice(0, position + 1), signal, async function* (cache, { model }) {
      const resid = cache.residual(model.config.nLayers, position, position + 1);
      yield floatData(await runUnembed(model, resid, [0], 1, ['logits']), 'logits');
    });
    return only(run);
  }

  async pattern(ids: readonly number[], layer: number, signal?: AbortSignal): Promise<HookTensor> {
    const run = this.onCache(ids, signal, async function* (cache, { model }, ending) {
      yield await layerPattern(model, cache, ids.length, layer, ending);
    });
    return only(run);
  }

  /** Does work on a cache that holds all of `ids`: one that is there, even while another run extends it, or a new one. */
  private onCache<T>(
    ids: readonly number[],
    signal: AbortSignal | undefined,
    work: (cache: RunCache, loaded: Loaded, signal: AbortSignal) => AsyncGenerator<T>,
  ): AsyncGenerator<T> {
    return this.guarded(ids, signal, async function* (loaded, ending) {
      const { model, pool } = loaded;
      let cache = pool.holding(ids);
      if (!cache) for await (const _ of runCached(model, pool, { ids, topK: 0, scoreFrom: ids.length - 1 }, ending));
      cache ??= pool.holding(ids)!;
      cache.users++;
      try {
        yield* work(cache, loaded, ending);
      } finally {
        pool.release(cache);
      }
    });
  }

  /** Checks the ids, waits until aborted runs have let go of their caches, and keeps the model loaded meanwhile. */
  private async *guarded<T>(
    ids: readonly number[],
    signal: AbortSignal | undefined,
    work: (loaded: Loaded, signal: AbortSignal) => AsyncGenerator<T>,
  ): AsyncGenerator<T> {
    const loaded = this.need();
    this.checkIds(ids, loaded.model);
    const ending = signal ? AbortSignal.any([signal, loaded.unloading.signal]) : loaded.unloading.signal;
    const aborted = [...this.running].filter((run) => run.signal?.aborted);
    let end = () => {};
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    const entry = { signal, ended };
    this.running.add(entry);
    try {
      await Promise.all(aborted.map((run) => run.ended));
      await breathe(ending);
      yield* work(loaded, ending);
    } finally {
      this.running.delete(entry);
      end();
    }
  }

  private need(): Loaded {
    if (!this.loaded) throw new TokenscopeError('No model is loaded.', 'The engine', 'Load a model first.');
    return this.loaded;
  }

  private checkIds(ids: readonly number[], { config }: LoadedModel): void {
    if (ids.length === 0) throw new TokenscopeError('There are no tokens.', 'The input', 'Give some text.');
    if (ids.length > config.contextLength)
      throw new TokenscopeError(
        `${ids.length} tokens are more than the model's context of ${config.contextLength}.`,
        'The input',
        'Give a shorter text, or score it in windows.',
      );
    const bad = ids.find((id) => !Number.isInteger(id) || id < 0 || id >= config.vocabSize);
    if (bad !== undefined)
      throw new TokenscopeError(
        `Token ${bad} does not exist: the vocabulary has ids 0 to ${config.vocabSize - 1}.`,
        'The input',
        'Give ids of this model.',
      );
  }
}

/** The one value of a stream that yields one. */
async function only<T>(stream: AsyncGenerator<T>): Promise<T> {
  let value: T | undefined;
  for await (const v of stream) value = v;
  return value as T;
}

function describeModel(
  source: ModelSource,
  precision: ModelInfo['precision'],
  tokenizer: Tokenizer,
  loadMs: number,
): ModelInfo {
  const { name, path, format, config } = source;
  const { family, nLayers, nHeads, nKvHeads, dModel, dHead, dMlp, vocabSize, contextLength } = config;
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
    fileBytes: source.byteLength,
    addsBos: tokenizer.addsBos,
    eosIds: tokenizer.eosIds,
    loadMs,
  };
}
