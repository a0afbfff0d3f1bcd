/** Whether memory stays level: what is resident, and what the host uses, each time the engine's caches hold the same. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { WindowEngine } from '../../../src/explore/windowEngine.ts';

/** As many texts as the engine keeps caches of, as long as a document here becomes. */
const TEXTS = 3;
const TOKENS = 1000;
/** The worker collects what it has let go when it comes to it: what is resident goes up and down meanwhile. */
const ROUNDS = 2;
/**
 * From one engine to the next what is resident differs by 5 %, in no order, though each has done the same (measured
 * over twenty without a window): of fewer notes the halves differ by chance.
 */
const FEWEST_NOTES = 10;
const MOST_RESIDENT = 1.15;
/** The host's own is collected before it is noted. */
const MOST_USED = 1.1;

export class Level {
  /** Bytes, each time: of the process, and of that what the host's objects and arrays take. */
  private readonly resident: number[] = [];
  private readonly used: number[] = [];

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
    const { heapUsed, external } = process.memoryUsage();
    this.used.push(heapUsed + external);
  }

  /** What is wrong with it; undefined: it is level, as far as there are notes enough to say. */
  get problem(): string | undefined {
    if (this.resident.length < FEWEST_NOTES) return undefined;
    if (growth(this.resident) > MOST_RESIDENT) return 'what is resident grows';
    return growth(this.used) > MOST_USED ? 'what the host uses grows' : undefined;
  }

  toString(): string {
    const said = (of: number[]) =>
      `${of.map((bytes) => Math.round(bytes / 1e6)).join(', ')} MB, the later half ${growth(of).toFixed(2)} of the earlier`;
    const few = this.resident.length < FEWEST_NOTES ? `; fewer than ${FEWEST_NOTES} notes say nothing` : '';
    return `resident: ${said(this.resident)}\nused by the host: ${said(this.used)}${few}`;
  }
}

/** Median of the later half over that of the earlier one. */
function growth(notes: readonly number[]): number {
  const half = Math.floor(notes.length / 2);
  return half === 0 ? 1 : median(notes.slice(-half)) / median(notes.slice(0, half));
}

function median(of: readonly number[]): number {
  const sorted = of.toSorted((a, b) => a - b);
  return (sorted[Math.floor((sorted.length - 1) / 2)] + sorted[Math.floor(sorted.length / 2)]) / 2;
}
