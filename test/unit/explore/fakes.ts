/** A document's part, an engine of the window, and a log, without a window. */
import { EngineEnded } from '../../../src/errors.ts';
import { Emitter } from '../../../src/explore/events.ts';
import type { FollowedText } from '../../../src/explore/followedText.ts';
import type { Changed } from '../../../src/explore/modelChanges.ts';
import { PieceTexts } from '../../../src/explore/pieceTexts.ts';
import type { ScoredTextEvents } from '../../../src/explore/scoredRun.ts';
import type { ScoredText } from '../../../src/explore/scoredText.ts';
import type { EngineSource, EngineState, Log } from '../../../src/explore/windowEngine.ts';
import type {
  EngineApi,
  Intervention,
  LoadProgress,
  ModelInfo,
  RunChunk,
  RunRequest,
} from '../../../src/runtime/api.ts';
import type { Token } from '../../../src/runtime/tokenizer/types.ts';
import { NewestWins } from '../../../src/runtime/worker/newestWins.ts';
import { FakeEngine, tokensOf } from '../fakeEngine.ts';

/** The text from `start` on in a document of that name. */
export class FakePlace implements FollowedText {
  private readonly events = new Emitter<{ changed: undefined; moved: string }>();
  readonly onDidChange = (changed: () => void) => this.events.add({ changed });
  readonly onDidMove = (moved: (sentence: string) => void) => this.events.add({ moved });
  disposed = false;

  constructor(
    private content: string,
    readonly name = 'a.md',
    public start = 10,
  ) {}

  get range() {
    return { start: this.start, end: this.start + this.content.length };
  }

  text(most?: number): string {
    return this.content.slice(0, most);
  }

  edit(content: string): void {
    this.content = content;
    this.events.fire('changed', undefined);
  }

  isSame(other: FollowedText): boolean {
    const { start, end } = other.range;
    return other.name === this.name && start === this.range.start && end === this.range.end;
  }

  dispose(): void {
    this.disposed = true;
  }
}

/** Counts its runs; may be told to die in the next ones. */
export class CountedEngine extends FakeEngine {
  readonly runs: RunRequest[] = [];
  /** How often a text was made into tokens. */
  encoded = 0;
  /** What a run does before its first chunk. */
  before: (() => Promise<void> | void) | undefined;

  override async encode(text: string): Promise<Token[]> {
    this.encoded++;
    return this.model ? super.encode(text) : tokensOf(text);
  }

  override async *run(request: RunRequest, signal?: AbortSignal): AsyncGenerator<RunChunk> {
    this.runs.push(request);
    await this.before?.();
    yield* super.run({ ...request, topK: Math.min(request.topK, 2) }, signal);
  }
}

/** One model, and the end of the engine when it is asked for. */
export class FakeSource implements EngineSource {
  readonly engine = new CountedEngine();
  path = 'fake.gguf';
  state: EngineState = { state: 'off' };
  /** Whether the first model's tokenizer answers while it loads. */
  early = false;
  private readonly events = new Emitter<{ crashed: EngineEnded; state: EngineState }>();
  private pieces = new PieceTexts(this.engine);
  readonly onDidCrash = (crashed: (error: EngineEnded) => void) => this.events.add({ crashed });
  readonly onDidChangeState = (state: (state: EngineState) => void) => this.events.add({ state });

  async ready(signal: AbortSignal, onProgress: (progress: LoadProgress) => void) {
    const tokens = this.early && !this.engine.model ? { contextLength: 64 } : undefined;
    for await (const step of this.engine.load({ path: this.path, precision: 'int8' }, signal)) {
      onProgress({ ...step, tokens });
    }
    return { engine: this.engine, model: this.engine.model!, pieces: this.pieces };
  }

  channel(): EngineApi {
    return new NewestWins(this.engine, 'foreground');
  }

  /** The engine dies: who called is told, and all who listen. */
  die(): never {
    const error = new EngineEnded('It ended.', 'The engine', 'Try again.');
    queueMicrotask(() => this.events.fire('crashed', error));
    throw error;
  }

  /** It dies while nobody waits for it. */
  crash(): void {
    this.events.fire('crashed', new EngineEnded('It ended.', 'The engine', 'Try again.'));
  }

  loaded(model: ModelInfo): void {
    this.events.fire('state', { state: 'ready', model });
  }
}

export const silent: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** The next event of a name. */
export function next<K extends keyof ScoredTextEvents>(
  text: ScoredText<FakePlace>,
  name: K,
): Promise<ScoredTextEvents[K]> {
  return new Promise((resolve) => {
    const reading = text.read({
      [name]: (event: ScoredTextEvents[K]) => {
        reading.dispose();
        resolve(event);
      },
    });
  });
}

/** What is changed in the model, as a test says. */
export class FakeChanges {
  interventions: readonly Intervention[] = [];
  private readonly events = new Emitter<{ changed: Changed }>();
  readonly onDidChange = (changed: (state: Changed) => void) => this.events.add({ changed });

  become(interventions: readonly Intervention[]): void {
    this.interventions = interventions;
    this.events.fire('changed', { parts: [], mean: false });
  }
}
