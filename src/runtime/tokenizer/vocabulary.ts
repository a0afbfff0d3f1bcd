import { alphabetBytes } from './byteAlphabet.ts';
import type { CheckedDefinition, DecoderKind } from './definition.ts';
import type { Piece, Token } from './types.ts';
import { byteRanges, fromUtf8, isWholeUtf8, toUtf8 } from './utf8.ts';

/** What one id stands for. */
export interface Entry {
  piece: Piece;
  bytes: Uint8Array;
  /** Bytes are joined with those of neighbours of the same kind; text stands for itself. */
  kind: 'bytes' | 'text';
}

/** Ids without a token: rows a model has beyond its tokenizer's vocabulary. */
const NOTHING: Entry = { piece: { text: '', special: true }, bytes: new Uint8Array(0), kind: 'text' };

/** From ids to text. */
export class Vocabulary {
  private readonly strings: string[] = [];
  private readonly added = new Map<number, { content: string; special: boolean }>();
  private readonly entries = new Map<number, Entry>();
  private readonly decoder: DecoderKind;

  constructor(definition: CheckedDefinition) {
    this.decoder = definition.decoder;
    for (const [token, id] of definition.model.vocab) this.strings[id] = token;
    for (const token of definition.added) this.added.set(token.id, token);
  }

  entry(id: number): Entry {
    let entry = this.entries.get(id);
    if (!entry) {
      entry = this.make(id);
      this.entries.set(id, entry);
    }
    return entry;
  }

  private make(id: number): Entry {
    const added = this.added.get(id);
    if (added) {
      const piece: Piece = { text: added.content };
      if (added.special) piece.special = true;
      return { piece, bytes: toUtf8(added.content), kind: 'text' };
    }
    const token = this.strings[id];
    if (token === undefined) return NOTHING;
    if (this.decoder.byteLevel) {
      const bytes = alphabetBytes(token);
      return bytes ? fromBytes(bytes) : { piece: { text: token }, bytes: toUtf8(token), kind: 'bytes' };
    }
    if (this.decoder.byteFallback && /^<0x[0-9A-Fa-f]{2}>$/.test(token)) {
      return fromBytes(Uint8Array.of(Number.parseInt(token.slice(3, 5), 16)));
    }
    const text = this.decoder.metaspace ? token.replaceAll('\u2581', ' ') : token;
    return { piece: { text }, bytes: toUtf8(text), kind: 'text' };
  }

  /** The text that ids decode to, and where each stands in it. */
  render(ids: readonly number[]): { text: string; tokens: Token[] } {
    const tokens: Token[] = [];
    const parts: string[] = [];
    let length = 0;
    for (let i = 0; i < ids.length; ) {
      const entry = this.entry(ids[i]);
      if (entry.kind === 'text') {
        const end = length + entry.piece.text.length;
        tokens.push({ id: ids[i], ...entry.piece, start: length, end });
        parts.push(entry.piece.text);
        length = end;
        i++;
        continue;
      }
      let last = i;
      while (last < ids.length && this.entry(ids[last]).kind === 'bytes') last++;
      const run = this.renderBytes(ids.slice(i, last), length);
      for (const token of run.tokens) tokens.push(token);
      parts.push(run.text);
      length += run.text.length;
      i = last;
    }
    return this.withoutPrefix(parts.join(''), tokens);
  }

  private renderBytes(ids: readonly number[], offset: number): { text: string; tokens: Token[] } {
    const entries = ids.map((id) => this.entry(id));
    const bytes = new Uint8Array(entries.reduce((sum, entry) => sum + entry.bytes.length, 0));
    let at = 0;
    for (const entry of entries) {
      bytes.set(entry.bytes, at);
      at += entry.bytes.length;
    }
    // A SentencePiece decoder gives up a whole run of byte tokens that is not UTF-8: one U+FFFD each.
    const hopeless = !this.decoder.byteLevel && !isWholeUtf8(bytes);
    const text = hopeless ? '\uFFFD'.repeat(bytes.length) : fromUtf8(bytes);
    const ranges = hopeless ? undefined : byteRanges(bytes);
    at = 0;
    const tokens = entries.map((entry, i): Token => {
      const first = at;
      at += entry.bytes.length;
      const start = offset + (ranges ? (ranges.start[first] ?? text.length) : first);
      const end = at > first ? offset + (ranges ? ranges.end[at - 1] : at) : start;
      return { id: ids[i], ...entry.piece, start, end };
    });
    return { text, tokens };
  }

  /** Takes off the spaces the tokenizer puts before a text. */
  private withoutPrefix(text: string, tokens: Token[]): { text: string; tokens: Token[] } {
    let cut = 0;
    while (cut < this.decoder.stripStart && text[cut] === ' ') cut++;
    if (cut === 0) return { text, tokens };
    for (const token of tokens) {
      token.start = Math.max(0, token.start - cut);
      token.end = Math.max(0, token.end - cut);
    }
    return { text: text.slice(cut), tokens };
  }
}

function fromBytes(bytes: Uint8Array): Entry {
  const text = fromUtf8(bytes);
  return { piece: isWholeUtf8(bytes) ? { text } : { text, bytes }, bytes, kind: 'bytes' };
}
