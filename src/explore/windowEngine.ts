import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as vscode from 'vscode';
import type { EngineApi, LoadOptions, LoadProgress, ModelInfo } from '../runtime/api.ts';
import { EngineClient } from '../runtime/worker/client.ts';
import { bundledModelPath } from '../weights/bundled.ts';
import { readSettings } from './settings.ts';

type ProgressListener = (progress: LoadProgress) => void;

/** One load of a model that several may wait for; it is given up when nobody waits any more. */
interface Loading {
  key: string;
  loaded: Promise<ModelInfo>;
  abort: AbortController;
  waiting: number;
  listeners: Set<ProgressListener>;
  last?: LoadProgress;
}

/** What the engine does, for the status bar. */
export type EngineState =
  | { state: 'off' }
  | { state: 'loading'; progress?: LoadProgress }
  | { state: 'ready'; model: ModelInfo };

/** The engine of this window: its worker is started at the first use, with the model of the settings. */
export class WindowEngine implements vscode.Disposable {
  private client: EngineClient | undefined;
  private threads = 0;
  private loading: Loading | undefined;
  private crashes = 0;
  private readonly crashed = new vscode.EventEmitter<void>();
  private readonly changed = new vscode.EventEmitter<EngineState>();
  /** The worker died. What was under way is rejected; the next use starts another one. */
  readonly onDidCrash = this.crashed.event;
  readonly onDidChangeState = this.changed.event;

  constructor(
    private readonly context: vscode.ExtensionContext,
    private readonly log: vscode.LogOutputChannel,
  ) {}

  /** How often a worker has died so far. */
  get crashCount(): number {
    return this.crashes;
  }

  /**
   * The engine with the model of the settings. A model that is loaded is there at once.
   * @throws ModelError for a model that cannot be loaded; the signal's reason
   */
  async ready(signal: AbortSignal, onProgress: ProgressListener): Promise<{ engine: EngineClient; model: ModelInfo }> {
    const { model: path, precision, threads } = readSettings();
    if (this.client && threads !== this.threads) this.stop();
    this.threads = threads;
    const engine = this.started();
    const options: LoadOptions = {
      path: path || bundledModelPath(this.context.extensionPath),
      precision,
      threads: threads || undefined,
      cacheDir: join(this.context.globalStorageUri.fsPath, 'calibration'),
    };
    const { model } = engine;
    if (!this.loading && model?.path === options.path && model.precision === precision) return { engine, model };
    const loading = this.load(engine, options);
    return { engine, model: await this.wait(loading, signal, onProgress) };
  }

  /** Ends the worker; the next use starts another one. */
  stop(): void {
    this.loading?.abort.abort(new DOMException('The engine was stopped', 'AbortError'));
    this.loading = undefined;
    this.client?.dispose();
    this.client = undefined;
    this.changed.fire({ state: 'off' });
  }

  /** Kills the worker as a crash would. */
  kill(): void {
    this.client?.kill();
  }

  dispose(): void {
    this.stop();
    this.crashed.dispose();
    this.changed.dispose();
  }

  private started(): EngineClient {
    if (this.client) return this.client;
    const workerUrl = pathToFileURL(join(this.context.extensionPath, 'dist', 'worker.js'));
    const client = new EngineClient({ workerUrl, execArgv: [], log: (line: string) => this.log.debug(line) });
    client.onDidCrash(() => {
      if (client !== this.client) return;
      this.crashes++;
      this.loading = undefined;
      this.log.error('The engine ended unexpectedly; it is started again at the next use.');
      this.changed.fire({ state: 'off' });
      this.crashed.fire();
    });
    this.client = client;
    return client;
  }

  private load(engine: EngineApi, options: LoadOptions): Loading {
    const key = JSON.stringify(options);
    if (this.loading?.key === key) return this.loading;
    this.loading?.abort.abort(new DOMException('Another model is loaded instead', 'AbortError'));
    const abort = new AbortController();
    const loading: Loading = {
      key,
      abort,
      waiting: 0,
      listeners: new Set(),
      loaded: Promise.resolve().then(() => this.runLoad(engine, options, loading)),
    };
    // Those who wait hear of it; nobody may be waiting any more.
    loading.loaded.catch(() => {});
    this.loading = loading;
    return loading;
  }

  private async runLoad(engine: EngineApi, options: LoadOptions, loading: Loading): Promise<ModelInfo> {
    this.log.info(`Loading ${options.path} (${options.precision})`);
    this.changed.fire({ state: 'loading' });
    const progress = engine.load(options, loading.abort.signal);
    try {
      for (;;) {
        const { done, value } = await progress.next();
        if (done) {
          this.log.info(`Loaded ${value.name} in ${value.loadMs.toFixed(0)} ms, ${value.nLayers} layers`);
          this.changed.fire({ state: 'ready', model: value });
          return value;
        }
        loading.last = value;
        for (const listener of loading.listeners) listener(value);
        this.changed.fire({ state: 'loading', progress: value });
      }
    } catch (error) {
      if (this.loading === loading) this.changed.fire({ state: 'off' });
      throw error;
    } finally {
      if (this.loading === loading) this.loading = undefined;
    }
  }

  /** Waits for a load that others may wait for too. */
  private async wait(loading: Loading, signal: AbortSignal, onProgress: ProgressListener): Promise<ModelInfo> {
    signal.throwIfAborted();
    loading.waiting++;
    loading.listeners.add(onProgress);
    if (loading.last) onProgress(loading.last);
    let stop = () => {};
    const aborted = new Promise<never>((_, reject) => {
      stop = () => reject(signal.reason);
      signal.addEventListener('abort', stop, { once: true });
    });
    try {
      return await Promise.race([loading.loaded, aborted]);
    } finally {
      signal.removeEventListener('abort', stop);
      loading.listeners.delete(onProgress);
      loading.waiting--;
      // A newer request may join in this very turn.
      setImmediate(() => {
        if (loading.waiting === 0) loading.abort.abort(new DOMException('Nobody waits for the model', 'AbortError'));
      });
    }
  }
}
