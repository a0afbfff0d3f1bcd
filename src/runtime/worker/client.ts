import { type EngineEnded, TokenscopeError } from '../../errors.ts';
import type { CallName, EngineApi, LoadOptions, LoadProgress, ModelInfo, Priority } from '../api.ts';
import { ForwardingEngine } from './forwarding.ts';
import { NewestWins } from './newestWins.ts';
import { SharedLoad } from './sharedLoad.ts';
import { WorkerLink, type WorkerOptions } from './workerLink.ts';

/**
 * The engine as its users have it, and the one place that says how it is loaded and what comes after a crash. It lives
 * in a worker, which is started at the first call. Calls whose signal aborts end at once, here; the worker stops at its
 * next block. A worker that dies rejects what is under way, and the next call starts another one with the model that
 * was loaded.
 */
export class EngineClient extends ForwardingEngine implements EngineApi {
  private link: WorkerLink | undefined;
  private loaded: { options: LoadOptions; info: ModelInfo } | undefined;
  /** What a new worker is to load before anything else. */
  private lost: LoadOptions | undefined;
  private loading: SharedLoad | undefined;
  private disposed = false;
  private readonly channels = new Map<string, EngineApi>();
  private readonly crashListeners = new Set<(error: EngineEnded) => void>();

  constructor(private readonly options: WorkerOptions) {
    super();
  }

  /** The model in the worker; undefined before the first load, and after a crash until it is loaded again. */
  get model(): ModelInfo | undefined {
    return this.loaded?.info;
  }

  /** Calls the listener once for each worker that dies. @returns ends that */
  onDidCrash(listener: (error: EngineEnded) => void): { dispose(): void } {
    this.crashListeners.add(listener);
    return { dispose: () => this.crashListeners.delete(listener) };
  }

  /**
   * The same engine, where a newer call of a kind (run, generate, …) aborts the older one of this channel.
   * @param priority of its runs
   */
  channel(name: string, priority: Priority = 'foreground'): EngineApi {
    let channel = this.channels.get(name);
    if (!channel) {
      channel = new NewestWins(this, priority);
      this.channels.set(name, channel);
    }
    return channel;
  }

  /**
   * Loads a model. The same load asked for again while it is under way is one load; another one takes its place.
   * @throws ModelError; the signal's reason, which ends the load only when nobody else waits for it
   */
  override async *load(options: LoadOptions, signal?: AbortSignal): AsyncGenerator<LoadProgress, ModelInfo> {
    signal?.throwIfAborted();
    const key = JSON.stringify(options);
    if (!this.loading || this.loading.ended || this.loading.key !== key) {
      this.loading?.end(new DOMException('Another model is loaded instead', 'AbortError'));
      const link = this.started();
      this.loading = new SharedLoad(key, (ending) => this.loadWith(link, options, ending));
    }
    return yield* this.loading.follow(signal);
  }

  override async unload(): Promise<void> {
    this.lost = undefined;
    if (!this.loaded) return;
    this.loaded = undefined;
    await this.started().once('unload', []);
  }

  override async once(name: CallName, args: readonly unknown[], signal?: AbortSignal): Promise<unknown> {
    return (await this.ready(signal)).once(name, args, signal);
  }

  override async *stream(name: CallName, args: readonly unknown[], signal?: AbortSignal) {
    return yield* (await this.ready(signal)).stream(name, args, signal);
  }

  /** Ends the worker as a crash would. */
  kill(): void {
    this.link?.terminate();
  }

  /** Whether the next call loads a model again. */
  get resting(): boolean {
    return this.lost !== undefined;
  }

  /** Ends the worker as disposing does; but the next call starts another one, with the model that was loaded. */
  rest(): void {
    this.lost ??= this.loaded?.options;
    this.loading = undefined;
    this.close();
  }

  /** Ends the worker; calls under way end with an AbortError, later ones are refused. */
  dispose(): void {
    this.disposed = true;
    this.crashListeners.clear();
    this.close();
  }

  private close(): void {
    this.link?.close(new DOMException('The engine was stopped', 'AbortError'));
    this.link = undefined;
    this.loaded = undefined;
  }

  private async *loadWith(link: WorkerLink, options: LoadOptions, signal: AbortSignal) {
    const steps = link.stream('load', [options], signal) as AsyncGenerator<LoadProgress, ModelInfo>;
    const info = yield* steps;
    this.loaded = { options, info };
    this.lost = undefined;
    return info;
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
      const other = this.loading && !this.loading.ended ? this.loading : undefined;
      // A load under way that fails or is given up by who began it leaves the model of before to be loaded.
      if (other) await drain(other.follow(signal)).catch(() => signal?.throwIfAborted());
      else await drain(this.load(this.lost, signal));
    }
    return this.started();
  }

  private died(link: WorkerLink, error: EngineEnded): void {
    if (link !== this.link) return;
    this.link = undefined;
    this.loading = undefined;
    this.lost ??= this.loaded?.options;
    this.loaded = undefined;
    for (const listener of [...this.crashListeners]) listener(error);
  }
}

async function drain(steps: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of steps);
}
