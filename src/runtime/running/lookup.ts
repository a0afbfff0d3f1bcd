/** Tokens at the end of the text that are looked for earlier in it, the most telling first. */
const LONGEST = 3;
/** Proposals checked at most in one chunk. */
const MOST = 7;
/**
 * Time of a chunk of so many tokens relative to one of a single token, at a few hundred cached ones (measured): several
 * rows at once are nearly free.
 */
const CHUNK_COST = [0, 1, 1.2, 1.3, 1.35, 1.46, 1.57, 1.68, 1.8];
/** Of each row more. */
const COST_OF_MORE = 0.11;
/** How sure a match of 1, 2, 3 tokens is before any has been seen. */
const FIRST_GUESS = [0.2, 0.5, 0.7];
/** How many tokens at the end of a text show how well its matches hold. */
const STUDIED = 64;
/** How much the last outcome counts. */
const MEMORY = 0.2;
/** A chunk must promise so much to be worth more than a single step. */
const WORTH = 1.1;

/** What followed the last tokens of a text when they stood in it before. */
export interface Match {
  /** How many tokens matched, 1 to LONGEST. */
  length: number;
  /** The tokens that followed. */
  next: readonly number[];
}

/** The latest earlier place where the longest run of the last tokens before `end` stands too. */
export function findEarlier(ids: readonly number[], end = ids.length): Match | undefined {
  for (let length = Math.min(LONGEST, end - 1); length > 0; length--) {
    for (let at = end - 1; at >= length; at--) {
      let same = 0;
      while (same < length && ids[at - 1 - same] === ids[end - 1 - same]) same++;
      if (same === length) return { length, next: ids.slice(at, Math.min(end, at + MOST)) };
    }
  }
  return undefined;
}

/**
 * Speculation by look-up (prompt look-up decoding; Leviathan et al., arXiv 2211.17192, for checking in one run): how many
 * of the tokens that followed before are worth proposing. Follows how well earlier matches held, also those that were
 * not proposed.
 */
export class Lookup {
  private readonly holds = [...FIRST_GUESS];
  private match: Match | undefined;

  /** @param text what stands there before decoding: its end shows how well matches hold in it */
  constructor(text: readonly number[] = []) {
    for (let end = Math.max(1, text.length - STUDIED); end < text.length; end++) {
      this.match = findEarlier(text, end);
      this.learn([text[end]]);
    }
  }

  /** @param ids all tokens so far @param room how many may be proposed at most */
  propose(ids: readonly number[], room: number): readonly number[] {
    return proposeTogether([{ lookup: this, ids, room }])[0];
  }

  /**
   * Looks for what followed the last of `ids` earlier.
   * @returns how many tokens a run is expected to bring with 0, 1, 2 … of them proposed
   */
  look(ids: readonly number[], room: number): number[] {
    this.match = findEarlier(ids);
    const expected = [1];
    if (!this.match) return expected;
    const p = this.holds[this.match.length - 1];
    const most = Math.min(room, this.match.next.length);
    for (let m = 1; m <= most; m++) expected.push(expected[m - 1] + p ** m);
    return expected;
  }

  /** The first `count` tokens of what followed at the last `look`. */
  found(count: number): readonly number[] {
    return this.match?.next.slice(0, count) ?? [];
  }

  /** Tells which tokens really came after those of the last look-up. */
  learn(came: readonly number[]): void {
    if (!this.match) return;
    const { length, next } = this.match;
    for (let i = 0; i < came.length && i < next.length; i++) {
      const held = came[i] === next[i];
      this.holds[length - 1] += MEMORY * (Number(held) - this.holds[length - 1]);
      if (!held) return;
    }
  }
}

/** A text that is decoded beside others, each a row or more of the same chunk. */
export interface Decoded {
  lookup: Lookup;
  /** All its tokens so far. */
  ids: readonly number[];
  /** How many tokens may be proposed at most: one run brings one more. */
  room: number;
}

/**
 * What to propose for texts that are decoded in lockstep. They are done when the slowest is, and every row makes the run
 * longer for all: each text proposes the fewest tokens that keep it at the pace at which the whole takes least.
 */
export function proposeTogether(texts: readonly Decoded[]): (readonly number[])[] {
  // Runs that each text still takes with 0, 1, 2 … proposals in every one.
  const runs = texts.map(({ lookup, ids, room }) => lookup.look(ids, room).map((expected) => (room + 1) / expected));
  let counts = texts.map(() => 0);
  let least = (Math.max(...runs.map(([plain]) => plain)) * chunkCost(texts.length)) / WORTH;
  for (const pace of new Set(runs.flat())) {
    const needed = runs.map((left) => left.findIndex((count) => count <= pace));
    if (needed.includes(-1)) continue;
    const took = pace * chunkCost(needed.reduce((sum, count) => sum + count, texts.length));
    if (took >= least) continue;
    least = took;
    counts = needed;
  }
  return texts.map(({ lookup }, i) => lookup.found(counts[i]));
}

function chunkCost(rows: number): number {
  const last = CHUNK_COST.length - 1;
  return rows <= last ? CHUNK_COST[rows] : CHUNK_COST[last] + COST_OF_MORE * (rows - last);
}
