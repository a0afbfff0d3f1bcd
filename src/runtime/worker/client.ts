import { TokenscopeError } from '../../errors.ts';
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
} from '../api.ts';
import type { Piece, Token } from '../tokenizer/types.ts';
import { NewestWins } from './newestWins.ts';
import { calls, streams } from './rpc.ts';
import { WorkerLink, type WorkerOptions } from './workerLink.ts';

/**
 * The engine as its users have it: it lives in a worker, which is started at the first call. Calls whose signal aborts
 * end at once, here; the worker stops at its next block. A worker that dies rejects what is under way, and the next
 * call starts another one with the model that was loaded.
 */
export class EngineClient implements EngineApi {
  private link: WorkerLink | undefined;
  private loaded: { options: LoadOptions; info: ModelInfo } | undefined;
  /** What a new worker is to load before anything else. */
  private lost: LoadOptions | undefined;
  /** Settles with the load under way, whatever comes of it. */
  private loading: { key: string; settled: Promise<void> } | undefined;
  private disposed = false;
  private readonly channels = new Map<string, EngineApi>();
  private readonly crashListeners = new Set<(error: TokenscopeError) => void>();

  constructor(private readonly options: WorkerOptions) {}

  /** The model in the worker; undefined before the first load, and after a crash until it is loaded again. */
  get model(): ModelInfo | undefined {
    return this.loaded?.info;
  }

  /** Calls the listener once for each worker that dies. @returns ends that */
  onDidCrash(listener: (error: TokenscopeError) => void): { dispose(): void } {
    this.crashListeners.add(listener);
    return { dispose: () => this.crashListeners.delete(listener) };
  }

  /** The same engine, where a newer call of a kind (run, generate, …) aborts the older one of this channel. */
  channel(name: string): EngineApi {
    let channel = this.channels.get(name);
    if (!channel) {
      channel = new NewestWins(this);
      this.channels.set(name, channel);
    }
    return channel;
  }

  async *load(options: LoadOptions, signal?: AbortSignal): AsyncGenerator<LoadProgress, ModelInfo> {
    const key = JSON.stringify(options);
    // The same model twice at a time would be twice in memory; the second load finds the first one's model.
    while (this.loading?.key === key) await endedBy(this.loading.settled, signal);
    const link = this.started();
    let settle = () => {};
    const loading = { key, settled: new Promise<void>((resolve) => (settle = resolve)) };
    this.loading = loading;
    try {
      const info = yield* link.stream(streams.load, options, signal);
      this.loaded = { options, info };
      this.lost = undefined;
      return info;
    } finally {
      if (this.loading === loading) this.loading = undefined;
      settle();
    }
  }

  async unload(): Promise<void> {
    this.lost = undefined;
    if (!this.loaded) return;
    this.loaded = undefined;
    await this.started().call(calls.unload, {});
  }

  async encode(text: string): Promise<Token[]> {
    return (await this.ready()).call(calls.encode, { text });
  }

  async describe(ids: readonly number[]): Promise<{ text: string; tokens: Token[] }> {
    return (await this.ready()).call(calls.describe, { ids });
  }

  async pieces(ids: readonly number[]): Promise<Piece[]> {
    return (await this.ready()).call(calls.pieces, { ids });
  }

  async logits(ids: readonly number[], position: number, signal?: AbortSignal): Promise<Float32Array> {
    return (await this.ready(signal)).call(calls.logits, { ids, position }, signal);
  }

  async pattern(ids: readonly number[], layer: number, signal?: AbortSignal): Promise<HookTensor> {
    return (await this.ready(signal)).call(calls.pattern, { ids, layer }, signal);
  }

  async *run(request: RunRequest, signal?: AbortSignal): AsyncGenerator<RunChunk> {
    yield* (await this.ready(signal)).stream(streams.run, request, signal);
  }

  async *generate(request: GenerateRequest, signal?: AbortSignal): AsyncGenerator<GeneratedToken> {
    yield* (await this.ready(signal)).stream(streams.generate, request, signal);
  }

  async *lens(request: LensRequest, signal?: AbortSignal): AsyncGenerator<LensLayer> {
    yield* (await this.ready(signal)).stream(streams.lens, request, signal);
  }

  /** Ends the worker as a crash would. */
  kill(): void {
    this.link?.terminate();
  }

  /** Ends the worker; calls under way end with an AbortError, later ones are refused. */
  dispose(): void {
    this.disposed = true;
    this.crashListeners.clear();
    this.link?.close(new DOMException('The engine was stopped', 'AbortError'));
    this.link = undefined;
    this.loaded = undefined;
  }

  private started(): WorkerLink {
    if (this.disposed) throw new TokenscopeError('The engine was stopped.', 'The engine', 'Start it again.');
    if (this.link) return this.link;
    const link = new WorkerLink(this.options, (error) => this.died(link, error));
    this.link = link;
    return link;
  }

  /** A worker that has the model of the one before, if that had one. */
  private async ready(signal?: AbortSignal): Promise<WorkerLink> {
    signal?.throwIfAborted();
    while (this.lost) {
      // A load that fails or is given up by who began it leaves this to the next in turn.
      if (this.loading) await endedBy(this.loading.settled, signal);
      else await endedBy(this.restore(this.lost), signal);
    }
    return this.started();
  }

  private async restore(options: LoadOptions): Promise<void> {
    for await (const _ of this.load(options));
  }

  private died(link: WorkerLink, error: TokenscopeError): void {
    if (link !== this.link) return;
    this.link = undefined;
    this.lost ??= this.loaded?.options;
    this.loaded = undefined;
    for (const listener of [...this.crashListeners]) listener(error);
  }
}

/** The promise, or the signal's reason if that comes first. */
async function endedBy<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise;
  let stop = () => {};
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
  });
  signal.addEventListener('abort', stop, { once: true });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
