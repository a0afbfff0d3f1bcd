import { EngineEnded } from '../errors.ts';
import type { EngineApi, ModelInfo } from '../runtime/api.ts';
import { Emitter, type Reader } from './events.ts';
import type { Head } from './firstHead.ts';
import { type Excerpt, excerpt, type FollowedText } from './followedText.ts';
import { Patterns } from './patterns.ts';
import { readTokens } from './readTokens.ts';
import {
  type Attended,
  type Choice,
  newRun,
  type Preview,
  type Progress,
  type ScoredRun,
  type ScoredTextEvents,
  type TextState,
} from './scoredRun.ts';
import { Scores } from './scores.ts';
import type { ScoredTextServices } from './services.ts';
import { placeOf, stayingChoice } from './tokenPlaces.ts';
import type { OffsetRange } from './trackedRange.ts';
import type { TrackedText } from './trackedText.ts';
import type { LoadedEngine } from './windowEngine.ts';

/** Candidates a position that are kept with the scores; the whole distribution is asked for by position. */
const CANDIDATES = 64;
/** Typing on is waited for so long before a changed text is run again. */
const EDIT_PAUSE_MS = 150;
/** How often a text is run again by itself when the engine dies. What ended it may be this text. */
const RESTARTS = 1;

/**
 * A part of a document, its tokens and their scores as they stream in, what is chosen, and what is changed in the
 * model. Views read it, whenever they come, and write only the choice: who comes late finds all that is known here.
 * @typeParam T the part of the document
 */
export class ScoredText<T extends FollowedText = TrackedText> {
  private readonly events = new Emitter<ScoredTextEvents>();
  private readonly listening: { dispose(): void }[];
  private abort: AbortController | undefined;
  private pause: NodeJS.Timeout | undefined;
  private attempts = 0;
  /** Since somebody asked for a run. */
  private restarts = 0;
  /** That it was has not been said yet. */
  private restarted = false;
  private current: TextState = 'new';
  private shown: ScoredRun | undefined;
  private chosen: Choice;
  private caret: number | null = null;
  private pointed: number | null = null;
  private target: number | null = null;
  private attending: Attended | null = null;
  private headWasChosen: boolean;
  private lastProgress: Progress | undefined;
  private failure: unknown;
  private proposed: Preview | null = null;

  /** @param begins token to begin with; default: the last one @param head that was chosen before */
  constructor(
    readonly place: T,
    private readonly channel: string,
    private readonly services: ScoredTextServices,
    begins = Number.POSITIVE_INFINITY,
    head?: Head,
  ) {
    this.chosen = { token: begins, layer: 0, head: 0, ...head };
    this.headWasChosen = head !== undefined;
    this.listening = [
      place.onDidChange(() => this.textChanged()),
      place.onDidMove((sentence) => this.events.fire('notice', { sentence })),
      services.changes.onDidChange(() => this.current !== 'new' && this.current !== 'empty' && this.rerun()),
      services.engines.onDidCrash((error) => this.engineEnded(error)),
      services.engines.onDidChangeState((engine) => engine.state === 'ready' && this.modelLoaded(engine.model)),
    ];
  }

  /** The newest run whose tokens are known. */
  get run(): ScoredRun | undefined {
    return this.shown;
  }

  get state(): TextState {
    return this.current;
  }

  get busy(): boolean {
    return this.current === 'loading' || this.current === 'computing';
  }

  /** Number of the newest run, whose tokens may not be known yet. */
  get newest(): number {
    return this.attempts;
  }

  /** Of a run that is under way. */
  get progress(): Progress | undefined {
    return this.busy ? this.lastProgress : undefined;
  }

  /** Why it is 'failed'. */
  get error(): unknown {
    return this.failure;
  }

  get choice(): Readonly<Choice> {
    return this.chosen;
  }

  /** The layer and head that somebody chose. */
  get head(): Head | undefined {
    const { layer, head } = this.chosen;
    return this.headWasChosen ? { layer, head } : undefined;
  }

  /** What a view shows that a token looks at. */
  get attended(): Attended | null {
    return this.attending;
  }

  /** The token that is pointed at in some view. */
  get hovered(): number | null {
    return this.pointed;
  }

  /** The reader hears what happens from now on. */
  read(reader: Reader<ScoredTextEvents>): { dispose(): void } {
    return this.events.add(reader);
  }

  /** Shows what might stand before a token, wherever the text is seen; null: no more. */
  preview(preview: Preview | null): void {
    if (preview === this.proposed) return;
    this.proposed = preview && this.shown && !this.shown.stale ? preview : null;
    this.events.fire('previewed', this.proposed);
  }

  /** What might stand before a token. */
  get previewed(): Preview | null {
    return this.proposed;
  }

  /** Runs the text, unless that is done or under way. */
  begin(): void {
    if (!this.busy && this.current !== 'finished') this.rerun();
  }

  /** Runs the text, done before or not. */
  rerun(): void {
    this.restarts = 0;
    void this.start();
  }

  /** Stops the run under way; what there is stays. */
  cancel(): void {
    if (!this.busy) return;
    this.stop('Cancelled');
    this.services.log.info(`Run ${this.attempts} of ${this.place.name} cancelled`);
    this.become('cancelled');
    this.events.fire('cancelled', { run: this.attempts });
  }

  /** Chooses a token, layer or head. A token that is not there, or whose text has changed, is not chosen. */
  choose(part: Partial<Choice>, by: unknown): void {
    if (part.token !== undefined) {
      if (!this.rangeOf(part.token)) return;
      this.caret = part.token;
    }
    this.chosen = { ...this.chosen, ...part };
    if (part.layer !== undefined || part.head !== undefined) this.headWasChosen = true;
    this.events.fire('choice', { choice: this.chosen, part, by });
  }

  /** The editor's caret is in this token now; null: outside the text, and what was chosen stays. */
  caretAt(token: number | null, by: unknown): void {
    if (!this.shown || this.shown.stale || token === this.caret) return;
    this.caret = token;
    this.events.fire('caret', token);
    if (token !== null) this.choose({ token }, by);
  }

  /** A token is pointed at, or none, and perhaps one that it looks at. */
  hover(token: number | null, target: number | null = null): void {
    const pointed = token !== null && this.rangeOf(token) ? token : null;
    if (pointed === null && this.pointed === null) return;
    this.pointed = pointed;
    this.target = pointed !== null && target !== null && this.rangeOf(target) ? target : null;
    this.events.fire('hovered', pointed);
  }

  /** A token is pointed at in the editor, or none. */
  pointAt(token: number | null): void {
    if (token === this.pointed) return;
    this.hover(token);
    this.events.fire('pointed', this.pointed);
  }

  /** A view shows what a token looks at, or no longer does. */
  attend(attended: Attended | null): void {
    if (attended === this.attending || (attended && this.shown?.stale !== false)) return;
    this.attending = attended;
    this.events.fire('attended', attended);
  }

  /** The token that the pointed one looks at; it changes with `hovered`. */
  get lookedAt(): number | null {
    return this.target;
  }

  /** Offsets of the document that a token stands for now; undefined if there is none, or its text has changed. */
  rangeOf(token: number): OffsetRange | undefined {
    const { shown, place } = this;
    return shown && !shown.stale ? placeOf(shown.tokens, token, place.range.start) : undefined;
  }

  dispose(): void {
    this.stop('The text is let go');
    this.hover(null);
    this.attend(null);
    this.become('empty');
    for (const listener of this.listening) listener.dispose();
    this.events.dispose();
    this.place.dispose();
  }

  private async start(): Promise<void> {
    // The newest request wins.
    this.stop('A newer run began');
    const { start, end } = this.place.range;
    if (start === end) return this.emptied('text');
    const abort = new AbortController();
    this.abort = abort;
    this.attempts++;
    this.lastProgress = undefined;
    this.become('loading');
    try {
      await this.compute(this.attempts, abort.signal);
    } catch (error) {
      // What is lost with the engine is spoken of once, where its end is told.
      if (!abort.signal.aborted && !(error instanceof EngineEnded)) this.failed(error);
    }
  }

  private async compute(number: number, signal: AbortSignal): Promise<void> {
    const { engines, log, maxTokens } = this.services;
    const limit = maxTokens();
    const input = excerpt(this.place, limit);
    const begin = (contextLength: number) => this.tokenised(number, input, Math.min(contextLength, limit), signal);
    let early: Promise<ScoredRun | undefined> | undefined;
    const loading = engines.ready(signal, ({ done, total, label, tokens }) => {
      if (signal.aborted) return;
      this.progressed({ run: number, stage: 'load', done, total, label });
      // What goes wrong with it does so again when the model is there, and is told then.
      if (tokens) early ??= begin(tokens.contextLength).catch(() => undefined);
    });
    if (engines.state.state === 'loading') {
      this.progressed({ run: number, stage: 'load', done: 0, total: 1, label: '' });
    }
    const loaded = await loading;
    const began = performance.now();
    const run = (await early) ?? (await begin(loaded.model.contextLength));
    signal.throwIfAborted();
    if (!run) return this.emptied('tokens');
    this.computing(run, loaded);
    const engine = engines.channel(this.channel);
    if (run.interventions.length > 0) await this.computeBefore(run, engine, signal);
    const request = { ids: run.ids, topK: CANDIDATES, interventions: run.interventions };
    for await (const chunk of engine.run(request, signal)) {
      await loaded.pieces.learn(chunk.topIds);
      signal.throwIfAborted();
      run.scores.add(chunk);
      this.events.fire('scored', { run, from: chunk.from, to: chunk.from + chunk.count });
    }
    signal.throwIfAborted();
    run.milliseconds = performance.now() - began;
    log.info(`Run ${number}: ${run.ids.length} tokens of ${this.place.name} in ${run.milliseconds.toFixed(0)} ms`);
    this.become('finished');
    this.events.fire('finished', run);
  }

  /** Scores of the unchanged model: mostly they are there, and the layers before the change go on from them. */
  private async computeBefore(run: ScoredRun, engine: EngineApi, signal: AbortSignal): Promise<void> {
    const before = new Scores(run.tokens.length);
    for await (const chunk of engine.run({ ids: run.ids, topK: 0 }, signal)) before.add(chunk);
    signal.throwIfAborted();
    run.before = before;
  }

  /** A run of the text's tokens, which is the shown one from now on; undefined if there are no tokens. */
  private async tokenised(
    number: number,
    input: Excerpt,
    limit: number,
    signal: AbortSignal,
  ): Promise<ScoredRun | undefined> {
    const read = await readTokens(this.services.engines.channel(this.channel), input, limit, signal);
    signal.throwIfAborted();
    if (read.tokens.length === 0) return undefined;
    const run = newRun(read, { number, input, place: this.place, interventions: this.services.changes.interventions });
    this.begun(run);
    return run;
  }

  private begun(run: ScoredRun): void {
    this.hover(null);
    this.attend(null);
    this.chosen = {
      ...this.chosen,
      token: stayingChoice(this.chosen.token, this.shown?.tokens.length, run.tokens.length),
    };
    this.caret = null;
    this.shown = run;
    this.events.fire('begun', run);
    if (run.stale) this.events.fire('stale', run);
    if (this.restarted) this.events.fire('notice', 'restarted');
    this.restarted = false;
    if (this.lastProgress) this.progressed(this.lastProgress);
  }

  private computing(run: ScoredRun, loaded: LoadedEngine): void {
    run.loaded = loaded;
    run.patterns = new Patterns(loaded.engine, run.ids, run.interventions);
    this.become('computing');
    this.events.fire('loaded', { run, loaded });
    this.progressed({ run: run.number, stage: 'compute', done: 0, total: run.ids.length, label: '' });
  }

  private textChanged(): void {
    this.preview(null);
    if (this.shown && !this.shown.stale) {
      this.hover(null);
      this.attend(null);
      this.shown.stale = true;
      this.events.fire('stale', this.shown);
    }
    clearTimeout(this.pause);
    this.pause = setTimeout(() => this.rerun(), EDIT_PAUSE_MS);
  }

  /** What was computed with another model than the window has now is computed with that. */
  private modelLoaded({ path, precision }: ModelInfo): void {
    if (this.current !== 'finished' && this.current !== 'cancelled') return;
    const model = this.shown?.loaded?.model;
    if (model && (model.path !== path || model.precision !== precision)) this.rerun();
  }

  /** What failed or was cancelled is not begun again: it might be what ended the engine. */
  private engineEnded(error: EngineEnded): void {
    if (!this.busy && this.current !== 'finished') return;
    if (this.restarts < RESTARTS) {
      this.restarts++;
      this.restarted = true;
      void this.start();
    } else {
      const what = `${error.what} It is the second time with this text, which is not run again by itself.`;
      this.failed(new EngineEnded(what, error.where, error.todo, { cause: error }));
    }
  }

  private failed(error: unknown): void {
    this.stop('Failed');
    // The engine was stopped, or another model took the place of this one.
    if (error instanceof Error && error.name === 'AbortError') {
      this.become('cancelled');
      this.events.fire('cancelled', { run: this.attempts });
      return;
    }
    const shown = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.services.log.error(`Run ${this.attempts} of ${this.place.name}: ${shown}`);
    this.failure = error;
    this.become('failed');
    this.events.fire('failed', { run: this.attempts, error });
  }

  private emptied(what: 'text' | 'tokens'): void {
    this.become('empty');
    this.events.fire('emptied', what);
  }

  private progressed(progress: Progress): void {
    this.lastProgress = progress;
    this.events.fire('progress', progress);
  }

  private stop(reason: string): void {
    clearTimeout(this.pause);
    this.abort?.abort(new DOMException(reason, 'AbortError'));
    this.abort = undefined;
  }

  private become(state: TextState): void {
    const { busy } = this;
    this.current = state;
    if (this.busy !== busy) this.events.fire('busy', this.busy);
  }
}
