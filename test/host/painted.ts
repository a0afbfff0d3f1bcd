import type { TestApi } from '../../src/extension.ts';
import { drive } from './drive.ts';

/** A line of the editor with its ghost text, as it was on the screen in some frame. */
interface PaintedLine {
  /** What stands before the ghost text, and after it. */
  before: string;
  ghost: string;
  after: string;
}

/** Where the window keeps what it painted. */
type Recorder = typeof globalThis & { paintedGhosts?: Map<string, PaintedLine>; recordGhosts?: boolean };

/** Keeps each line that is painted with ghost text in it, frame by frame, and what was suggested. */
export class Painted {
  /** What stood before the caret in its line, with the first line of each suggestion that was offered. */
  private readonly suggested = new Set<string>();
  private readonly listening: { dispose(): void }[];

  private constructor(api: TestApi) {
    this.listening = [
      api.ghost.onDidChange((now) => {
        if (now.state !== 'shown') return;
        for (const { text } of [now.suggestion, ...now.others])
          this.suggested.add((now.lineBefore + text).split(/\r?\n/)[0]);
      }),
      api.whatIf.onDidChange((line) => line && this.suggested.add(line.before + line.text)),
    ];
  }

  static async watch(api: TestApi): Promise<Painted> {
    await drive.eval(() => {
      const recorder = globalThis as Recorder;
      const found = new Map<string, PaintedLine>();
      recorder.paintedGhosts = found;
      recorder.recordGhosts = true;
      const look = () => {
        for (const shown of document.querySelectorAll('.view-line:has(.ghost-text-decoration)')) {
          const parts = [...shown.querySelectorAll('span > span')];
          const isGhost = (part: Element) => part.classList.contains('ghost-text-decoration');
          const [first, last] = [parts.findIndex(isGhost), parts.findLastIndex(isGhost)];
          const text = (from: number, to?: number) =>
            parts
              .slice(from, to)
              .map((part) => part.textContent)
              .join('')
              .replaceAll('\u00a0', ' ');
          const line = { before: text(0, first), ghost: text(first, last + 1), after: text(last + 1) };
          found.set(JSON.stringify(line), line);
        }
        if (recorder.recordGhosts) requestAnimationFrame(look);
      };
      requestAnimationFrame(look);
    });
    return new Painted(api);
  }

  /** Lines that were painted with ghost text. */
  lines(): Promise<PaintedLine[]> {
    return drive.eval(() => [...((globalThis as Recorder).paintedGhosts ?? new Map<string, PaintedLine>()).values()]);
  }

  /** Those with another suggestion than one for what stood there. */
  async wrong(): Promise<PaintedLine[]> {
    const lines = await this.lines();
    const all = [...this.suggested];
    // A long line is wrapped: what is painted is a part of it.
    return lines.filter(({ before, ghost }) => !all.some((whole) => whole.includes(before + ghost)));
  }

  dispose(): void {
    for (const listener of this.listening) listener.dispose();
    void drive.eval(() => {
      (globalThis as Recorder).recordGhosts = false;
    });
  }
}
