import { basename } from 'node:path';
import * as vscode from 'vscode';
import type { FollowedText } from './followedText.ts';
import { type OffsetRange, trackRange } from './trackedRange.ts';

/** Until then a document that was closed may be there again: under a new name, or in another language. */
const REOPENED_WITHIN_MS = 100;

/** A part of a document, followed through edits and renaming. */
export class TrackedText implements FollowedText, vscode.Disposable {
  private readonly touched = new vscode.EventEmitter<void>();
  private readonly gone = new vscode.EventEmitter<string>();
  /** Its text changed. */
  readonly onDidChange = this.touched.event;
  /** The document was closed, renamed or deleted: a sentence that says so. */
  readonly onDidMove = this.gone.event;
  private readonly listening: vscode.Disposable[];
  private newUri: vscode.Uri | undefined;
  private deleted = false;
  private closing: NodeJS.Timeout | undefined;

  constructor(
    private bound: vscode.TextDocument,
    private tracked: OffsetRange,
  ) {
    const { workspace } = vscode;
    this.listening = [
      workspace.onDidChangeTextDocument((event) => this.edited(event)),
      workspace.onDidCloseTextDocument((document) => this.closed(document)),
      workspace.onDidOpenTextDocument((document) => this.opened(document)),
      workspace.onDidRenameFiles(({ files }) => this.renamed(files)),
      workspace.onDidDeleteFiles(({ files }) => this.removed(files)),
    ];
  }

  get document(): vscode.TextDocument {
    return this.bound;
  }

  get range(): OffsetRange {
    return this.tracked;
  }

  get name(): string {
    return basename(this.bound.uri.path) || this.bound.uri.path;
  }

  /** The text of the range, or its first `most` code units. */
  text(most = Number.POSITIVE_INFINITY): string {
    const { start, end } = this.tracked;
    return this.bound.getText(this.span(start, Math.min(end, start + most)));
  }

  /** Offsets of the document as a range of the editor. */
  span(start: number, end: number): vscode.Range {
    return new vscode.Range(this.bound.positionAt(start), this.bound.positionAt(end));
  }

  isOf(document: vscode.TextDocument): boolean {
    return document === this.bound || document.uri.toString() === this.bound.uri.toString();
  }

  /** Whether both are the same part of one document. */
  isSame(other: TrackedText): boolean {
    const { start, end } = this.tracked;
    return this.isOf(other.document) && start === other.range.start && end === other.range.end;
  }

  /** The first visible editor that shows the document. */
  get editor(): vscode.TextEditor | undefined {
    return vscode.window.visibleTextEditors.find(({ document }) => this.isOf(document));
  }

  /** The group of its editor, or of its tab; else the first one. */
  get column(): vscode.ViewColumn {
    const uri = this.bound.uri.toString();
    const group = vscode.window.tabGroups.all.find(({ tabs }) =>
      tabs.some(({ input }) => input instanceof vscode.TabInputText && input.uri.toString() === uri),
    );
    return this.editor?.viewColumn ?? group?.viewColumn ?? vscode.ViewColumn.One;
  }

  dispose(): void {
    clearTimeout(this.closing);
    for (const listener of this.listening) listener.dispose();
    this.touched.dispose();
    this.gone.dispose();
  }

  private edited({ document, contentChanges }: vscode.TextDocumentChangeEvent): void {
    if (!this.isOf(document) || contentChanges.length === 0) return;
    let touched = false;
    // The last place first: earlier offsets still hold while they are used.
    const changes = [...contentChanges].sort((a, b) => b.rangeOffset - a.rangeOffset);
    for (const { rangeOffset, rangeLength, text } of changes) {
      const next = trackRange(this.tracked, { offset: rangeOffset, length: rangeLength, inserted: text.length });
      this.tracked = { start: next.start, end: next.end };
      touched ||= next.touched;
    }
    if (touched) this.touched.fire();
  }

  private closed(document: vscode.TextDocument): void {
    if (document !== this.bound) return;
    clearTimeout(this.closing);
    this.closing = setTimeout(() => {
      const again = vscode.workspace.textDocuments.find((other) => this.isOf(other) && !other.isClosed);
      if (again) this.bound = again;
      else if (!this.deleted) {
        this.gone.fire(vscode.l10n.t('{0} was closed. The numbers are of its text as it was.', this.name));
      }
    }, REOPENED_WITHIN_MS);
  }

  private opened(document: vscode.TextDocument): void {
    const uri = document.uri.toString();
    if (uri === this.newUri?.toString()) this.moveTo(document);
    else if (this.bound.isClosed && uri === this.bound.uri.toString()) {
      clearTimeout(this.closing);
      const before = this.text();
      this.bound = document;
      if (this.text() !== before) this.touched.fire();
    }
  }

  private renamed(files: vscode.FileRenameEvent['files']): void {
    for (const { oldUri, newUri } of files) {
      const moved = under(this.bound.uri, oldUri);
      if (moved === undefined) continue;
      this.newUri = moved === '' ? newUri : vscode.Uri.joinPath(newUri, moved);
      const target = this.newUri.toString();
      const open = vscode.workspace.textDocuments.find((document) => document.uri.toString() === target);
      if (open) this.moveTo(open);
    }
  }

  private moveTo(document: vscode.TextDocument): void {
    clearTimeout(this.closing);
    const before = this.name;
    const text = this.text();
    this.bound = document;
    this.newUri = undefined;
    this.gone.fire(vscode.l10n.t('{0} is now called {1}.', before, this.name));
    if (this.text() !== text) this.touched.fire();
  }

  private removed(files: readonly vscode.Uri[]): void {
    if (!files.some((uri) => under(this.bound.uri, uri) !== undefined)) return;
    this.deleted = true;
    this.gone.fire(vscode.l10n.t('{0} was deleted. The numbers are of its text as it was.', this.name));
  }
}

/** The path of `uri` inside `folder`, '' for the same file, undefined if it is elsewhere. */
function under(uri: vscode.Uri, folder: vscode.Uri): string | undefined {
  if (uri.scheme !== folder.scheme || uri.authority !== folder.authority) return undefined;
  if (uri.path === folder.path) return '';
  return uri.path.startsWith(`${folder.path}/`) ? uri.path.slice(folder.path.length + 1) : undefined;
}
