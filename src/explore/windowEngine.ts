import type { EngineEnded } from '../errors.ts';
import type { EngineApi, LoadOptions, LoadProgress, ModelInfo, Priority } from '../runtime/api.ts';
import type { EngineClient } from '../runtime/worker/client.ts';
import { ClientInUse } from './clientInUse.ts';
import { Emitter, type Event } from './events.ts';
import { type After, IdleTimer } from './idleTimer.ts';
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

/** When a model that is not used is unloaded. */
export interface Unloading {
  /** 0: never. Asked after each use. */
  minutes: () => number;
  after?: After;
}

interface Events {
  crashed: EngineEnded;
  state: EngineState;
}

/**
 * The engine of this window, with the model of the settings: its worker is started at the first use. That loads are
 * shared and what is lost is loaded again is EngineClient's affair; which model it is, what the window is told, and that
 * a model nobody uses is unloaded, is this one's.
 */
export class WindowEngine implements EngineSource {
  private client: EngineClient | undefined;
  private threads: number | undefined;
  /** How many wait for a load. */
  private waiting = 0;
  private named: LoadedEngine | undefined;
  private now: EngineState = { state: 'off' };
  private readonly events = new Emitter<Events>();
  private readonly idle: IdleTimer;
  /** The worker died. What was under way is rejected with EngineEnded; the next use starts another one. */
  readonly onDidCrash: Event<EngineEnded> = (crashed) => this.events.add({ crashed });
  readonly onDidChangeState: Event<EngineState> = (state) => this.events.add({ state });

  /** @param wanted what is to be loaded, asked at each use */
  constructor(
    private readonly workerUrl: URL,
    private readonly wanted: () => LoadOptions,
    private readonly log: Log,
    { minutes, after }: Unloading = { minutes: () => 0 },
  ) {
    this.idle = new IdleTimer(minutes, () => this.rest(), after);
  }

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
      this.idle.begin();
      this.idle.end();
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

  /** Ends the worker, whose memory is free then. Calls of whoever has the engine load the model again. */
  private rest(): void {
    this.log.info('The model was not used for a while and is unloaded. It is loaded again at the next use.');
    this.client?.rest();
    this.tell({ state: 'off' });
  }

  dispose(): void {
    this.idle.dispose();
    this.stop();
    this.events.dispose();
  }

  private started(): EngineClient {
    if (this.client) return this.client;
    const { workerUrl } = this;
    const use = {
      begin: () => {
        this.idle.begin();
        if (this.client?.resting && this.waiting === 0 && this.now.state === 'off') this.tell({ state: 'loading' });
      },
      end: () => {
        if (this.idle.end() && this.waiting === 0) this.tellWhatChanged();
      },
    };
    const client = new ClientInUse({ workerUrl, execArgv: [], log: (line) => this.log.debug(line) }, use);
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

  /** A call may have loaded again what was lost. */
  private tellWhatChanged(): void {
    if (this.now.state !== (this.client?.model ? 'ready' : 'off')) this.tellWhatIsLoaded();
  }

  private tell(state: EngineState): void {
    this.now = state;
    this.events.fire('state', state);
  }
}
