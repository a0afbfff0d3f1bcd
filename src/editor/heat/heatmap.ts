import * as vscode from 'vscode';
import { HEAT_MEASURES, type HeatMeasure } from '../../analysis/heat.ts';
import { Emitter, type Event } from '../../explore/events.ts';
import type { ScoredTexts } from '../../explore/scoredTexts.ts';
import { readSettings } from '../../explore/settings.ts';
import { putCaret } from '../putCaret.ts';
import { visibleArea } from './area.ts';
import { HeatText } from './heatText.ts';
import { HeatLook } from './look.ts';

/** Scrolling is waited for so long before what is visible now is scored. */
const SCROLL_PAUSE_MS = 120;

/** Documents that no model is asked about. */
const FOREIGN = new Set(['output', 'debug', 'comment']);

/** Tints the tokens of the visible text, or of a selection, by how surprising they are. */
export class Heatmap implements vscode.Disposable {
  private readonly heats = new Map<vscode.TextDocument, HeatText>();
  /** A document of which the person wanted a selection tinted. */
  private readonly parts = new Map<vscode.TextDocument, vscode.Range>();
  private look: HeatLook | undefined;
  private on = false;
  private scrolling: NodeJS.Timeout | undefined;
  private readonly listening: vscode.Disposable[];
  private readonly events = new Emitter<{ changed: undefined; toggled: boolean }>();
  /** It is on or off, its measure is another, or its numbers are. */
  readonly onDidChange: Event<undefined> = (changed) => this.events.add({ changed });

  readonly onDidToggle: Event<boolean> = (toggled) => this.events.add({ toggled });
  private hidden = false;

  constructor(private readonly texts: ScoredTexts) {
    const { window, workspace } = vscode;
    this.listening = [
      window.onDidChangeVisibleTextEditors(() => this.follow()),
      window.onDidChangeActiveTextEditor(() => this.events.fire('changed', undefined)),
      window.onDidChangeTextEditorVisibleRanges(() => this.followSoon()),
      workspace.onDidChangeTextDocument(({ document }) => this.heats.has(document) && this.followSoon()),
      window.onDidChangeActiveColorTheme(() => this.restyle()),
      workspace.onDidChangeConfiguration((change) => {
        if (change.affectsConfiguration('tokenscope.heatmap')) for (const heat of this.heats.values()) heat.redraw();
      }),
    ];
  }

  get isOn(): boolean {
    return this.on;
  }

  get measure(): HeatMeasure {
    const wanted = vscode.workspace.getConfiguration('tokenscope').get('heatmap.measure');
    return HEAT_MEASURES.find((measure) => measure === wanted) ?? 'surprisal';
  }

  /** The tints of a document; undefined: it has none. */
  of(document: vscode.TextDocument | undefined): HeatText | undefined {
    return document && this.heats.get(document);
  }

  /** On: for what is selected in the active editor, or else for what is visible in every editor. */
  toggle(): void {
    const editor = vscode.window.activeTextEditor;
    this.set(!this.on, editor && !editor.selection.isEmpty ? editor : undefined);
  }

  /** @param selected an editor whose selection alone is meant */
  set(on: boolean, selected?: vscode.TextEditor): void {
    this.on = on;
    void vscode.commands.executeCommand('setContext', 'tokenscope.heatmap', on);
    if (on && selected) this.parts.set(selected.document, selected.selection);
    if (on) this.follow();
    else this.clear();
    this.events.fire('toggled', on);
    this.events.fire('changed', undefined);
  }

  /** Whether another tint has the text. */
  get isHidden(): boolean {
    return this.hidden;
  }

  /** Leaves the text to another tint, or takes it back. */
  hide(hidden: boolean): void {
    this.hidden = hidden;
    for (const document of this.heats.keys()) this.draw(document);
  }

  /** The caret goes to the next of the most surprising tokens, or the one before; round at the ends. */
  step(by: 1 | -1): void {
    const editor = vscode.window.activeTextEditor;
    const surprises = this.of(editor?.document)?.surprises ?? [];
    if (!editor || surprises.length === 0) return;
    const caret = editor.document.offsetAt(editor.selection.active);
    const next = by > 0 ? surprises.find(({ start }) => start > caret) : surprises.findLast(({ end }) => end < caret);
    const { start, end } = next ?? (by > 0 ? surprises[0] : surprises[surprises.length - 1]);
    const range = new vscode.Range(editor.document.positionAt(start), editor.document.positionAt(end));
    putCaret(editor, range);
  }

  dispose(): void {
    this.clear();
    for (const listener of this.listening) listener.dispose();
    this.events.dispose();
  }

  private followSoon(): void {
    clearTimeout(this.scrolling);
    if (this.on) this.scrolling = setTimeout(() => this.follow(), SCROLL_PAUSE_MS);
  }

  /** Every visible text editor has its tints, and none that is not visible costs anything. */
  private follow(): void {
    if (!this.on) return;
    this.look ??= new HeatLook(vscode.window.activeColorTheme.kind);
    const editors = vscode.window.visibleTextEditors.filter(({ document }) => !FOREIGN.has(document.uri.scheme));
    const seen = new Set(editors.map(({ document }) => document));
    for (const [document, heat] of this.heats) {
      if (seen.has(document)) continue;
      heat.dispose();
      this.heats.delete(document);
    }
    for (const editor of editors) {
      const { document } = editor;
      const heat =
        this.heats.get(document) ??
        new HeatText(
          document,
          this.texts,
          () => this.measure,
          () => this.draw(document),
        );
      this.heats.set(document, heat);
      const part = this.parts.get(document);
      if (part && heat.text) continue;
      const { maxTokens } = readSettings();
      heat.cover(
        part
          ? { start: document.offsetAt(part.start), end: document.offsetAt(part.end) }
          : visibleArea(editor, maxTokens),
      );
    }
  }

  private draw(document: vscode.TextDocument): void {
    const heat = this.heats.get(document);
    if (!heat) return;
    for (const editor of vscode.window.visibleTextEditors)
      if (editor.document === document) this.look?.draw(editor, this.hidden ? [] : heat.all, heat.surprises);
    this.events.fire('changed', undefined);
  }

  private restyle(): void {
    if (!this.look) return;
    this.look.dispose();
    this.look = new HeatLook(vscode.window.activeColorTheme.kind);
    for (const document of this.heats.keys()) this.draw(document);
  }

  private clear(): void {
    clearTimeout(this.scrolling);
    for (const heat of this.heats.values()) heat.dispose();
    this.heats.clear();
    this.parts.clear();
    this.look?.dispose();
    this.look = undefined;
  }
}
