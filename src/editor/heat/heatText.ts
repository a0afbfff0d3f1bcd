import * as vscode from 'vscode';
import { type HeatMeasure, heatStep, type TokenFacts } from '../../analysis/heat.ts';
import type { ScoredRun } from '../../explore/scoredRun.ts';
import type { ScoredText } from '../../explore/scoredText.ts';
import type { Reading, ScoredTexts } from '../../explore/scoredTexts.ts';
import type { OffsetRange } from '../../explore/trackedRange.ts';
import { TrackedText } from '../../explore/trackedText.ts';
import { type HeatMark, HeatMarks } from './marks.ts';

/** How many tokens the overview ruler marks, and the steps to the next surprise stop at. */
const SURPRISES = 10;

/** A document's tinted tokens: those of a scored text that covers what is visible, or a selection. */
export class HeatText implements vscode.Disposable {
  private readonly marks = new HeatMarks();
  private reading: Reading | undefined;
  private listening: { dispose(): void } | undefined;
  private readonly edits: vscode.Disposable;

  /** @param changed told when the tints are others */
  constructor(
    readonly document: vscode.TextDocument,
    private readonly texts: ScoredTexts,
    private readonly measure: () => HeatMeasure,
    private readonly changed: () => void,
  ) {
    this.edits = vscode.workspace.onDidChangeTextDocument(({ document: edited, contentChanges }) => {
      if (edited !== document || contentChanges.length === 0) return;
      let others = false;
      for (const { rangeOffset, rangeLength, text } of [...contentChanges].sort(
        (a, b) => b.rangeOffset - a.rangeOffset,
      )) {
        const edit = { offset: rangeOffset, length: rangeLength, inserted: text.length };
        others = this.marks.edited(edit) || others;
      }
      if (others) changed();
    });
  }

  /** The scored text behind the tints. */
  get text(): ScoredText | undefined {
    return this.reading?.text;
  }

  get all(): readonly HeatMark[] {
    return this.marks.all;
  }

  /** Scores a part of the document, if it is not just that part that is scored. */
  cover(range: OffsetRange): void {
    const now = this.text?.place.range;
    if (range.start === range.end || (now && now.start === range.start && now.end >= range.end)) return;
    this.let();
    this.reading = this.texts.open(new TrackedText(this.document, range), undefined, false);
    const { text } = this.reading;
    this.listening = text.read({ scored: ({ run }) => this.scored(run), finished: () => this.changed() });
    if (text.run && text.run.scores.known > 0) this.scored(text.run);
    text.begin();
  }

  /** Tints what is known by another measure. */
  redraw(): void {
    if (this.text?.run) this.scored(this.text.run);
  }

  /** The tokens that surprise most, in the order of the text. */
  get surprises(): HeatMark[] {
    const run = this.text?.run;
    if (!run || run.stale) return [];
    const { logprob, known } = run.scores;
    return Array.from({ length: known }, (_, token) => token)
      .filter((token) => !Number.isNaN(logprob[token]))
      .sort((a, b) => logprob[a] - logprob[b] || a - b)
      .slice(0, SURPRISES)
      .sort((a, b) => a - b)
      .map((token) => ({ ...this.rangeOf(run, token), step: 0, stale: false }));
  }

  dispose(): void {
    this.let();
    this.edits.dispose();
  }

  private scored(run: ScoredRun): void {
    if (run.stale) return;
    const measure = this.measure();
    const { known } = run.scores;
    const marks: HeatMark[] = [];
    for (let token = 0; token < known; token++) {
      const step = heatStep(measure, factsOf(run, token));
      if (step !== undefined) marks.push({ ...this.rangeOf(run, token), step, stale: false });
    }
    this.marks.scored(marks, known > 0 ? this.rangeOf(run, known - 1).end : 0);
    this.changed();
  }

  private rangeOf({ tokens }: ScoredRun, token: number): OffsetRange {
    const { start } = this.text!.place.range;
    return { start: tokens[token].start + start, end: tokens[token].end + start };
  }

  private let(): void {
    this.listening?.dispose();
    this.reading?.dispose();
  }
}

/** What is known of a token of a run. */
export function factsOf({ scores }: ScoredRun, token: number): TokenFacts {
  const entropy = token > 0 ? scores.entropy[token - 1] : Number.NaN;
  return { logprob: scores.logprob[token], rank: scores.rank[token], entropy };
}
