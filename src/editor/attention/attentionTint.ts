import * as vscode from 'vscode';
import { Emitter, type Event } from '../../explore/events.ts';
import type { Attended } from '../../explore/scoredRun.ts';
import type { ScoredText } from '../../explore/scoredText.ts';
import type { ScoredTexts } from '../../explore/scoredTexts.ts';

/** Steps of opacity from nothing to the strongest tint. */
const STEPS = 10;

/** A part of the editor with its step, 1…STEPS. */
export interface TintedRange {
  range: vscode.Range;
  step: number;
}

/** The tokens that the chosen one looks at, tinted in the editor while a view shows them: weight as opacity. */
export class AttentionTint implements vscode.Disposable {
  private readonly looks: (vscode.TextEditorDecorationType | undefined)[] = Array(STEPS + 1).fill(undefined);
  private readonly listening: { dispose(): void }[];
  private readonly events = new Emitter<{ changed: boolean }>();
  private cleared = true;
  /** Whether the tint is shown from now on. */
  readonly onDidChange: Event<boolean> = (changed) => this.events.add({ changed });

  constructor(private readonly texts: ScoredTexts) {
    this.listening = [
      vscode.window.onDidChangeVisibleTextEditors(() => this.draw()),
      texts.read({
        opened: (text) => void text.read({ attended: (attended) => (attended ? this.show() : this.draw()) }),
        closed: () => this.draw(),
      }),
    ];
  }

  /** Tints what is attended to, and what will be. */
  show(): void {
    this.become(false);
  }

  /** Takes the tint away, until a view shows again what a token looks at. */
  clear(): void {
    this.become(true);
  }

  /** What is tinted in an editor now, in the order of the text. */
  rangesIn({ document }: vscode.TextEditor): TintedRange[] {
    if (this.cleared) return [];
    return this.texts.all.flatMap((text) =>
      text.attended && text.place.isOf(document) ? tinted(text, text.attended) : [],
    );
  }

  dispose(): void {
    for (const listener of this.listening) listener.dispose();
    for (const look of this.looks) look?.dispose();
    this.events.dispose();
  }

  private become(cleared: boolean): void {
    const changes = cleared !== this.cleared;
    this.cleared = cleared;
    this.draw();
    if (changes) this.events.fire('changed', !cleared);
  }

  private draw(): void {
    for (const editor of vscode.window.visibleTextEditors) {
      const all = this.rangesIn(editor);
      for (let step = 1; step <= STEPS; step++) {
        const ranges = all.filter((one) => one.step === step).map(({ range }) => range);
        if (ranges.length > 0) this.looks[step] ??= lookOf(step);
        const look = this.looks[step];
        if (look) editor.setDecorations(look, ranges);
      }
    }
  }
}

function tinted(text: ScoredText, { weights, max }: Attended): TintedRange[] {
  return Array.from(weights).flatMap((weight, position) => {
    const step = Math.round(Math.min(1, max > 0 ? weight / max : 0) * STEPS);
    const place = step > 0 ? text.rangeOf(position) : undefined;
    return place ? [{ range: text.place.span(place.start, place.end), step }] : [];
  });
}

/** A colour of the theme as strong as the step; in high contrast, where that is transparent, a line as thick. */
function lookOf(step: number): vscode.TextEditorDecorationType {
  const share = (100 * step) / STEPS;
  return vscode.window.createTextEditorDecorationType({
    backgroundColor: `color-mix(in srgb, var(--vscode-tokenscope-attention) ${share}%, transparent)`,
    borderStyle: 'solid',
    borderWidth: `0 0 ${Math.max(1, Math.round((4 * step) / STEPS))}px 0`,
    borderColor: new vscode.ThemeColor('tokenscope.attentionLine'),
  });
}
