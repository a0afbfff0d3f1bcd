/** A description inside a PNG (its international text chunk, W3C PNG 11.3.3.4). */

const crcTable = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c;
});

function crc(bytes: Uint8Array): number {
  let c = 0xffffffff;
  for (const byte of bytes) c = crcTable[(c ^ byte) & 0xff] ^ (c >>> 8);
  return (c ^ 0xffffffff) >>> 0;
}

/** Signature and header: the first chunk has 13 bytes of data, and 12 around them. */
const AFTER_HEADER = 8 + 13 + 12;

/** The same picture with a text under the keyword Description. */
export function describePng(png: Uint8Array, text: string): Uint8Array {
  // Keyword, end, not compressed, no language, no translated keyword.
  const body = new TextEncoder().encode(`iTXtDescription\0\0\0\0\0${text}`);
  const chunk = new Uint8Array(body.length + 8);
  const view = new DataView(chunk.buffer);
  view.setUint32(0, body.length - 4);
  chunk.set(body, 4);
  view.setUint32(body.length + 4, crc(body));
  const described = new Uint8Array(png.length + chunk.length);
  described.set(png.subarray(0, AFTER_HEADER));
  described.set(chunk, AFTER_HEADER);
  described.set(png.subarray(AFTER_HEADER), AFTER_HEADER + chunk.length);
  return described;
}
