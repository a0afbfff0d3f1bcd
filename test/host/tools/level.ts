/** Whether memory stays level: what is resident each time the engine's caches hold the same. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { WindowEngine } from '../../../src/explore/windowEngine.ts';

/** As many texts as the engine keeps caches of, as long as a document here becomes. */
const TEXTS = 3;
const TOKENS = 1000;
/** The worker collects what it has let go when it comes to it: what is resident goes up and down meanwhile. */
const ROUNDS = 4;

export class Level {
  /** Bytes, each time. */
  private readonly resident: number[] = [];

  constructor(private readonly engine: WindowEngine) {
    setFlagsFromString('--expose-gc');
  }

  /** Runs the same texts as every time, with the largest results there are, and notes what is resident meanwhile. */
  async note(): Promise<void> {
    const { signal } = new AbortController();
    await this.engine.ready(signal, () => {});
    const engine = this.engine.channel('soak');
    const resident: number[] = [];
    for (let i = 0; i < ROUNDS * TEXTS; i++) {
      const text = i % TEXTS;
      const ids = Array.from({ length: TOKENS }, (_, at) => 100 + ((7919 * at + 104_729 * (text + 1)) % 40_000));
      for await (const _ of engine.run({ ids, topK: 0 }, signal));
      await engine.pattern(ids, 0, undefined, signal);
      runInNewContext('gc')();
      resident.push(process.memoryUsage().rss);
    }
    this.resident.push(median(resident.slice(TEXTS)));
  }

  /** Median of the later half of the notes over that of the earlier: an engine that is just begun again has two for a while. */
  get growth(): number {
    const half = Math.floor(this.resident.length / 2);
    return half === 0 ? 1 : median(this.resident.slice(-half)) / median(this.resident.slice(0, half));
  }

  toString(): string {
    const all = this.resident.map((bytes) => Math.round(bytes / 1e6));
    return `memory: ${all.join(', ')} MB; the later half ${this.growth.toFixed(2)} of the earlier`;
  }
}

const median = (of: number[]): number => of.toSorted((a, b) => a - b)[Math.floor((of.length - 1) / 2)];
