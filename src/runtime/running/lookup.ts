/** Tokens at the end of the text that are looked for earlier in it, the most telling first. */
const LONGEST = 3;
/** Proposals checked at most in one chunk. */
const MOST = 7;
/**
 * Time of a chunk of so many tokens relative to one of a single token, at a few hundred cached ones (measured): several
 * rows at once are nearly free.
 */
const CHUNK_COST = [0, 1, 1.2, 1.3, 1.35, 1.46, 1.57, 1.68, 1.8];
/** How sure a match of 1, 2, 3 tokens is before any has been seen to hold. */
const FIRST_GUESS = [0.2, 0.5, 0.7];
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

/** The latest earlier place where the longest run of the last tokens stands too. */
export function findEarlier(ids: readonly number[]): Match | undefined {
  const end = ids.length;
  for (let length = Math.min(LONGEST, end - 1); length > 0; length--) {
    for (let at = end - 1; at >= length; at--) {
      let same = 0;
      while (same < length && ids[at - 1 - same] === ids[end - 1 - same]) same++;
      if (same === length) return { length, next: ids.slice(at, at + MOST) };
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

  /** @param ids all tokens so far @param room how many may be proposed at most */
  propose(ids: readonly number[], room: number): readonly number[] {
    this.match = findEarlier(ids);
    if (!this.match) return [];
    const p = this.holds[this.match.length - 1];
    let best = 0;
    let gain = WORTH;
    let expected = 1;
    for (let m = 1; m <= Math.min(room, this.match.next.length); m++) {
      expected += p ** m;
      if (expected / CHUNK_COST[m + 1] <= gain) continue;
      gain = expected / CHUNK_COST[m + 1];
      best = m;
    }
    return this.match.next.slice(0, best);
  }

  /** Tells which tokens really came after those of the last `propose`. */
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
