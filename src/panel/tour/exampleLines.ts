import type * as vscode from 'vscode';
import { TrackedText } from '../../explore/trackedText.ts';

/** Words that mean nothing, twice. */
export const TWICE = 'Zorn plim quate brisk';

/** Lines of the example, which is opened once, and again where somebody wrote over it. */
export class ExampleLines {
  private document: vscode.TextDocument | undefined;

  constructor(private readonly openExample: () => Promise<vscode.TextEditor>) {}

  /** @param beginning what the line begins with */
  async placeOf(beginning: string): Promise<TrackedText | undefined> {
    const there = this.document && lineOf(this.document, beginning);
    if (there) return there;
    this.document = (await this.openExample()).document;
    return lineOf(this.document, beginning);
  }
}

function lineOf(document: vscode.TextDocument, beginning: string): TrackedText | undefined {
  for (let i = 0; !document.isClosed && i < document.lineCount; i++) {
    const { text, range } = document.lineAt(i);
    if (text.startsWith(beginning))
      return new TrackedText(document, { start: document.offsetAt(range.start), end: document.offsetAt(range.end) });
  }
  return undefined;
}
