/**
 * GPT-2's alphabet: every byte as one printable character, so that byte-level BPE can work on strings. Printable
 * Latin-1 stands for itself; the rest is moved up to U+0100 and on, in order.
 */
const characterOf: string[] = [];
const byteOf = new Map<string, number>();
let moved = 0;
for (let byte = 0; byte < 256; byte++) {
  const printable = (byte > 0x20 && byte < 0x7f) || (byte > 0xa0 && byte !== 0xad);
  characterOf.push(String.fromCharCode(printable ? byte : 0x100 + moved++));
  byteOf.set(characterOf[byte], byte);
}

/** The bytes that a string of the alphabet stands for; undefined where a character is not of the alphabet. */
export function alphabetBytes(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    const byte = byteOf.get(text[i]);
    if (byte === undefined) return undefined;
    bytes[i] = byte;
  }
  return bytes;
}

/** Bytes as a string of the alphabet. */
export function toAlphabet(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += characterOf[byte];
  return text;
}
