/** Whether memory stays level: what is resident each time the engine's caches hold the same. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { WindowEngine } from '../../../src/explore/windowEngine.ts';

/** As many texts as the engine keeps caches of, as long as a document here becomes. */
const TEXTS = 3;
const TOKENS = 1000;

export class Level {
  /** Bytes. */
  private readonly resident: number[] = [];

  constructor(private readonly engine: WindowEngine) {
    setFlagsFromString('--expose-gc');
  }

  /** Runs the same texts as every time, and notes what is resident then. */
  async note(): Promise<void> {
    const { signal } = new AbortController();
    await this.engine.ready(signal, () => {});
    const engine = this.engine.channel('soak');
    for (let text = 0; text < TEXTS; text++) {
      const ids = Array.from({ length: TOKENS }, (_, i) => 100 + ((7919 * i + 104_729 * (text + 1)) % 40_000));
      for await (const _ of engine.run({ ids, topK: 0 }, signal));
    }
    runInNewContext('gc')();
    this.resident.push(process.memoryUsage().rss);
  }

  /** Mean of the last third of the notes over that of the second third; what is kept once is there by then. */
  get growth(): number {
    const third = Math.floor(this.resident.length / 3);
    const mean = (of: number[]) => of.reduce((sum, bytes) => sum + bytes, 0) / of.length;
    return third === 0 ? 1 : mean(this.resident.slice(-third)) / mean(this.resident.slice(-2 * third, -third));
  }

  toString(): string {
    const all = this.resident.map((bytes) => Math.round(bytes / 1e6));
    return `memory: ${all.join(', ')} MB; the last third ${this.growth.toFixed(2)} of the one before`;
  }
}
