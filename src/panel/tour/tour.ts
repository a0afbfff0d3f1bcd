import * as vscode from 'vscode';
import { firstHead } from '../../explore/firstHead.ts';
import type { ModelChanges } from '../../explore/modelChanges.ts';
import type { ScoredRun } from '../../explore/scoredRun.ts';
import type { ScoredText } from '../../explore/scoredText.ts';
import type { ExplorePage } from '../explorePage.ts';
import type { ExampleLines } from './exampleLines.ts';
import { type TourStep, tourSteps } from './steps.ts';

/** What a tour needs of the panel. */
export interface TourServices {
  changes: ModelChanges;
  page(): ExplorePage;
  lines: ExampleLines;
}

/** A walk through the ideas of a Transformer, on the example's sentences: each step opens what there is to see. */
export class Tour implements vscode.Disposable {
  private readonly steps = tourSteps();
  private at = -1;
  private listening: vscode.Disposable | undefined;

  constructor(private readonly services: TourServices) {}

  /** @param step from 0; null or one that is not there ends the tour */
  async go(step: number | null): Promise<void> {
    this.listening?.dispose();
    const { services, steps } = this;
    const next = step === null ? undefined : steps[step];
    // What one step switched off is on again in the next.
    if (this.at !== step && steps[this.at]?.off) services.changes.restore();
    if (!next || step === null) {
      this.at = -1;
      services.page().tour(null);
      return;
    }
    this.at = step;
    const place = await services.lines.placeOf(next.line);
    if (!place || this.at !== step) return;
    const page = services.page();
    const shown = { step, of: steps.length, title: next.title };
    page.tour({ ...shown, text: vscode.l10n.t('The numbers are coming…') });
    page.show(place, { begins: 0 });
    page.open(next.view);
    const { text } = page;
    if (!text) return;
    const tell = async (run: ScoredRun) => {
      if (this.at !== step) return;
      this.choose(text, run, next);
      const bundled = firstHead(run.loaded!.model) !== undefined;
      if (next.off && bundled && services.changes.state.parts.length === 0) return services.changes.switchOff(next.off);
      if (next.off && !bundled) {
        page.tour({
          ...shown,
          text: vscode.l10n.t('This step is about the bundled model: choose its heads in Heads.'),
        });
        return;
      }
      page.tour({ ...shown, text: next.say(run) });
    };
    this.listening = vscode.Disposable.from(text.read({ finished: (run) => void tell(run) }));
    if (text.state === 'finished' && text.run) await tell(text.run);
  }

  dispose(): void {
    this.listening?.dispose();
  }

  private choose(text: ScoredText, { tokens, loaded }: ScoredRun, { token, head }: TourStep): void {
    const at = token === undefined ? -1 : tokens.findLastIndex((each) => each.text === token);
    text.choose({ token: at >= 0 ? at : tokens.length }, this);
    if (head && loaded && firstHead(loaded.model)) text.choose(head, this);
  }
}
