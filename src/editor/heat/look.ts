import * as vscode from 'vscode';
import { HEAT_STEPS } from '../../analysis/heat.ts';
import type { HeatMark } from './marks.ts';

/** One hue, so that lightness alone tells steps apart. Text stays readable on the hottest: 4.5:1 with the usual themes. */
const LIGHT = { rgb: '209, 120, 22', most: 0.62 };
const DARK = { rgb: '214, 108, 12', most: 0.56 };
/** What is stale is so much fainter. */
const STALE = 0.4;

/** What is typed beside a token is none of it. */
const rangeBehavior = vscode.DecorationRangeBehavior.ClosedClosed;

/** The looks of each step of heat, fresh and stale, in the kind of theme there is. */
export class HeatLook implements vscode.Disposable {
  private readonly fresh: vscode.TextEditorDecorationType[];
  private readonly stale: vscode.TextEditorDecorationType[];
  private readonly surprising = vscode.window.createTextEditorDecorationType({
    overviewRulerColor: new vscode.ThemeColor('charts.orange'),
    overviewRulerLane: vscode.OverviewRulerLane.Right,
    rangeBehavior,
  });

  constructor(kind: vscode.ColorThemeKind) {
    const highContrast =
      kind === vscode.ColorThemeKind.HighContrast || kind === vscode.ColorThemeKind.HighContrastLight;
    const make = highContrast ? underlined : tinted;
    const steps = Array.from({ length: HEAT_STEPS }, (_, step) => step);
    this.fresh = steps.map((step) => vscode.window.createTextEditorDecorationType(make(step, 1)));
    this.stale = steps.map((step) => vscode.window.createTextEditorDecorationType(make(step, STALE)));
  }

  /** @param surprising the most surprising of them, which the overview ruler shows */
  draw(editor: vscode.TextEditor, marks: readonly HeatMark[], surprising: readonly HeatMark[]): void {
    const { document } = editor;
    const range = ({ start, end }: HeatMark) => new vscode.Range(document.positionAt(start), document.positionAt(end));
    for (const [looks, stale] of [
      [this.fresh, false],
      [this.stale, true],
    ] as const) {
      const ranges = looks.map((): vscode.Range[] => []);
      for (const mark of marks) if (mark.stale === stale) ranges[mark.step].push(range(mark));
      looks.forEach((look, step) => {
        editor.setDecorations(look, ranges[step]);
      });
    }
    editor.setDecorations(this.surprising, surprising.map(range));
  }

  dispose(): void {
    for (const look of [...this.fresh, ...this.stale, this.surprising]) look.dispose();
  }
}

/** Step 0 is the background itself. */
function tinted(step: number, strength: number): vscode.DecorationRenderOptions {
  const share = (step / (HEAT_STEPS - 1)) * strength;
  const colour = ({ rgb, most }: typeof LIGHT) => ({ backgroundColor: `rgba(${rgb}, ${(share * most).toFixed(3)})` });
  return { light: colour(LIGHT), dark: colour(DARK), rangeBehavior };
}

/** In high contrast a line below, thicker the hotter; dotted when stale. */
function underlined(step: number, strength: number): vscode.DecorationRenderOptions {
  if (step === 0) return {};
  return {
    rangeBehavior,
    borderWidth: `0 0 ${Math.ceil(step / 2)}px 0`,
    borderStyle: strength < 1 ? 'dotted' : 'solid',
    borderColor: new vscode.ThemeColor('contrastActiveBorder'),
  };
}
