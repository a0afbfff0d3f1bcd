import type * as vscode from 'vscode';
import { EngineEnded } from '../errors.ts';
import { changedEngine } from '../explore/changedEngine.ts';
import { isProse } from '../explore/languages.ts';
import type { Progress, ScoredRun, ScoredTextEvents } from '../explore/scoredRun.ts';
import type { ScoredText } from '../explore/scoredText.ts';
import type { Reading } from '../explore/scoredTexts.ts';
import { putIn, tryCandidate } from '../explore/tryCandidate.ts';
import type { LoadedEngine } from '../explore/windowEngine.ts';
import { Answers } from './answers.ts';
import { CandidateEdits } from './candidateEdits.ts';
import { errorView } from './errorView.ts';
import type { Outbox } from './outbox.ts';
import type { PageMessage } from './protocol.ts';
import { bosPolicy, emptySentence, loadLabel, partNote, restartedSentence } from './sentences.ts';
import { modelView, textsOf, tokenView, totalsView } from './views.ts';

type Message<T extends PageMessage['type']> = Extract<PageMessage, { type: T }>;

export interface Telling {
  outbox: Outbox;
  log: vscode.LogOutputChannel;
  /** Told that there is nothing to show any more, in a sentence. */
  emptied(reason: string): void;
}

/** A scored text as one page is told of it: what happens becomes messages, what the page says becomes choices. */
export class ShownText implements vscode.Disposable {
  readonly text: ScoredText;
  /** A page's runs count on from one text to the next: what is to be added to the number of a run of this text. */
  private readonly before: number;
  private readonly edits: CandidateEdits;
  private answers: Answers | undefined;
  /** Ids of the continuation that was pointed at last. */
  private previewed: readonly number[] | undefined;
  /** What of the choice stays while others choose. */
  private lock = { token: false, head: false };
  /** What the page shows that a token looks at is tinted in the editor. */
  private attends = false;
  private readonly listening: { dispose(): void };

  /**
   * @param lastRun number of the last run the page was told of
   * @param several whether the editor had other selections too
   */
  constructor(
    private readonly reading: Reading,
    private readonly telling: Telling,
    lastRun: number,
    private several: boolean,
  ) {
    const { text } = reading;
    this.text = text;
    this.edits = new CandidateEdits(text.place);
    this.before = lastRun + 1 - Math.max(1, text.run?.number ?? text.newest);
    this.listening = text.read({
      begun: (run) => this.begun(run),
      loaded: ({ run, loaded }) => this.loaded(run, loaded),
      scored: (scored) => this.scored(scored),
      finished: (run) => this.finished(run),
      cancelled: ({ run }) => this.post({ type: 'cancelled', run: this.before + run }),
      failed: (failure) => this.failed(failure),
      emptied: (what) => telling.emptied(emptySentence(what)),
      stale: ({ number }) => this.post({ type: 'stale', run: this.before + number }),
      notice: (notice) => this.notice(notice === 'restarted' ? restartedSentence() : notice.sentence),
      progress: (progress) => this.progressed(progress),
      choice: ({ choice: { layer, head }, part, by }) => {
        if (by === this) return;
        if (part.token !== undefined && !this.lock.token) this.cursor(part.token);
        const ofHead = part.layer !== undefined || part.head !== undefined;
        if (ofHead && !this.lock.head) this.post({ type: 'head', run: this.run, layer, head });
      },
      pointed: (position) => this.post({ type: 'pointed', run: this.run, position }),
      caret: (token) => {
        if (token === null) this.cursor(null);
      },
    });
  }

  /** Number of the newest run the page may have been told of. */
  get lastRun(): number {
    return this.before + this.text.newest;
  }

  /** Tells the page what others' reading has brought about before. */
  catchUp(): void {
    const { run, state, progress, newest, error } = this.text;
    if (run) {
      this.begun(run);
      if (run.loaded) this.loaded(run, run.loaded);
      if (run.scores.known > 0) this.scored({ run, from: 0, to: run.scores.known });
      if (run.stale) this.post({ type: 'stale', run: this.run });
    }
    if (progress) this.progressed(progress);
    if (run && state === 'finished') this.finished(run);
    if (state === 'cancelled') this.post({ type: 'cancelled', run: this.before + newest });
    if (state === 'failed') this.failed({ run: newest, error });
  }

  /** The same text is asked for again. */
  again(several: boolean): void {
    this.several = several;
    this.text.rerun();
  }

  dispose(): void {
    this.listening.dispose();
    this.answers?.forget();
    this.text.hover(null);
    this.text.preview(null);
    if (this.attends) this.text.attend(null);
    this.reading.dispose();
  }

  /** The page is there, and knows nothing: what one before it asked is given up. */
  connected(): void {
    this.answers?.forget();
  }

  /** The page has been told of the run, and may not know what was chosen since. */
  tellChoice(): void {
    const { run, choice, head } = this.text;
    if (!run) return;
    if (!this.lock.token) this.cursor(choice.token);
    if (head && !this.lock.head) this.post({ type: 'head', run: this.run, ...head });
  }

  hover({ run, position, target }: Message<'hover'>): void {
    this.text.hover(run === this.run ? position : null, target);
  }

  choose({ run, position }: Message<'choose'>): void {
    if (run === this.run) this.text.choose({ token: position }, this);
  }

  chooseHead({ run, layer, head }: Message<'chooseHead'>): void {
    if (run === this.run) this.text.choose({ layer, head }, this);
  }

  setLock({ token, head }: Message<'lock'>): void {
    this.lock = { token, head };
  }

  attend({ run, position, weights, max }: Message<'attend'>): void {
    if (run !== this.run) return;
    this.attends = weights !== undefined;
    this.text.attend(weights ? { token: position, weights, max } : null);
  }

  async tryCandidate({ run, position, id }: Message<'tryCandidate'>): Promise<void> {
    if (run !== this.run || position > this.text.run!.tokens.length) return;
    const problem = await tryCandidate(this.text, position, id);
    if (problem) this.post({ type: 'notice', run, text: problem });
    else this.edits.made();
  }

  async preview({ run, position, ids }: Message<'preview'>): Promise<void> {
    const { text } = this;
    const engine = text.run?.loaded?.engine;
    this.previewed = ids ?? undefined;
    if (run !== this.run || !engine || !ids?.length) return text.preview(null);
    const whole = await engine.describe(ids);
    // Another one is pointed at by now.
    if (this.previewed === ids && run === this.run) text.preview({ token: position, text: whole.text });
  }

  async putIn({ run, position, ids }: Message<'putIn'>): Promise<void> {
    if (run !== this.run || position > this.text.run!.tokens.length) return;
    const problem = await putIn(this.text, position, ids);
    if (problem) this.post({ type: 'notice', run, text: problem });
    else this.edits.made();
  }

  async undo(): Promise<void> {
    const problem = await this.edits.undo();
    if (problem) this.notice(problem);
  }

  /** Answers a question of the page about what is shown. */
  async ask({ run, id, question }: Message<'ask'>): Promise<void> {
    const { answers } = this;
    if (run !== this.run || !answers) return this.post({ type: 'answer', run, id, dropped: true });
    try {
      const outcome = await answers.to(question);
      if (outcome) this.post({ type: 'answer', run, id, ...outcome });
    } catch (error) {
      // An engine's end is told of the text, once, unless that was given up before.
      if (error instanceof EngineEnded && this.text.state !== 'cancelled') {
        return this.post({ type: 'answer', run, id, dropped: true });
      }
      this.telling.log.error(String(error));
      this.post({ type: 'answer', run, id, error: errorView(error) });
    }
  }

  /** Number of the shown run; none has it before the first one. */
  private get run(): number {
    return this.before + (this.text.run?.number ?? -Infinity);
  }

  private begun(run: ScoredRun): void {
    const { text } = this;
    const { tokens, offset } = run;
    this.answers?.forget();
    this.answers = undefined;
    const { name, document } = text.place;
    this.post({
      type: 'run',
      run: this.before + run.number,
      document: { name, uri: document.uri.toString(), code: !isProse(document.languageId) },
      tokens: tokens.map((token) => tokenView(token, offset)),
      note: partNote(run, this.several),
      loading: run.loaded === undefined,
      chosen: text.choice.token,
      head: this.lock.head ? undefined : text.head,
    });
  }

  private loaded(run: ScoredRun, { engine, model, pieces }: LoadedEngine): void {
    const { ids, patterns, interventions } = run;
    this.answers = new Answers({
      engine: changedEngine(engine, interventions),
      unchanged: engine,
      model,
      ids,
      before: () => run.before?.logprob,
      pattern: (layer, signal) => patterns!.of(layer, signal),
      texts: (asked) => textsOf(pieces, asked),
    });
    if (this.telling.outbox.useTexts(pieces)) {
      this.post({ type: 'model', model: modelView(model, bosPolicy(model.addsBos)) });
    }
  }

  private scored({ run, from, to }: ScoredTextEvents['scored']): void {
    const chunk = run.scores.rows(from, to);
    const pieces = this.telling.outbox.tell(chunk);
    const totals = totalsView(run.scores.totals);
    this.post({ type: 'scores', run: this.before + run.number, chunk, pieces, totals });
  }

  private finished({ number, scores, before, milliseconds }: ScoredRun): void {
    const totals = totalsView(scores.totals);
    const unchanged = before && { before: totalsView(before.totals) };
    this.post({ type: 'done', run: this.before + number, totals, ...unchanged, milliseconds });
  }

  private progressed({ run, label, ...progress }: Progress): void {
    this.post({ type: 'progress', run: this.before + run, label: loadLabel(label), ...progress });
  }

  private failed({ run, error }: ScoredTextEvents['failed']): void {
    this.post({ type: 'error', run: this.before + run, error: errorView(error) });
  }

  private notice(sentence: string): void {
    this.post({ type: 'notice', run: this.text.run && this.run, text: sentence });
  }

  private cursor(position: number | null): void {
    this.post({ type: 'cursor', run: this.run, position });
  }

  private post(message: Parameters<Outbox['post']>[0]): void {
    this.telling.outbox.post(message);
  }
}
