import * as vscode from 'vscode';
import type { ScoredText } from '../../explore/scoredText.ts';
import { readSettings } from '../../explore/settings.ts';
import { tokenAt } from '../../explore/tokenPlaces.ts';
import { TrackedText } from '../../explore/trackedText.ts';
import { ExplorePage, type PageServices } from '../explorePage.ts';
import { ATTENTION_VIEW, viewHost } from '../pageHost.ts';
import { partAround } from './around.ts';

/** Tokens before the caret that are read where the view needs a text of its own. */
const CONTEXT_TOKENS = 256;

/**
 * Attention in a side bar, which follows the caret: the token there looks, or the last one that is selected. It shows the
 * scored text that covers the caret, or one of its own. While it is not seen nothing is computed for it.
 */
export class AttentionSide implements vscode.Disposable {
  private view: vscode.WebviewView | undefined;
  private shown: ExplorePage | undefined;
  private reading: { dispose(): void } | undefined;
  /** The text that was opened for the view, and that nobody else may read. */
  private own: ScoredText | undefined;
  private readonly listening: { dispose(): void }[];

  /** @param toCaret makes the editor's caret a text's choice */
  constructor(
    private readonly services: PageServices,
    private readonly toCaret: (text: ScoredText) => void,
  ) {
    const { window, languages } = vscode;
    this.listening = [
      window.registerWebviewViewProvider(ATTENTION_VIEW, { resolveWebviewView: (view) => this.resolved(view) }),
      window.onDidChangeActiveTextEditor(() => this.follow()),
      window.onDidChangeTextEditorSelection(() => this.follow()),
      // Once whoever opened it has it.
      services.texts.read({ opened: () => queueMicrotask(() => this.follow()) }),
      languages.registerHoverProvider('*', { provideHover: (document, at) => this.pointed(document, at) }),
    ];
  }

  /** The page, once the view was seen. */
  get page(): ExplorePage | undefined {
    return this.shown;
  }

  dispose(): void {
    for (const listener of this.listening) listener.dispose();
    this.reading?.dispose();
    this.shown?.dispose();
  }

  private resolved(view: vscode.WebviewView): void {
    const page = new ExplorePage(viewHost(view), this.services, 'side');
    this.view = view;
    this.shown = page;
    view.onDidChangeVisibility(() => this.follow());
    page.onDidClose(() => {
      if (this.shown === page) this.view = this.shown = undefined;
    });
    this.follow();
  }

  /** Shows the text that the caret is in. */
  private follow(): void {
    const { view, shown: page } = this;
    if (!view || !page) return;
    if (!view.visible) this.letGo(page);
    else this.showCovering(page);
  }

  private showCovering(page: ExplorePage): void {
    const editor = vscode.window.activeTextEditor;
    if (!editor || !isText(editor) || page.holds) return;
    const { document, selection } = editor;
    const caret = document.offsetAt(selection.end);
    const now = page.text;
    const covering = this.services.texts.all.filter((text) => covers(text, document, caret));
    if (now && now !== this.own && covering.includes(now)) return;
    const text = covering.find((other) => other !== this.own) ?? covering[0];
    if (text && text === now) return;
    if (text) this.show(page, text.place);
    else this.showOwn(page, editor);
  }

  /** A text around the caret that is the view's own. */
  private showOwn(page: ExplorePage, { document, selection }: vscode.TextEditor): void {
    const tokens = Math.max(2, Math.min(CONTEXT_TOKENS, Math.floor(readSettings().maxTokens / 2)));
    const range = partAround(document, selection.end, tokens);
    if (range.start === range.end) return;
    this.show(page, new TrackedText(document, range));
    this.own = page.text;
  }

  private show(page: ExplorePage, place: TrackedText): void {
    page.show(place, { begins: Number.POSITIVE_INFINITY, explored: false });
    this.reading?.dispose();
    const { text } = page;
    if (!text) return;
    let atCaret = text.run !== undefined;
    if (atCaret) this.toCaret(text);
    this.reading = text.read({
      begun: () => {
        if (!atCaret) this.toCaret(text);
        atCaret = true;
      },
      // Written on beyond what is read of it: another part is read.
      finished: () => this.follow(),
    });
  }

  private letGo(page: ExplorePage): void {
    this.reading?.dispose();
    this.reading = undefined;
    page.leave();
  }

  /** Nothing is shown at the pointer; the view hears which token is there. */
  private pointed(document: vscode.TextDocument, at: vscode.Position): undefined {
    const text = this.view?.visible ? this.shown?.text : undefined;
    if (!text?.run || text.run.stale || !text.place.isOf(document)) return;
    text.pointAt(tokenAt(text.run.tokens, document.offsetAt(at) - text.place.range.start, text.choice.token));
  }
}

/** Output channels and the like are editors too. */
const isText = ({ document }: vscode.TextEditor) => !['output', 'debug'].includes(document.uri.scheme);

function covers({ place, run }: ScoredText, document: vscode.TextDocument, caret: number): boolean {
  if (!place.isOf(document)) return false;
  const { start, end } = place.range;
  return start <= caret && caret <= (run?.clipped && !run.stale ? start + run.end : end);
}
