import type { HeadScores } from '../analysis/headScores.ts';
import { logSumExp } from '../analysis/sampling.ts';
import { TokenscopeError } from '../errors.ts';
import type { TransformerConfig } from '../transformer/config.ts';
import { openModel } from '../weights/open.ts';
import type {
  Attribution,
  AttributionRequest,
  BranchesRequest,
  BranchToken,
  CacheTimes,
  EngineApi,
  ExpandRequest,
  Expansion,
  GeneratedToken,
  GenerateRequest,
  HeadScoresRequest,
  HookRows,
  HooksRequest,
  HookTensor,
  Intervention,
  LensLayer,
  LensRequest,
  LoadOptions,
  LoadProgress,
  ModelInfo,
  Neighbours,
  NeighboursRequest,
  PatchRequest,
  PatchRow,
  RunChunk,
  RunRequest,
  TextRequest,
  ValueNormsRequest,
} from './api.ts';
import { attributeLogit } from './inspecting/attribution.ts';
import { copyingScores } from './inspecting/copying.ts';
import { drawRepeated, scoreHeads } from './inspecting/headScores.ts';
import { KeptScores } from './inspecting/keptScores.ts';
import { nearTokens } from './inspecting/neighbours.ts';
import { patchMap } from './inspecting/patching.ts';
import { positionCosines } from './inspecting/positions.ts';
import { StoredWeights } from './inspecting/storedWeights.ts';
import { valueNorms } from './inspecting/valueNorms.ts';
import { changed, checkIds, ended, type Loaded, type Working, working } from './loaded.ts';
import { loadNetwork } from './loading/loadNetwork.ts';
import { describeModel } from './modelInfo.ts';
import { decodeBranches } from './running/branches.ts';
import { breathe } from './running/breathe.ts';
import { fill, runCached } from './running/cachedRun.ts';
import { CachePools } from './running/cachePool.ts';
import { timeCache } from './running/cacheTimes.ts';
import { expandPaths } from './running/expand.ts';
import { generateTokens } from './running/generate.ts';
import { readHooks, runHooked } from './running/hookedRun.ts';
import { checkInterventions } from './running/interventions.ts';
import { logitLens } from './running/lens.ts';
import { Means } from './running/means.ts';
import type { Network } from './running/network.ts';
import { layerPattern } from './running/pattern.ts';
import type { RunCache } from './running/runCache.ts';
import { checkFinite } from './running/summaries.ts';
import { type Turn, Turns } from './running/turn.ts';
import { configureRuntime, warmUp } from './sessions.ts';
import { createTokenizer } from './tokenizer/tokenizer.ts';
import type { Piece, Token, Tokenizer } from './tokenizer/types.ts';

/** The engine: one model, its caches, and everything one asks of them. Runs in a worker, or in a script's own thread. */
export class Engine implements EngineApi {
  private loaded: Loaded | undefined;
  /** Of the model that is being loaded while there is no other: a text has its tokens before the model runs. */
  private arriving: Arriving | undefined;

  get model(): ModelInfo | undefined {
    return this.loaded?.info;
  }

  async *load(options: LoadOptions, signal?: AbortSignal): AsyncGenerator<LoadProgress, ModelInfo> {
    const { path, precision } = options;
    if (this.loaded?.info.path === path && this.loaded.info.precision === precision) return this.loaded.info;
    const began = performance.now();
    configureRuntime(options.threads);
    if (!this.loaded) warmUp();
    const source = await openModel(path);
    let arriving: Arriving | undefined;
    try {
      const tokenizer = createTokenizer(source.tokenizer, path, source.config.vocabSize);
      if (!this.loaded) arriving = this.arriving = { tokenizer, config: source.config };
      const network = yield* withTokens(loadNetwork(source, tokenizer, options, signal), arriving);
      await this.unload();
      const info = describeModel(source, precision, tokenizer, performance.now() - began);
      const [pools, means] = [new CachePools(source.config), new Means(network)];
      const weights = new StoredWeights(path, source.fingerprint);
      const kept = new KeptScores(source.fingerprint, options.cacheDir);
      this.loaded = {
        info,
        network,
        tokenizer,
        pools,
        means,
        weights,
        kept,
        turns: new Turns(),
        unloading: new AbortController(),
      };
      return info;
    } finally {
      // A newer load may have put its own there.
      if (this.arriving === arriving) this.arriving = undefined;
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
    await old.weights.close();
    await old.network.release();
  }

  async encode(text: string, signal?: AbortSignal): Promise<Token[]> {
    return this.needTokens().tokenizer.encodeInTurns(text, signal);
  }

  async describe(ids: readonly number[]): Promise<{ text: string; tokens: Token[] }> {
    const { tokenizer, config } = this.needTokens();
    checkIds(ids, config);
    return tokenizer.describe(ids);
  }

  async pieces(ids: readonly number[]): Promise<Piece[]> {
    const { tokenizer } = this.needTokens();
    return ids.map((id) => tokenizer.piece(id));
  }

  run(request: RunRequest, signal?: AbortSignal): AsyncGenerator<RunChunk> {
    return this.guarded(request, signal, ({ network, pool }, turn) => {
      if (request.hooks && request.hooks.length > 0) return runHooked(network, request, turn);
      return runCached(network, pool, request, turn);
    });
  }

  hooks(request: HooksRequest, signal?: AbortSignal): AsyncGenerator<HookRows> {
    return this.onCache(request, signal, (cache, network, turn) => readHooks(network, cache, request, turn));
  }

  generate(request: GenerateRequest, signal?: AbortSignal): AsyncGenerator<GeneratedToken> {
    return this.guarded(request, signal, ({ network, pool, tokenizer }, turn) =>
      generateTokens(network, pool, tokenizer, request, turn),
    );
  }

  branches(request: BranchesRequest, signal?: AbortSignal): AsyncGenerator<BranchToken[]> {
    return this.guarded(request, signal, ({ network, pool, tokenizer }, turn) =>
      decodeBranches(network, pool, tokenizer, request, turn),
    );
  }

  async expand(request: ExpandRequest, signal?: AbortSignal): Promise<Expansion> {
    return only(
      this.guarded(request, signal, async function* ({ network, pool }, turn) {
        yield await expandPaths(network, pool, request, turn);
      }),
    );
  }

  async headScores(request: HeadScoresRequest, signal?: AbortSignal): Promise<HeadScores> {
    const { kept, info, tokenizer } = this.need();
    const ids = 'ids' in request ? request.ids : drawRepeated(tokenizer, info.vocabSize, request);
    return kept.scores(`${info.precision} ${ids.join()}`, () =>
      only(
        this.guarded({ ids }, signal, async function* ({ network }, turn) {
          yield await scoreHeads(network, ids, turn);
        }),
      ),
    );
  }

  async copyingScores(signal?: AbortSignal): Promise<Float32Array> {
    const { kept, weights, unloading } = this.need();
    return kept.copying(() => copyingScores(weights, ended(unloading.signal, signal)));
  }

  async attribute(request: AttributionRequest, signal?: AbortSignal): Promise<Attribution> {
    const { weights, info } = this.need();
    const read = this.onCache(request, signal, async function* (cache, network, turn) {
      yield await attributeLogit(network, cache, weights, { ...request, precision: info.precision }, turn);
    });
    return only(read);
  }

  async valueNorms(request: ValueNormsRequest, signal?: AbortSignal): Promise<HookTensor> {
    const { weights } = this.need();
    const read = this.onCache(request, signal, async function* (cache, network, turn) {
      yield await valueNorms(network, cache, weights, request, turn);
    });
    return only(read);
  }

  async neighbours(request: NeighboursRequest, signal?: AbortSignal): Promise<Neighbours> {
    const { weights, unloading } = this.need();
    return nearTokens(weights, request, ended(unloading.signal, signal));
  }

  async positionCosines(far: number, signal?: AbortSignal): Promise<Float64Array | null> {
    const { weights, unloading } = this.need();
    return positionCosines(weights, far, ended(unloading.signal, signal));
  }

  patch(request: PatchRequest, signal?: AbortSignal): AsyncGenerator<PatchRow> {
    const { network, means } = this.need();
    return this.guarded({ ...request, interventions: undefined }, signal, async function* (_, turn) {
      const { ids, clean, interventions = [] } = request;
      checkIds(clean, network.config);
      checkInterventions(network, interventions, ids.length);
      const changes = {
        clean: await means.filledIn(interventions, clean, turn),
        corrupt: await means.filledIn(interventions, ids, turn),
      };
      yield* patchMap(network, request, changes, turn);
    });
  }

  async cacheTimes(request: TextRequest, signal?: AbortSignal): Promise<CacheTimes> {
    return only(
      this.guarded(request, signal, async function* ({ network }, turn) {
        yield await timeCache(network, request.ids, turn);
      }),
    );
  }

  lens(request: LensRequest, signal?: AbortSignal): AsyncGenerator<LensLayer> {
    return this.onCache(request, signal, (cache, network, turn) => {
      if (request.target !== undefined) checkIds([request.target], network.config);
      return logitLens(network, cache, request, turn);
    });
  }

  async logits(
    ids: readonly number[],
    position: number,
    interventions?: readonly Intervention[],
    signal?: AbortSignal,
  ): Promise<Float32Array> {
    const read = this.onCache(
      { ids: ids.slice(0, position + 1), interventions },
      signal,
      async function* (cache, network) {
        const resid = cache.residual(network.config.nLayers, position, position + 1);
        const logits = (await network.finalHooks(resid, ['logits'])).get('logits')!.data;
        checkFinite(network, cache, Float32Array.of(logSumExp(logits)), position);
        yield logits;
      },
    );
    return only(read);
  }

  async pattern(
    ids: readonly number[],
    layer: number,
    interventions?: readonly Intervention[],
    signal?: AbortSignal,
  ): Promise<HookTensor> {
    const read = this.onCache({ ids, interventions }, signal, async function* (cache, network, turn) {
      yield await layerPattern(network, cache, ids.length, layer, turn);
    });
    return only(read);
  }

  /** Reads a cache that holds all of the ids: one that is there, even while another run extends it, or a new one. */
  private onCache<T>(
    request: TextRequest,
    signal: AbortSignal | undefined,
    read: (cache: RunCache, network: Network, turn: Turn) => AsyncGenerator<T>,
  ): AsyncGenerator<T> {
    return this.guarded(request, signal, async function* ({ network, pool }, turn) {
      const { ids } = request;
      let cache = pool.read(ids);
      if (!cache) {
        const filling = pool.write(ids);
        try {
          await fill(network, filling, ids, turn);
          cache = pool.read(ids)!;
        } finally {
          pool.doneWriting(filling);
        }
      }
      try {
        yield* read(cache, network, turn);
      } finally {
        pool.doneReading(cache, ids.length);
      }
    });
  }

  /** Checks what is asked, takes a turn, and ends the work when the model is unloaded. */
  private async *guarded<T>(
    request: TextRequest,
    signal: AbortSignal | undefined,
    work: (model: Working, turn: Turn) => AsyncGenerator<T>,
  ): AsyncGenerator<T> {
    const loaded = this.need();
    const { ids, priority } = request;
    const interventions = request.interventions ?? []; // null, where the wire had nothing
    checkIds(ids, loaded.network.config);
    checkInterventions(loaded.network, interventions, ids.length);
    const unloading = loaded.unloading.signal;
    const turn = loaded.turns.begin(ended(unloading, signal), priority);
    try {
      turn.signal.throwIfAborted();
      yield* work(interventions.length > 0 ? await changed(loaded, ids, interventions, turn) : working(loaded), turn);
    } finally {
      turn.end();
    }
  }

  private needTokens(): Arriving {
    if (!this.loaded && this.arriving) return this.arriving;
    const { tokenizer, network } = this.need();
    return { tokenizer, config: network.config };
  }

  private need(): Loaded {
    if (!this.loaded) throw new TokenscopeError('No model is loaded.', 'The engine', 'Load a model first.');
    return this.loaded;
  }
}

/** What is known of a model before its weights are. */
interface Arriving {
  tokenizer: Tokenizer;
  config: TransformerConfig;
}

/** The steps of a load, each saying how many tokens may be asked for already. */
async function* withTokens(
  steps: AsyncGenerator<LoadProgress, Network>,
  arriving: Arriving | undefined,
): AsyncGenerator<LoadProgress, Network> {
  if (!arriving) return yield* steps;
  const { contextLength } = arriving.config;
  try {
    let step = await steps.next();
    for (; !step.done; step = await steps.next()) yield { ...step.value, tokens: { contextLength } };
    return step.value;
  } finally {
    await steps.return(undefined as never);
  }
}

/** The one value of a stream that yields one. */
async function only<T>(stream: AsyncGenerator<T>): Promise<T> {
  let value: T | undefined;
  for await (const v of stream) value = v;
  return value as T;
}
