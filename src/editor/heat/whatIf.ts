import * as vscode from 'vscode';
import { changedEngine } from '../../explore/changedEngine.ts';
import { Emitter, type Event } from '../../explore/events.ts';
import type { ModelChanges } from '../../explore/modelChanges.ts';
import { candidateRange } from '../../explore/tokenPlaces.ts';
import { isPartOfCharacter } from '../../explore/tryCandidate.ts';
import type { WindowEngine } from '../../explore/windowEngine.ts';
import type { Heatmap } from './heatmap.ts';
import { GhostLine, LineAfter, type Preview } from './otherLine.ts';
import { say, stillThere } from './replace.ts';

/** Tokens that the model goes on for at most; it ends with the line. */
const MOST = 24;

/** A line as it would be: what stands before the token, and what would stand from there on. */
export interface OtherLine {
  before: string;
  text: string;
}

/**
 * What if another token stood here: the model goes on from it, and its line is shown until it is taken or dismissed: as
 * ghost text while the editor has the focus, else after the line that is there. An edit that is not the line's own next
 * characters dismisses it.
 */
export class WhatIf implements vscode.Disposable {
  private preview: Preview | undefined;
  /** It is shown after its line, not as ghost text. */
  private isAfter = false;
  private abort: AbortController | undefined;
  private readonly ghost = new GhostLine('tokenscope.whatIf.accept');
  private readonly after = new LineAfter();
  private readonly replaced = vscode.window.createTextEditorDecorationType({
    opacity: '0.6',
    textDecoration: 'line-through',
  });
  private readonly listening: vscode.Disposable[];
  private readonly events = new Emitter<{ changed: OtherLine | undefined }>();
  /** The line grew, or is over. */
  readonly onDidChange: Event<OtherLine | undefined> = (changed) => this.events.add({ changed });

  constructor(
    private readonly heatmap: Heatmap,
    private readonly engine: WindowEngine,
    private readonly changes: ModelChanges,
  ) {
    this.listening = [
      vscode.workspace.onDidChangeTextDocument((change) => this.changed(change)),
      vscode.window.onDidChangeVisibleTextEditors((editors) => {
        if (this.preview && !editors.includes(this.preview.editor)) this.dismiss();
      }),
      vscode.window.onDidChangeActiveTextEditor((active) => {
        if (this.preview && active !== this.preview.editor) this.showAfter();
      }),
      vscode.window.onDidChangeTextEditorSelection(({ textEditor, selections }) => {
        if (textEditor === this.preview?.editor && this.ghost.isLeft(selections)) this.dismiss();
      }),
    ];
  }

  /** The text that would stand in place of the rest of the line. */
  get text(): string | undefined {
    return this.preview?.text;
  }

  /** Whether a line of this document is previewed. */
  isIn(document: vscode.TextDocument): boolean {
    return this.preview?.editor.document === document;
  }

  /** @param link of a hover @throws what the engine throws */
  async show(link: unknown): Promise<void> {
    const there = stillThere(this.heatmap, link);
    if (!there) return;
    const { editor, text, asked } = there;
    const { document } = editor;
    const run = text.run!;
    if (!candidateRange(run.tokens, asked.token)) {
      say(isPartOfCharacter());
      return;
    }
    const { pieces } = run.loaded!;
    await pieces.learn([asked.id]);
    const first = pieces.get(asked.id)!;
    if (first.bytes || first.special || !stillThere(this.heatmap, link)) return; // no hover offers these
    this.dismiss();
    const start = document.positionAt(text.rangeOf(asked.token)!.start);
    const abort = new AbortController();
    this.abort = abort;
    const range = new vscode.Range(start, document.lineAt(start).range.end);
    const preview = { editor, range, text: first.text, version: document.version };
    this.preview = preview;
    void vscode.commands.executeCommand('setContext', 'tokenscope.whatIf', true);
    this.isAfter = editor !== vscode.window.activeTextEditor;
    this.draw();
    if (!this.isAfter) await this.ghost.begin(preview);
    if (this.preview !== preview) return;
    const ids = [...run.ids.slice(0, asked.token), asked.id];
    const sampling = { temperature: 0, topK: 0, topP: 1 };
    const engine = changedEngine(this.engine.channel('what if'), this.changes.interventions);
    try {
      for await (const token of engine.generate({ ids, maxTokens: MOST, sampling, seed: 0 }, abort.signal)) {
        const [line, ...more] = token.text.split(/\r?\n/);
        preview.text += line;
        this.draw();
        if (more.length > 0) break;
      }
    } catch (error) {
      if (abort.signal.aborted) return;
      this.dismiss();
      throw error;
    }
    if (this.preview !== preview || this.isAfter || (await this.ghost.show(preview))) return;
    if (this.preview === preview) this.showAfter();
  }

  /** Puts the previewed line into the text, as one step of undo. What of it stands there already belongs to that step. */
  async accept(): Promise<void> {
    const { preview } = this;
    if (!preview) return;
    const { editor, range, text, version } = preview;
    this.dismiss();
    const { document } = editor;
    if (document.version !== version) return;
    const undoStopBefore = text !== '';
    await editor.edit((edit) => edit.replace(range, text), { undoStopBefore, undoStopAfter: true });
    // An edit of a text that cannot be changed is said to be done, too.
    if (document.version === version)
      say(vscode.l10n.t('{0} is read-only: the line was not put in.', vscode.workspace.asRelativePath(document.uri)));
  }

  dismiss(): void {
    this.abort?.abort(new DOMException('Dismissed', 'AbortError'));
    const { preview } = this;
    if (!preview) return;
    this.preview = undefined;
    preview.editor.setDecorations(this.replaced, []);
    this.ghost.clear();
    this.after.clear(preview);
    this.events.fire('changed', undefined);
    void vscode.commands.executeCommand('setContext', 'tokenscope.whatIf', false);
  }

  dispose(): void {
    this.dismiss();
    for (const one of [...this.listening, this.ghost, this.after, this.replaced, this.events]) one.dispose();
  }

  private showAfter(): void {
    this.isAfter = true;
    this.ghost.clear();
    this.draw();
  }

  private changed({ document, contentChanges }: vscode.TextDocumentChangeEvent): void {
    const { preview } = this;
    if (document !== preview?.editor.document || contentChanges.length === 0) return;
    const [{ range, rangeOffset, text }, ...others] = contentChanges;
    const next = range.isEmpty && range.start.isEqual(preview.range.start) && preview.text.startsWith(text);
    if (others.length > 0 || !next) {
      this.dismiss();
      return;
    }
    const start = document.positionAt(rangeOffset + text.length);
    preview.range = new vscode.Range(start, document.lineAt(start).range.end);
    preview.text = preview.text.slice(text.length);
    preview.version = document.version;
    this.draw();
  }

  private draw(): void {
    const preview = this.preview!;
    const { editor, range, text } = preview;
    const before = editor.document.getText(range.with(range.start.with({ character: 0 }), range.start));
    this.events.fire('changed', { before, text });
    editor.setDecorations(this.replaced, [range]);
    if (this.isAfter) this.after.draw(preview);
  }
}
