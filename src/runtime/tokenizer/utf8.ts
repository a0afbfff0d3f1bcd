/** UTF-8 with a map back to UTF-16: which code units of the text a byte belongs to. */

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
const strict = new TextDecoder('utf-8', { ignoreBOM: true, fatal: true });
const encoder = new TextEncoder();

export const toUtf8 = (text: string): Uint8Array => encoder.encode(text);

/** Lossy: each maximal ill-formed part becomes one U+FFFD, as the Encoding Standard says. */
export const fromUtf8 = (bytes: Uint8Array): string => decoder.decode(bytes);

export function isWholeUtf8(bytes: Uint8Array): boolean {
  try {
    strict.decode(bytes);
    return true;
  } catch {
    return false;
  }
}

/** Lone surrogates have no UTF-8 form; U+FFFD is as long as they are, so no offset moves. */
export const wellFormed = (text: string): string => text.replace(/\p{Surrogate}/gu, '\uFFFD');

/** Range of UTF-16 code units for every byte: `start[i]`, `end[i]` of the character that byte i is part of. */
export interface ByteRanges {
  start: Int32Array;
  end: Int32Array;
}

/** Ranges in the text that {@link fromUtf8} makes of `bytes`, ill-formed parts included. */
export function byteRanges(bytes: Uint8Array): ByteRanges {
  const start = new Int32Array(bytes.length);
  const end = new Int32Array(bytes.length);
  let unit = 0;
  for (let i = 0; i < bytes.length; ) {
    const length = characterLength(bytes, i);
    const units = length === 4 && isComplete(bytes, i, 4) ? 2 : 1;
    start.fill(unit, i, i + length);
    end.fill(unit + units, i, i + length);
    unit += units;
    i += length;
  }
  return { start, end };
}

const isComplete = (bytes: Uint8Array, at: number, length: number): boolean =>
  at + length <= bytes.length && bytes[at] >= 0xf0 && (bytes[at + length - 1] & 0xc0) === 0x80;

/** Bytes of the character at `at`, or of the maximal ill-formed part there (Unicode 3.9, table 3-7). */
function characterLength(bytes: Uint8Array, at: number): number {
  const lead = bytes[at];
  const needed = lead < 0xc2 ? 0 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : lead < 0xf5 ? 3 : 0;
  let low = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
  let high = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
  let length = 1;
  while (length <= needed && at + length < bytes.length && bytes[at + length] >= low && bytes[at + length] <= high) {
    length++;
    low = 0x80;
    high = 0xbf;
  }
  return length;
}
