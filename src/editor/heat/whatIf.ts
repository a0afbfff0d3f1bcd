import * as vscode from 'vscode';
import { changedEngine } from '../../explore/changedEngine.ts';
import { Emitter, type Event } from '../../explore/events.ts';
import type { ModelChanges } from '../../explore/modelChanges.ts';
import type { WindowEngine } from '../../explore/windowEngine.ts';
import type { Heatmap } from './heatmap.ts';
import { stillThere } from './replace.ts';

/** Tokens that the model goes on for at most; it ends with the line. */
const MOST = 24;

/** A line as it would be: what stands before the token, and what would stand from there on. */
export interface OtherLine {
  before: string;
  text: string;
}

interface Preview {
  editor: vscode.TextEditor;
  /** What is replaced when it is accepted: from the token to the end of its line. */
  range: vscode.Range;
  text: string;
  /** Of the document it speaks of. */
  version: number;
}

/**
 * What if another token stood here: the model goes on from it, and its line is shown after the one that is there until
 * it is accepted or dismissed. An edit dismisses it.
 */
export class WhatIf implements vscode.Disposable {
  private preview: Preview | undefined;
  private abort: AbortController | undefined;
  private readonly replaced = vscode.window.createTextEditorDecorationType({ opacity: '0.5' });
  private readonly instead = vscode.window.createTextEditorDecorationType({
    after: { color: new vscode.ThemeColor('editorGhostText.foreground'), margin: '0 0 0 1em' },
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
    const dismissIn = (document: vscode.TextDocument) => document === this.preview?.editor.document && this.dismiss();
    this.listening = [
      vscode.workspace.onDidChangeTextDocument(({ document }) => dismissIn(document)),
      vscode.workspace.onDidCloseTextDocument(dismissIn),
    ];
  }

  /** The text that would stand in place of the rest of the line. */
  get text(): string | undefined {
    return this.preview?.text;
  }

  /** @param link of a hover @throws what the engine throws */
  async show(link: unknown): Promise<void> {
    const there = stillThere(this.heatmap, link);
    if (!there) return;
    this.dismiss();
    const { editor, text, asked } = there;
    const { document } = editor;
    const { run } = text;
    const start = document.positionAt(text.rangeOf(asked.token)!.start);
    const first = run!.loaded!.pieces.get(asked.id);
    if (!first) return;
    const abort = new AbortController();
    this.abort = abort;
    const range = new vscode.Range(start, document.lineAt(start).range.end);
    this.preview = { editor, range, text: first.text, version: document.version };
    void vscode.commands.executeCommand('setContext', 'tokenscope.whatIf', true);
    this.draw();
    const ids = [...run!.ids.slice(0, asked.token), asked.id];
    const sampling = { temperature: 0, topK: 0, topP: 1 };
    const engine = changedEngine(this.engine.channel('what if'), this.changes.interventions);
    try {
      for await (const token of engine.generate({ ids, maxTokens: MOST, sampling, seed: 0 }, abort.signal)) {
        const [line, ...more] = token.text.split(/\r?\n/);
        this.preview.text += line;
        this.draw();
        if (more.length > 0) break;
      }
    } catch (error) {
      if (!abort.signal.aborted) throw error;
    }
  }

  /** Puts the previewed line into the text, as one step of undo. */
  async accept(): Promise<void> {
    const { preview } = this;
    if (!preview) return;
    const { editor, range, text, version } = preview;
    this.dismiss();
    if (editor.document.version !== version) return;
    const edit = new vscode.WorkspaceEdit();
    edit.replace(editor.document.uri, range, text);
    await vscode.workspace.applyEdit(edit);
  }

  dismiss(): void {
    this.abort?.abort(new DOMException('Dismissed', 'AbortError'));
    if (!this.preview) return;
    const { editor } = this.preview;
    this.preview = undefined;
    editor.setDecorations(this.replaced, []);
    editor.setDecorations(this.instead, []);
    this.events.fire('changed', undefined);
    void vscode.commands.executeCommand('setContext', 'tokenscope.whatIf', false);
  }

  dispose(): void {
    this.dismiss();
    for (const listener of [...this.listening, this.replaced, this.instead, this.events]) listener.dispose();
  }

  private draw(): void {
    const { editor, range, text } = this.preview!;
    const before = editor.document.getText(range.with(range.start.with({ character: 0 }), range.start));
    this.events.fire('changed', { before, text });
    editor.setDecorations(this.replaced, [range]);
    const said = vscode.l10n.t('{0}   (Ctrl+Enter takes it, Esc leaves it)', text.trimStart());
    const contentText = `⟶ ${said}`.replaceAll(' ', '\u00a0');
    editor.setDecorations(this.instead, [
      { range: new vscode.Range(range.end, range.end), renderOptions: { after: { contentText } } },
    ]);
  }
}
