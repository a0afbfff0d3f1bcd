import * as vscode from 'vscode';
import { openExample } from '../editor/example.ts';
import { TokenHighlight } from '../editor/highlight.ts';
import { TrackedText } from '../explore/trackedText.ts';
import type { WindowEngine } from '../explore/windowEngine.ts';
import { errorView } from './errorView.ts';
import { pageHtml, resourceRoots } from './html.ts';
import { openHelp, openSettings, saveFigure } from './pageActions.ts';
import type { HostMessage, PageMessage } from './protocol.ts';
import { Session } from './session.ts';
import { readPageMessage } from './validate.ts';

export const VIEW_TYPE = 'tokenscope.explore';

/** While pinned, a selection is explored once it has been still for so long. */
const FOLLOW_PAUSE_MS = 200;

export interface PanelServices {
  root: vscode.Uri;
  engine: WindowEngine;
  log: vscode.LogOutputChannel;
  /** Told whatever is said to the page, and of the explored text when a run begins. */
  posted: vscode.EventEmitter<HostMessage>;
  remember(text: TrackedText | undefined): void;
}

/** The panel beside the editor: the page, and the exploration it shows. */
export class ExplorePanel implements vscode.Disposable {
  readonly session: Session;
  readonly highlight = new TokenHighlight();
  private pinned = false;
  private follow: NodeJS.Timeout | undefined;
  private readonly listening: vscode.Disposable[];
  private readonly closed = new vscode.EventEmitter<void>();
  readonly onDidClose = this.closed.event;

  /** Opens a panel beside the active editor; the focus stays where it is. */
  static open(services: PanelServices): ExplorePanel {
    const place = { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true };
    return new ExplorePanel(vscode.window.createWebviewPanel(VIEW_TYPE, 'Tokenscope', place), services);
  }

  constructor(
    private readonly panel: vscode.WebviewPanel,
    private readonly services: PanelServices,
  ) {
    const { root, engine, log, posted } = services;
    const { webview } = panel;
    this.session = new Session(engine, this.highlight, log, (message) => void webview.postMessage(message));
    this.listening = [
      this.session.outbox.onDidPost((message) => this.said(message)),
      this.session.outbox.onDidPost((message) => posted.fire(message)),
      webview.onDidReceiveMessage((value: unknown) => this.receive(value)),
      vscode.window.onDidChangeTextEditorSelection(({ textEditor }) => this.selectionChanged(textEditor)),
      vscode.window.onDidChangeTextEditorSelection(({ textEditor }) => this.session.cursorMoved(textEditor)),
      panel.onDidDispose(() => this.dispose()),
    ];
    panel.iconPath = vscode.Uri.joinPath(root, 'media', 'icon.svg');
    webview.options = { enableScripts: true, localResourceRoots: resourceRoots(root) };
    webview.html = pageHtml(webview, root);
  }

  /** Brings the panel to the front of its group; the focus stays where it is. */
  reveal(): void {
    if (!this.panel.visible) this.panel.reveal(undefined, true);
  }

  /** Explores the main selection of an editor, or says that there is none. */
  explore(editor: vscode.TextEditor | undefined): void {
    clearTimeout(this.follow);
    if (!editor) {
      this.session.clear(vscode.l10n.t('No text is open. Open one and select a part of it, or begin with an example.'));
    } else if (editor.selection.isEmpty) {
      this.session.clear(
        vscode.l10n.t('Nothing is selected. Select some text and explore it, or begin with an example.'),
      );
    } else {
      const { document, selection, selections } = editor;
      const range = { start: document.offsetAt(selection.start), end: document.offsetAt(selection.end) };
      this.session.explore(new TrackedText(document, range, selections.length > 1));
    }
  }

  setPinned(pinned: boolean): void {
    this.pinned = pinned;
    this.session.outbox.post({ type: 'pinned', pinned });
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
      this.session.outbox.post({ type: 'error', error: errorView(error) });
    });
  }

  dispose(): void {
    clearTimeout(this.follow);
    for (const listener of this.listening.splice(0)) listener.dispose();
    this.session.dispose();
    this.highlight.dispose();
    this.panel.dispose();
    this.closed.fire();
    this.closed.dispose();
  }

  private async handle(message: PageMessage): Promise<void> {
    const { session } = this;
    const { root } = this.services;
    switch (message.type) {
      case 'ready':
        return session.connect();
      case 'hover':
        return session.hover(message.run, message.position);
      case 'choose':
        return session.choose(message.run, message.position);
      case 'tryCandidate':
        return session.tryCandidate(message);
      case 'ask':
        return session.ask(message);
      case 'cancel':
        return session.cancel();
      case 'rerun':
        return session.rerun();
      case 'pin':
        return this.setPinned(message.pinned);
      case 'openExample':
        return this.explore(await openExample(root));
      case 'focusEditor':
        return session.focusEditor();
      case 'help':
        return openHelp(root, message.topic);
      case 'openSettings':
        return openSettings(message.query);
      case 'save':
        return void (await saveFigure(message));
    }
  }

  private said(message: HostMessage): void {
    if (message.type === 'run') {
      this.panel.title = vscode.l10n.t('Tokenscope · {0}', message.document.name);
      this.services.remember(this.session.explored);
    } else if (message.type === 'empty') {
      this.panel.title = 'Tokenscope';
      this.services.remember(undefined);
    }
  }

  private selectionChanged(editor: vscode.TextEditor): void {
    if (!this.pinned || editor.selection.isEmpty || !isText(editor)) return;
    clearTimeout(this.follow);
    this.follow = setTimeout(() => {
      const { document, selection } = editor;
      const { explored } = this.session;
      if (document.isClosed || selection.isEmpty) return;
      const same =
        explored?.isOf(document) &&
        explored.range.start === document.offsetAt(selection.start) &&
        explored.range.end === document.offsetAt(selection.end);
      if (!same) this.explore(editor);
    }, FOLLOW_PAUSE_MS);
  }
}

/** Output channels and the like are editors too. */
const isText = ({ document }: vscode.TextEditor) => !['output', 'debug'].includes(document.uri.scheme);
