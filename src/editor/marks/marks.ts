import * as vscode from 'vscode';
import type { ScoredText } from '../../explore/scoredText.ts';
import type { ScoredTexts } from '../../explore/scoredTexts.ts';
import type { OffsetRange } from '../../explore/trackedRange.ts';
import { Mark, type Place } from './mark.ts';

const colour = (name: string) => new vscode.ThemeColor(name);

/** What the views look at, marked in the editor: the explored text, the chosen token, the one that is pointed at and what it looks at. */
export class Marks implements vscode.Disposable {
  readonly explored: Mark;
  readonly chosen: Mark;
  readonly hovered: Mark;
  readonly lookedAt: Mark;
  private readonly listening: { dispose(): void }[];

  constructor(texts: ScoredTexts) {
    // Its border is seen in high contrast only.
    const explored: Place = (text, editor) => (texts.isExplored(text) ? exploredRange(text, editor) : undefined);
    this.explored = new Mark(texts, explored, {
      backgroundColor: colour('editor.hoverHighlightBackground'),
      border: '1px dotted',
      borderColor: colour('editor.rangeHighlightBorder'),
    });
    const chosen: Place = (text) =>
      texts.isExplored(text)
        ? text.rangeOf(text.choice.token)
        : text.attended
          ? text.rangeOf(text.attended.token)
          : undefined;
    this.chosen = new Mark(texts, chosen, {
      outline: '1px solid',
      outlineColor: colour('focusBorder'),
    });
    this.hovered = new Mark(texts, (text) => (text.hovered === null ? undefined : text.rangeOf(text.hovered)), {
      backgroundColor: colour('editor.wordHighlightStrongBackground'),
      outline: '1px solid',
      outlineColor: colour('editorBracketMatch.border'),
      overviewRulerColor: colour('editorOverviewRuler.wordHighlightStrongForeground'),
      overviewRulerLane: vscode.OverviewRulerLane.Center,
    });
    this.lookedAt = new Mark(texts, (text) => (text.lookedAt === null ? undefined : text.rangeOf(text.lookedAt)), {
      backgroundColor: colour('editor.wordHighlightBackground'),
      outline: '1px dashed',
      outlineColor: colour('editorBracketMatch.border'),
    });
    this.listening = [
      texts.read({ opened: (text) => this.follow(text) }),
      vscode.window.onDidChangeTextEditorSelection(({ textEditor }) => {
        if (texts.all.some(({ place }) => place.isOf(textEditor.document))) this.explored.draw();
      }),
    ];
  }

  dispose(): void {
    for (const listener of [...this.listening, this.explored, this.chosen, this.hovered, this.lookedAt])
      listener.dispose();
  }

  /** While a text is edited its marks move with it, until its new tokens are known. */
  private follow(text: ScoredText): void {
    this.explored.draw();
    text.read({
      begun: () => {
        this.explored.draw();
        this.chosen.draw();
      },
      choice: () => this.chosen.draw(),
      attended: () => this.chosen.draw(),
      hovered: () => {
        this.hovered.draw();
        this.lookedAt.draw();
      },
    });
  }
}

/** The explored part of the document, unless it is selected and so to be seen. */
function exploredRange(
  { place, run }: ScoredText,
  { document, selection }: vscode.TextEditor,
): OffsetRange | undefined {
  const { start, end } = place.range;
  const isSelected = document.offsetAt(selection.start) === start && document.offsetAt(selection.end) === end;
  if (isSelected || start === end) return undefined;
  return { start, end: run?.clipped && !run.stale ? start + run.end : end };
}
