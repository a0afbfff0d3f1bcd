import type { EngineEnded } from '../errors.ts';
import type { EngineApi, LoadOptions, LoadProgress, ModelInfo, Priority } from '../runtime/api.ts';
import { EngineClient } from '../runtime/worker/client.ts';
import { Emitter, type Event } from './events.ts';
import { PieceTexts } from './pieceTexts.ts';

/** An engine whose model is loaded, and the texts of that model's ids. */
export interface LoadedEngine {
  readonly engine: EngineApi;
  readonly model: ModelInfo;
  readonly pieces: PieceTexts;
}

/** What a reader of texts needs of the window's engine. */
export interface EngineSource {
  ready(signal: AbortSignal, onProgress: (progress: LoadProgress) => void): Promise<LoadedEngine>;
  channel(name: string, priority?: Priority): EngineApi;
  readonly state: EngineState;
  readonly onDidCrash: Event<EngineEnded>;
  readonly onDidChangeState: Event<EngineState>;
}

/** Takes lines for the person who looks for a fault; a vscode.LogOutputChannel is one. */
export type Log = Record<'debug' | 'info' | 'warn' | 'error', (line: string) => void>;

/** What the engine does, for the status bar. */
export type EngineState =
  | { state: 'off' }
  | { state: 'loading'; progress?: LoadProgress }
  | { state: 'ready'; model: ModelInfo };

interface Events {
  crashed: EngineEnded;
  state: EngineState;
}

/**
 * The engine of this window, with the model of the settings: its worker is started at the first use. That loads are
 * shared and what is lost is loaded again is EngineClient's affair; which model it is, and what the window is told, is
 * this one's.
 */
export class WindowEngine implements EngineSource {
  private client: EngineClient | undefined;
  private threads: number | undefined;
  /** How many wait for a load. */
  private waiting = 0;
  private named: LoadedEngine | undefined;
  private now: EngineState = { state: 'off' };
  private readonly events = new Emitter<Events>();
  /** The worker died. What was under way is rejected with EngineEnded; the next use starts another one. */
  readonly onDidCrash: Event<EngineEnded> = (crashed) => this.events.add({ crashed });
  readonly onDidChangeState: Event<EngineState> = (state) => this.events.add({ state });

  /** @param wanted what is to be loaded, asked at each use */
  constructor(
    private readonly workerUrl: URL,
    private readonly wanted: () => LoadOptions,
    private readonly log: Log,
  ) {}

  /** The engine, if a model is loaded. Loads nothing. */
  get loaded(): LoadedEngine | undefined {
    const { client } = this;
    return client?.model && this.withTexts(client, client.model);
  }

  get state(): EngineState {
    return this.now;
  }

  /**
   * The engine with the model that is wanted now. A model that is loaded is there at once.
   * @throws ModelError for a model that cannot be loaded; EngineEnded; the signal's reason
   */
  async ready(signal: AbortSignal, onProgress: (progress: LoadProgress) => void): Promise<LoadedEngine> {
    signal.throwIfAborted();
    const wanted = this.wanted();
    if (this.threads !== wanted.threads) this.stop();
    this.threads = wanted.threads;
    const client = this.started();
    const { model } = client;
    if (this.waiting === 0 && model?.path === wanted.path && model.precision === wanted.precision) {
      return this.withTexts(client, model);
    }
    if (this.waiting === 0) {
      this.log.info(`Loading ${wanted.path} (${wanted.precision})`);
      this.tell({ state: 'loading' });
    }
    this.waiting++;
    try {
      return this.withTexts(client, await this.load(client, wanted, signal, onProgress));
    } finally {
      this.waiting--;
      if (this.waiting === 0) this.tellWhatIsLoaded();
    }
  }

  /** The engine where a newer call of a kind aborts the older one of this channel. Every call needs a loaded model. */
  channel(name: string, priority: Priority = 'foreground'): EngineApi {
    return this.started().channel(name, priority);
  }

  /** Ends the worker; the next use starts another one. */
  stop(): void {
    if (!this.client) return;
    this.client.dispose();
    this.client = undefined;
    this.tell({ state: 'off' });
  }

  /** Kills the worker as a crash would. */
  kill(): void {
    this.client?.kill();
  }

  dispose(): void {
    this.stop();
    this.events.dispose();
  }

  private started(): EngineClient {
    if (this.client) return this.client;
    const { workerUrl } = this;
    const client = new EngineClient({ workerUrl, execArgv: [], log: (line) => this.log.debug(line) });
    client.onDidCrash((error) => {
      this.log.error(`${error.message} It is started again at the next use.`);
      this.tell({ state: 'off' });
      this.events.fire('crashed', error);
    });
    this.client = client;
    return client;
  }

  private async load(
    client: EngineClient,
    wanted: LoadOptions,
    signal: AbortSignal,
    onProgress: (progress: LoadProgress) => void,
  ): Promise<ModelInfo> {
    const steps = client.load(wanted, signal);
    for (;;) {
      const { done, value } = await steps.next();
      if (done) return value;
      onProgress(value);
      // All who wait hear of each step, the status bar once.
      if (this.now.state !== 'loading' || this.now.progress !== value) this.tell({ state: 'loading', progress: value });
    }
  }

  private withTexts(engine: EngineClient, model: ModelInfo): LoadedEngine {
    if (this.named?.model !== model) this.named = { engine, model, pieces: new PieceTexts(engine) };
    return this.named;
  }

  private tellWhatIsLoaded(): void {
    const model = this.client?.model;
    if (model) this.log.info(`${model.name} is loaded, ${model.nLayers} layers, in ${model.loadMs.toFixed(0)} ms`);
    this.tell(model ? { state: 'ready', model } : { state: 'off' });
  }

  private tell(state: EngineState): void {
    this.now = state;
    this.events.fire('state', state);
  }
}
