import type { BpeModel } from './definition.ts';

/** Tokens of one pre-token; token i covers `lengths[i]` bytes of it, none if it only goes on about the byte before. */
export interface BpeTokens {
  ids: number[];
  lengths: number[];
}

/**
 * Byte-pair encoding (Sennrich et al., arXiv 1508.07909): of all neighbours the pair that was learned first is merged,
 * the leftmost of equals first. A heap over typed arrays keeps a word of a million letters at n log n; the library's
 * own BPE takes ten seconds for one and does not say what a token covers.
 */
export class Bpe {
  /** left * size + right → rank; `merged[rank]` is what the pair becomes. */
  private readonly ranks = new Map<number, number>();
  private readonly merged: Int32Array;
  private readonly size: number;
  private readonly byteTokens: (number | undefined)[];

  constructor(
    private readonly model: BpeModel,
    /** Bytes that one character of a pre-token stands for. */
    private readonly bytesOf: (character: string) => number,
  ) {
    const { vocab, merges } = model;
    let largest = 0;
    for (const id of vocab.values()) largest = Math.max(largest, id);
    this.size = largest + 1;
    this.merged = merges.merged;
    for (let rank = 0; rank < merges.left.length; rank++) {
      // A pair that is listed twice counts with its last rank, as in a map built in order.
      this.ranks.set(merges.left[rank] * this.size + merges.right[rank], rank);
    }
    this.byteTokens = Array.from({ length: 256 }, (_, byte) =>
      vocab.get(`<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`),
    );
  }

  encode(word: string): BpeTokens {
    const whole = this.model.ignoreMerges ? this.model.vocab.get(word) : undefined;
    if (whole !== undefined) {
      let length = 0;
      for (const character of word) length += this.bytesOf(character);
      return { ids: [whole], lengths: [length] };
    }
    const symbols = this.symbols(word);
    if (symbols.ids.length < 2) return symbols;
    return this.merge(symbols);
  }

  /** One symbol a character; what the vocabulary lacks becomes its bytes, the unknown token, or nothing. */
  private symbols(word: string): BpeTokens {
    const { vocab, unkId, fuseUnk, byteFallback } = this.model;
    const ids: number[] = [];
    const lengths: number[] = [];
    let lastUnknown = false;
    let dropped = 0;
    for (const character of word) {
      const bytes = this.bytesOf(character) + dropped;
      dropped = 0;
      const id = vocab.get(character);
      const fallback = id === undefined && byteFallback ? this.fallback(character) : undefined;
      if (id !== undefined) {
        ids.push(id);
        lengths.push(bytes);
      } else if (fallback) {
        ids.push(...fallback);
        // Of a byte-level character, which is one byte of the text but two of UTF-8, the second covers nothing.
        fallback.forEach((_, i) => {
          const own = Math.min(i, bytes);
          lengths.push(Math.min(i + 1, bytes) - own);
        });
      } else if (unkId === undefined) {
        // The neighbour covers what has no token.
        if (lengths.length > 0) lengths[lengths.length - 1] += bytes;
        else dropped = bytes;
      } else if (fuseUnk && lastUnknown) {
        lengths[lengths.length - 1] += bytes;
      } else {
        ids.push(unkId);
        lengths.push(bytes);
      }
      lastUnknown = id === undefined && !fallback && unkId !== undefined;
    }
    return { ids, lengths };
  }

  private fallback(character: string): number[] | undefined {
    const ids: number[] = [];
    for (const byte of new TextEncoder().encode(character)) {
      const id = this.byteTokens[byte];
      if (id === undefined) return undefined;
      ids.push(id);
    }
    return ids;
  }

  private merge(symbols: BpeTokens): BpeTokens {
    const n = symbols.ids.length;
    const id = Int32Array.from(symbols.ids);
    const length = Int32Array.from(symbols.lengths);
    const previous = Int32Array.from({ length: n }, (_, i) => i - 1);
    const next = Int32Array.from({ length: n }, (_, i) => i + 1);
    /** Rank of the pair that starts at i, -1 for none; a heap entry that says otherwise is out of date. */
    const rankAt = new Int32Array(n).fill(-1);
    const heap = new MinHeap(n);
    const look = (i: number): void => {
      const j = next[i];
      const rank = j < n ? this.ranks.get(id[i] * this.size + id[j]) : undefined;
      rankAt[i] = rank ?? -1;
      if (rank !== undefined) heap.push(rank * POSITIONS + i);
    };
    for (let i = 0; i < n - 1; i++) look(i);
    while (heap.size > 0) {
      const entry = heap.pop();
      const i = entry % POSITIONS;
      const rank = (entry - i) / POSITIONS;
      if (rankAt[i] !== rank) continue;
      const j = next[i];
      id[i] = this.merged[rank];
      length[i] += length[j];
      rankAt[j] = -1;
      next[i] = next[j];
      if (next[j] < n) previous[next[j]] = i;
      look(i);
      if (previous[i] >= 0) look(previous[i]);
    }
    const result: BpeTokens = { ids: [], lengths: [] };
    for (let i = 0; i < n; i = next[i]) {
      result.ids.push(id[i]);
      result.lengths.push(length[i]);
    }
    return result;
  }
}

/** A heap entry is rank * POSITIONS + position: exact in a double up to ranks of 2^22. */
const POSITIONS = 2 ** 31;

class MinHeap {
  size = 0;
  private keys: Float64Array;

  constructor(capacity: number) {
    this.keys = new Float64Array(Math.max(16, capacity));
  }

  push(key: number): void {
    if (this.size === this.keys.length) {
      const grown = new Float64Array(this.size * 2);
      grown.set(this.keys);
      this.keys = grown;
    }
    const keys = this.keys;
    let i = this.size++;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (keys[parent] <= key) break;
      keys[i] = keys[parent];
      i = parent;
    }
    keys[i] = key;
  }

  pop(): number {
    const keys = this.keys;
    const top = keys[0];
    const key = keys[--this.size];
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= this.size) break;
      if (child + 1 < this.size && keys[child + 1] < keys[child]) child++;
      if (keys[child] >= key) break;
      keys[i] = keys[child];
      i = child;
    }
    keys[i] = key;
    return top;
  }
}
