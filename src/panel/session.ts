import * as vscode from 'vscode';
import type { TokenHighlight } from '../editor/highlight.ts';
import { textEnd, UNITS_PER_TOKEN } from '../explore/clip.ts';
import { readSettings } from '../explore/settings.ts';
import { candidateRange, tokenAt } from '../explore/tokenPlaces.ts';
import type { TrackedText } from '../explore/trackedText.ts';
import { insertCandidate } from '../explore/tryCandidate.ts';
import type { WindowEngine } from '../explore/windowEngine.ts';
import type { EngineClient } from '../runtime/worker/client.ts';
import { Answers } from './answers.ts';
import { errorView } from './errorView.ts';
import { Outbox } from './outbox.ts';
import type { HostMessage, PageMessage, PieceView, TokenView } from './protocol.ts';
import { learnTexts, readTokens, streamScores, tokenLimit } from './run.ts';
import { bosPolicy, partNote, restartedSentence } from './sentences.ts';
import { modelView, pieceView } from './views.ts';

/** Typing on is waited for so long before a changed text is run again. */
const EDIT_PAUSE_MS = 150;

/** One run, from the moment it is asked for. */
interface Run {
  run: number;
  abort: AbortController;
  crashes: number;
}

/** What the page shows: the tokens of a run that has at least begun. Offsets count from the start of the text. */
interface Shown {
  run: number;
  text: TrackedText;
  engine: EngineClient;
  tokens: TokenView[];
  answers: Answers;
  chosen: number;
  /** The text changed since. */
  stale: boolean;
}

/** One exploration: a text, its tokens, the run over them and what the page asks about it. */
export class Session implements vscode.Disposable {
  readonly outbox: Outbox;
  private text: TrackedText | undefined;
  private listening: vscode.Disposable[] = [];
  private running: Run | undefined;
  private shown: Shown | undefined;
  private lastRun = 0;
  private lastModel: object | undefined;
  private cursor: number | null = null;
  private pause: NodeJS.Timeout | undefined;
  /** The last run came to its end. */
  private finished = false;
  private restarted = false;
  private readonly crashing: vscode.Disposable;

  constructor(
    private readonly engine: WindowEngine,
    private readonly highlight: TokenHighlight,
    private readonly log: vscode.LogOutputChannel,
    deliver: (message: HostMessage) => void,
  ) {
    this.outbox = new Outbox(deliver);
    this.crashing = engine.onDidCrash(() => this.engineDied());
  }

  /** The explored text; undefined while nothing is selected. */
  get explored(): TrackedText | undefined {
    return this.text;
  }

  /** Explores a text. A run that is under way is given up. `chosen`: the position to begin with. */
  explore(text: TrackedText, chosen?: number): void {
    this.release();
    this.text = text;
    this.listening = [
      text.onDidChange(() => this.textChanged()),
      text.onDidMove((sentence) => this.outbox.post({ type: 'notice', run: this.shown?.run, text: sentence })),
    ];
    void this.start(chosen);
  }

  /** Nothing is explored, for a reason the person reads. */
  clear(reason: string): void {
    this.release();
    this.outbox.post({ type: 'empty', reason });
  }

  /** Runs the same text again. */
  rerun(): void {
    if (this.text) void this.start();
  }

  /** Stops the run under way; what there is stays. */
  cancel(): void {
    const { running } = this;
    if (!running) return;
    this.abort('Cancelled');
    this.log.info(`Run ${running.run} cancelled`);
    this.outbox.post({ type: 'cancelled', run: running.run });
  }

  dispose(): void {
    this.release();
    this.shown?.answers.forget();
    this.crashing.dispose();
    this.outbox.dispose();
  }

  hover(run: number, position: number | null): void {
    const range = position === null ? undefined : this.tokenRange(run, position);
    if (this.text && range) this.highlight.show(this.text.document, this.text.span(range.start, range.end));
    else this.highlight.clear();
  }

  /** The editor's cursor goes to the token; the focus stays where it is. */
  async choose(run: number, position: number): Promise<void> {
    const range = this.tokenRange(run, position);
    const { text, shown } = this;
    if (!range || !text || !shown || text.document.isClosed) return;
    shown.chosen = position;
    this.cursor = position;
    const editor =
      editorOf(text) ?? (await vscode.window.showTextDocument(text.document, { preserveFocus: true, preview: false }));
    const place = text.span(range.start, range.start);
    editor.selection = new vscode.Selection(place.start, place.start);
    editor.revealRange(text.span(range.start, range.end), vscode.TextEditorRevealType.InCenterIfOutsideViewport);
  }

  /** Gives the explored text's editor the focus. */
  async focusEditor(): Promise<void> {
    const { text } = this;
    if (!text) return void (await vscode.commands.executeCommand('workbench.action.focusActiveEditorGroup'));
    const viewColumn = editorOf(text)?.viewColumn ?? vscode.ViewColumn.One;
    await vscode.window.showTextDocument(text.document, { viewColumn, preserveFocus: false });
  }

  async tryCandidate({ run, position, id }: Extract<PageMessage, { type: 'tryCandidate' }>): Promise<void> {
    const { shown, text } = this;
    if (!shown || !text || shown.run !== run || position > shown.tokens.length) return;
    const refuse = (sentence: string) => this.outbox.post({ type: 'notice', run, text: sentence });
    if (shown.stale) {
      refuse(vscode.l10n.t('The text has changed since these numbers were computed: try again when they are new.'));
      return;
    }
    const piece = this.outbox.piece(id) ?? pieceView((await shown.engine.pieces([id]))[0]);
    const range = candidateRange(shown.tokens, position);
    if (!range) {
      refuse(vscode.l10n.t('This token is only a part of a character: choose the first part to replace it.'));
      return;
    }
    const { start } = text.range;
    const problem = await insertCandidate(text, { start: range.start + start, end: range.end + start }, piece);
    if (problem) refuse(problem);
  }

  /** The page is there, and knows nothing: what one before it asked is given up. */
  connect(): void {
    this.shown?.answers.forget();
    this.outbox.connect();
  }

  /** Answers a question of the page about what is shown. */
  async ask({ run, id, question }: Extract<PageMessage, { type: 'ask' }>): Promise<void> {
    const { shown } = this;
    if (shown?.run !== run) return this.outbox.post({ type: 'answer', run, id, dropped: true });
    const { crashCount } = this.engine;
    try {
      const outcome = await shown.answers.to(question);
      if (outcome) this.outbox.post({ type: 'answer', run, id, ...outcome });
    } catch (error) {
      await settled();
      // A worker that dies is spoken of elsewhere, once, and what it had done is run again.
      if (this.engine.crashCount !== crashCount && this.running) {
        return this.outbox.post({ type: 'answer', run, id, dropped: true });
      }
      this.log.error(String(error));
      this.outbox.post({ type: 'answer', run, id, error: errorView(error) });
    }
  }

  private async texts(engine: EngineClient, ids: readonly number[]): Promise<Record<number, PieceView>> {
    await learnTexts(engine, ids, this.outbox);
    return this.outbox.texts(ids);
  }

  private async start(chosen?: number, again = false): Promise<void> {
    const { text } = this;
    if (!text) return;
    clearTimeout(this.pause);
    // The newest request wins.
    this.abort('A newer run began');
    const { start, end } = text.range;
    if (start === end) {
      this.clear(vscode.l10n.t('The explored text is empty now. Select some text to explore it.'));
      return;
    }
    const running: Run = { run: ++this.lastRun, abort: new AbortController(), crashes: this.engine.crashCount };
    this.setRunning(running);
    try {
      await this.compute(running, text, chosen);
    } catch (error) {
      if (!running.abort.signal.aborted) await this.failed(running, error, again);
    } finally {
      if (this.running === running) this.setRunning(undefined);
    }
  }

  private async compute({ run, abort: { signal } }: Run, text: TrackedText, chosen?: number): Promise<void> {
    const { maxTokens } = readSettings();
    const range = text.range;
    const head = text.text(maxTokens * UNITS_PER_TOKEN + 1);
    const input = {
      text: head.slice(0, textEnd(head, maxTokens)),
      offset: range.start,
      length: range.end - range.start,
    };
    const { name, document } = text;
    const { engine, model } = await this.engine.ready(signal, ({ done, total, label }) => {
      if (!signal.aborted) this.outbox.post({ type: 'progress', run, stage: 'load', done, total, label });
    });
    const began = performance.now();
    if (model !== this.lastModel) {
      this.lastModel = model;
      this.outbox.forgetPieces();
      this.outbox.post({ type: 'model', model: modelView(model, bosPolicy(model.addsBos)) });
    }
    const channel = engine.channel('explore');
    const tokens = await readTokens(channel, input, tokenLimit(model, maxTokens));
    signal.throwIfAborted();
    if (tokens.ids.length === 0) {
      this.clear(vscode.l10n.t('The model has no tokens for this text. Select some other text.'));
      return;
    }
    // Edits may have moved the text meanwhile.
    const position = this.chosenIn(tokens.ids.length, text, chosen);
    const { start, end } = text.range;
    const stale = end - start !== input.length || text.text(input.text.length) !== input.text;
    this.shown?.answers.forget();
    this.shown = {
      run,
      text,
      engine,
      tokens: tokens.views.map((t) => ({ ...t, start: t.start - range.start, end: t.end - range.start })),
      answers: new Answers({ engine, model, ids: tokens.ids, texts: (ids) => this.texts(engine, ids) }),
      chosen: position,
      stale,
    };
    this.highlight.clear();
    this.cursor = null;
    this.outbox.post({
      type: 'run',
      run,
      document: { name, uri: document.uri.toString() },
      tokens: tokens.views,
      note: partNote(tokens, input.length, text.several),
      chosen: position,
    });
    if (stale) this.outbox.post({ type: 'stale', run });
    if (this.restarted) this.outbox.post({ type: 'notice', run, text: restartedSentence() });
    this.restarted = false;
    const total = tokens.ids.length;
    this.outbox.post({ type: 'progress', run, stage: 'compute', done: 0, total, label: '' });
    const totals = await streamScores(engine, run, tokens.ids, this.outbox, signal, channel);
    const milliseconds = performance.now() - began;
    this.log.info(`Run ${run}: ${total} tokens of ${name} in ${milliseconds.toFixed(0)} ms`);
    this.finished = true;
    this.outbox.post({ type: 'done', run, totals, milliseconds });
  }

  private async failed(running: Run, error: unknown, again: boolean): Promise<void> {
    await settled();
    if (running.abort.signal.aborted) return;
    const died = this.engine.crashCount > running.crashes;
    if (died && !again) {
      this.restarted = true;
      void this.start(undefined, true);
      return;
    }
    this.log.error(`Run ${running.run}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    const run = this.shown?.run === running.run ? running.run : undefined;
    this.outbox.post({ type: 'error', run, error: errorView(error) });
  }

  private engineDied(): void {
    // A run that was under way starts again where it fails. What failed or was cancelled is not begun again: it might
    // be what ended the engine.
    if (this.running || !this.finished) return;
    this.restarted = true;
    void this.start(undefined, true);
  }

  private textChanged(): void {
    if (this.shown && !this.shown.stale) {
      this.shown.stale = true;
      this.highlight.clear();
      this.outbox.post({ type: 'stale', run: this.shown.run });
    }
    clearTimeout(this.pause);
    this.pause = setTimeout(() => void this.start(), EDIT_PAUSE_MS);
  }

  /** Tells the page which token the editor's cursor is in. */
  cursorMoved({ document, selection }: vscode.TextEditor): void {
    const { shown, text } = this;
    if (!shown || shown.stale || !text?.isOf(document)) return;
    const offset = document.offsetAt(selection.active) - text.range.start;
    const position = tokenAt(shown.tokens, offset, shown.chosen);
    if (position === this.cursor) return;
    this.cursor = position;
    if (position !== null) shown.chosen = position;
    this.outbox.post({ type: 'cursor', run: shown.run, position });
  }

  /** Offsets of the document that a token stands for now; undefined if the run or its text is past. */
  private tokenRange(run: number, position: number): { start: number; end: number } | undefined {
    const { shown, text } = this;
    const last = shown?.tokens[shown.tokens.length - 1];
    const token = shown?.tokens[position] ?? (last && { start: last.end, end: last.end });
    if (
      !shown ||
      !text ||
      !token ||
      position > shown.tokens.length ||
      shown.run !== run ||
      shown.text !== text ||
      shown.stale
    )
      return undefined;
    return { start: token.start + text.range.start, end: token.end + text.range.start };
  }

  /** The same text keeps the chosen position; who stood at the end, or after it, stays there. */
  private chosenIn(count: number, text: TrackedText, wanted = this.keptChoice(text)): number {
    if (wanted === undefined || !this.shown || this.shown.text !== text)
      return Math.min(wanted ?? count - 1, count - 1);
    const fromEnd = wanted - this.shown.tokens.length;
    return fromEnd >= -1 ? count + fromEnd : Math.min(wanted, count - 1);
  }

  private keptChoice(text: TrackedText): number | undefined {
    return this.shown?.text === text ? this.shown.chosen : undefined;
  }

  private abort(reason: string): void {
    this.running?.abort.abort(new DOMException(reason, 'AbortError'));
    this.setRunning(undefined);
  }

  private setRunning(running: Run | undefined): void {
    this.running = running;
    if (running) this.finished = false;
    void vscode.commands.executeCommand('setContext', 'tokenscope.computing', running !== undefined);
  }

  /** Lets go of the explored text. */
  private release(): void {
    clearTimeout(this.pause);
    this.abort('Another text is explored');
    for (const listener of this.listening) listener.dispose();
    this.listening = [];
    this.text?.dispose();
    this.text = undefined;
    this.highlight.clear();
  }
}

const editorOf = (text: TrackedText) => vscode.window.visibleTextEditors.find(({ document }) => text.isOf(document));

/** What the worker's end sets off comes in any order: wait until all of it has. */
const settled = () => new Promise<void>((resolve) => setImmediate(resolve));
