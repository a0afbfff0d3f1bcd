/** One head's thumbnail as pixels: the whole matrix, or the row of one token as a strip. Pure drawing. */
import { blockOf, type Thumbnails } from '../../src/analysis/thumbnails.ts';
import type { Rgb } from './scale.ts';

export interface CellLook {
  width: number;
  height: number;
  /** The token whose row is shown; null: all of them. */
  row: number | null;
  colour(weight: number): Rgb;
}

/** Pixels of a thumbnail, RGBA; a pixel over several values has the largest of them. */
export function headPixels(thumbnails: Thumbnails, head: number, { width, height, row, colour }: CellLook): ImageData {
  const { side, n, bytes, max } = thumbnails;
  const image = new ImageData(width, height);
  const pixels = new Uint32Array(image.data.buffer);
  const packed = Array.from({ length: 256 }, (_, byte) => {
    const [r, g, b] = colour((byte / 255) * max);
    return (0xff000000 | (Math.round(b) << 16) | (Math.round(g) << 8) | Math.round(r)) >>> 0;
  });
  const lines = row === null ? height : 1;
  for (let y = 0; y < lines; y++) {
    const [top, bottom] = row === null ? span(y, height, side) : [blockOf(row, n, side), blockOf(row, n, side) + 1];
    for (let x = 0; x < width; x++) {
      const [left, right] = span(x, width, side);
      let most = 0;
      for (let i = top; i < bottom; i++) {
        const from = (head * side + i) * side;
        for (let j = left; j < right; j++) if (bytes[from + j] > most) most = bytes[from + j];
      }
      pixels[y * width + x] = packed[most];
    }
  }
  // The lines of a strip are equal.
  for (let y = lines; y < height; y++) pixels.copyWithin(y * width, 0, width);
  return image;
}

const span = (pixel: number, pixels: number, values: number): [number, number] => {
  const from = Math.floor((pixel * values) / pixels);
  return [from, Math.max(from + 1, Math.ceil(((pixel + 1) * values) / pixels))];
};
