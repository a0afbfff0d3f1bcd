import * as vscode from 'vscode';
import { EngineEnded } from '../errors.ts';
import type { Head } from '../explore/firstHead.ts';
import type { ModelChanges } from '../explore/modelChanges.ts';
import type { ScoredText } from '../explore/scoredText.ts';
import type { ScoredTexts } from '../explore/scoredTexts.ts';
import { TrackedText } from '../explore/trackedText.ts';
import { errorView } from './errorView.ts';
import { type PageScript, pageHtml, resourceRoots } from './html.ts';
import { Outbox } from './outbox.ts';
import { focusEditor, openHelp, openSettings, saveFigure } from './pageActions.ts';
import type { PageHost } from './pageHost.ts';
import type { HostMessage, PageMessage, PageState, TourView } from './protocol.ts';
import { ShownText } from './shownText.ts';
import { readPageMessage } from './validate.ts';

/** The first token of a text has no numbers: nothing comes before it. */
const FIRST_WITH_NUMBERS = 1;
/** While pinned, a selection is explored once it has been still for so long. */
const FOLLOW_PAUSE_MS = 200;

const OPEN: Extract<PageMessage, { type: 'lock' }> = { type: 'lock', token: false, head: false };

export interface PageServices {
  root: vscode.Uri;
  texts: ScoredTexts;
  changes: ModelChanges;
  log: vscode.LogOutputChannel;
  /** Told whatever is said to a page. */
  posted: vscode.EventEmitter<HostMessage>;
  /** Told what is explored whenever a run begins. */
  remember(text: TrackedText | undefined): void;
  /** Goes to a step of the tour; null ends it. */
  tour(step: number | null): Promise<void>;
  /** Shows a head at work on an example. */
  headExample(layer: number, head: number): Promise<void>;
  /** Opens an example with what is to be explored selected. */
  openExample(): Promise<vscode.TextEditor>;
}

/** A page in its host: it shows one scored text at a time. */
export class ExplorePage implements vscode.Disposable {
  private readonly outbox: Outbox;
  private shown: ShownText | undefined;
  private lastRun = 0;
  private pinned = false;
  private lock = OPEN;
  /** Who waits for what the page keeps. */
  private readonly keeping: ((state: PageState) => void)[] = [];
  private follow: NodeJS.Timeout | undefined;
  private readonly listening: vscode.Disposable[];
  private readonly closed = new vscode.EventEmitter<void>();
  readonly onDidClose = this.closed.event;

  constructor(
    private readonly host: PageHost & Partial<vscode.Disposable>,
    private readonly services: PageServices,
    script: PageScript = 'main',
  ) {
    const { root, posted } = services;
    const { webview } = host;
    this.outbox = new Outbox((message) => void webview.postMessage(message));
    this.listening = [
      vscode.Disposable.from(this.outbox.onDidPost((message) => this.said(message))),
      vscode.Disposable.from(this.outbox.onDidPost((message) => posted.fire(message))),
      webview.onDidReceiveMessage((value: unknown) => this.receive(value)),
      vscode.window.onDidChangeTextEditorSelection(({ textEditor }) => this.selectionChanged(textEditor)),
      host.onDidDispose(() => this.dispose()),
      vscode.Disposable.from(
        services.changes.onDidChange((changed) => this.outbox.post({ type: 'changed', ...changed })),
      ),
    ];
    webview.options = { enableScripts: true, localResourceRoots: resourceRoots(root) };
    webview.html = pageHtml(webview, root, script);
  }

  /** The scored text it shows; undefined while nothing is explored. */
  get text(): ScoredText | undefined {
    return this.shown?.text;
  }

  /** Whether it holds the token that it shows. */
  get holds(): boolean {
    return this.lock.token;
  }

  /** Brings the page to the front; the focus stays where it is. */
  reveal(): void {
    if (this.host.visible) return;
    // The page of a hidden panel is gone, and comes again.
    this.outbox.disconnect();
    this.host.reveal();
  }

  /** Explores the main selection of an editor, or says that there is none. */
  explore(editor: vscode.TextEditor | undefined): void {
    clearTimeout(this.follow);
    if (!editor) {
      this.clear(vscode.l10n.t('No text is open. Open one and select a part of it, or begin with an example.'));
    } else if (editor.selection.isEmpty) {
      this.clear(vscode.l10n.t('Nothing is selected. Select some text and explore it, or begin with an example.'));
    } else {
      const { document, selection, selections } = editor;
      const range = { start: document.offsetAt(selection.start), end: document.offsetAt(selection.end) };
      this.show(new TrackedText(document, range), { several: selections.length > 1 });
    }
  }

  /**
   * Shows a text. What others have had scored is there at once; a text that is shown already is run again.
   * @param begins token to begin with; default: the first that has numbers
   * @param several whether the editor had other selections too
   * @param head chosen before, unless another was in this text
   * @param explored whether the person chose this part of the document
   */
  show(
    place: TrackedText,
    {
      begins = FIRST_WITH_NUMBERS,
      several = false,
      head,
      explored = true,
    }: { begins?: number; several?: boolean; head?: Head; explored?: boolean } = {},
  ): void {
    const { outbox, shown } = this;
    const { texts, log } = this.services;
    const reading = texts.open(place, begins, explored);
    if (head && !reading.text.head) reading.text.choose(head, this);
    if (shown && reading.text === shown.text) {
      reading.dispose();
      shown.again(several);
      return;
    }
    this.release();
    const telling = { outbox, log, emptied: (reason: string) => this.clear(reason) };
    this.shown = new ShownText(reading, telling, this.lastRun, several);
    this.shown.setLock(this.lock);
    this.shown.catchUp();
    reading.text.begin();
  }

  /** Shows how a text may go on after its last token, as a tree. @param by whose choice that place is */
  showTree(place: TrackedText, by: unknown): void {
    this.show(place);
    this.open('generate');
    const { text } = this;
    if (!text) return;
    const choose = () => text.choose({ token: text.run!.tokens.length }, by);
    if (text.run && !text.run.stale) {
      choose();
      return;
    }
    const reading = text.read({
      begun: () => {
        reading.dispose();
        choose();
      },
    });
  }

  /** Opens a view of the page. @param view its id */
  open(view: string): void {
    this.outbox.post({ type: 'view', view });
  }

  /** What the page keeps over a reload, once it has answered. */
  keptState(): Promise<PageState> {
    this.reveal();
    return new Promise((resolve) => {
      this.keeping.push(resolve);
      this.outbox.post({ type: 'keep' });
    });
  }

  /** Shows what a page kept. */
  restore(state: PageState): void {
    this.outbox.post({ type: 'restore', state });
  }

  /** A sentence beside the numbers. */
  say(text: string): void {
    this.outbox.post({ type: 'notice', text });
  }

  /** Shows how a line would go on from another token; undefined: it is over. */
  whatIf(line: { before: string; text: string } | undefined): void {
    this.outbox.post({ type: 'whatIf', ...(line && { line }) });
  }

  /** Says what a step of the tour is about; null: it is over. */
  tour(step: TourView | null): void {
    this.outbox.post({ type: 'tour', ...(step && { step }) });
  }

  /** Nothing is explored, for a reason the person reads. */
  clear(reason: string): void {
    this.release();
    this.outbox.post({ type: 'empty', reason });
  }

  /** The page is not seen and its document gone: nothing is read for it. */
  leave(): void {
    this.outbox.disconnect();
    if (this.text) this.clear('');
  }

  setPinned(pinned: boolean): void {
    this.pinned = pinned;
    this.outbox.post({ type: 'pinned', pinned });
  }

  /** A message from the page: checked, then done; anything else is logged and dropped. */
  receive(value: unknown): void {
    const read = readPageMessage(value);
    if ('problem' in read) {
      this.services.log.warn(`A message of the page was dropped: ${read.problem}`);
      return;
    }
    this.handle(read.message).catch((error: unknown) => {
      this.services.log.error(String(error));
      // An engine's end is told of the text, once.
      if (error instanceof EngineEnded) return;
      this.outbox.post({ type: 'error', error: errorView(error) });
    });
  }

  dispose(): void {
    this.release();
    for (const listener of this.listening.splice(0)) listener.dispose();
    this.outbox.dispose();
    this.host.dispose?.();
    this.closed.fire();
    this.closed.dispose();
  }

  private async handle(message: PageMessage): Promise<void> {
    const { shown } = this;
    const { root, openExample } = this.services;
    switch (message.type) {
      case 'ready':
        shown?.connected();
        // A new page holds nothing.
        this.lock = OPEN;
        shown?.setLock(OPEN);
        this.outbox.connect();
        this.outbox.post({ type: 'changed', ...this.services.changes.state });
        if (this.keeping.length > 0) this.outbox.post({ type: 'keep' });
        return shown?.tellChoice();
      case 'hover':
        return shown?.hover(message);
      case 'choose':
        return shown?.choose(message);
      case 'chooseHead':
        return shown?.chooseHead(message);
      case 'lock':
        this.lock = message;
        return shown?.setLock(message);
      case 'attend':
        return shown?.attend(message);
      case 'tryCandidate':
        return shown?.tryCandidate(message);
      case 'preview':
        return shown?.preview(message);
      case 'putIn':
        return shown?.putIn(message);
      case 'undo':
        return this.undo();
      case 'ask':
        if (shown) return shown.ask(message);
        return this.outbox.post({ type: 'answer', run: message.run, id: message.id, dropped: true });
      case 'cancel':
        return shown?.text.cancel();
      case 'rerun':
        return shown?.text.rerun();
      case 'pin':
        return this.setPinned(message.pinned);
      case 'kept':
        for (const resolve of this.keeping.splice(0)) resolve(message.state);
        return;
      case 'tour':
        return this.services.tour(message.step);
      case 'headExample':
        return this.services.headExample(message.layer, message.head);
      case 'switchOff':
        return this.services.changes.switchOff(message.parts, message.mean);
      case 'openExample':
        return this.explore(await openExample());
      case 'focusEditor':
        return focusEditor(shown?.text.place);
      case 'help':
        return openHelp(root, message.topic, this.host.viewColumn);
      case 'openSettings':
        return openSettings(message.query);
      case 'save':
        return this.save(message);
    }
  }

  private async save(figure: Extract<PageMessage, { type: 'save' }>): Promise<void> {
    const file = await saveFigure(figure);
    if (file) this.outbox.post({ type: 'saved', file: file.fsPath });
  }

  /** The focus comes back: who undoes goes on choosing. */
  private async undo(): Promise<void> {
    await this.shown?.undo();
    this.host.focus();
  }

  private said(message: HostMessage): void {
    if (message.type === 'run') {
      this.host.shows(message.document.name);
      this.services.remember(this.text?.place);
    } else if (message.type === 'empty') {
      this.host.shows(undefined);
      this.services.remember(undefined);
    }
  }

  private selectionChanged(editor: vscode.TextEditor): void {
    if (!this.pinned || editor.selection.isEmpty || !isText(editor)) return;
    clearTimeout(this.follow);
    this.follow = setTimeout(() => {
      const { document, selection } = editor;
      const place = this.text?.place;
      if (document.isClosed || selection.isEmpty) return;
      const same =
        place?.isOf(document) &&
        place.range.start === document.offsetAt(selection.start) &&
        place.range.end === document.offsetAt(selection.end);
      if (!same) this.explore(editor);
    }, FOLLOW_PAUSE_MS);
  }

  /** Lets go of what is shown. */
  private release(): void {
    clearTimeout(this.follow);
    if (!this.shown) return;
    this.lastRun = this.shown.lastRun;
    this.shown.dispose();
    this.shown = undefined;
  }
}

/** Output channels and the like are editors too. */
const isText = ({ document }: vscode.TextEditor) => !['output', 'debug'].includes(document.uri.scheme);
