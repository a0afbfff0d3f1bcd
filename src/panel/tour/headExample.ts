import type * as vscode from 'vscode';
import { clearestRow } from '../../analysis/patterns.ts';
import type { ScoredRun } from '../../explore/scoredRun.ts';
import type { ExplorePage } from '../explorePage.ts';
import { type ExampleLines, TWICE } from './exampleLines.ts';

/** Shows a head at work: words that come twice, and of the second time the token where it looks the most clearly. */
export class HeadExample implements vscode.Disposable {
  private listening: vscode.Disposable | undefined;

  constructor(
    private readonly lines: ExampleLines,
    private readonly page: () => ExplorePage,
  ) {}

  async show(layer: number, head: number): Promise<void> {
    this.listening?.dispose();
    const place = await this.lines.placeOf(TWICE);
    if (!place) return;
    const page = this.page();
    page.show(place, { begins: 0 });
    page.open('attention');
    const { text } = page;
    if (!text) return;
    text.choose({ layer, head }, this);
    const look = async (run: ScoredRun) => {
      const abort = new AbortController();
      this.listening = { dispose: () => abort.abort() };
      try {
        const pattern = await run.patterns?.of(layer, abort.signal);
        if (pattern && text.run === run) text.choose({ token: clearestRow(pattern, head) }, this);
      } catch {
        // Another head was asked for, or the text is gone; the page asks for the pattern too, and says what is wrong with it.
      }
    };
    if (text.state === 'finished' && text.run) return look(text.run);
    const reading = text.read({
      finished: (run) => {
        reading.dispose();
        void look(run);
      },
    });
    this.listening = reading;
  }

  dispose(): void {
    this.listening?.dispose();
  }
}
