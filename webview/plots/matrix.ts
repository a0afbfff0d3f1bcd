/** A lower triangular matrix as pixels. Pure drawing from the typed array: only what is in the window. */
import type { Rgb } from './scale.ts';

export interface Matrix {
  data: Float32Array;
  /** Index of row 0, column 0. */
  offset: number;
  n: number;
}

export interface Window {
  /** Device pixels of the canvas. */
  width: number;
  height: number;
  /** Where the matrix' corner lies, in device pixels from the window's: scrolled on, it is negative. */
  x: number;
  y: number;
  /** Device pixels a cell. Whole from 1 on; below 1 a pixel shows the cell of the largest magnitude. */
  cell: number;
}

/**
 * Largest value of the lower triangle without row 0: the first token can look at itself only. 1 where there is no other.
 * @param from leaves out the columns before it
 */
export function largest({ data, offset, n }: Matrix, from = 0): number {
  if (n < 2) return 1;
  let max = 0;
  for (let row = 1; row < n; row++) {
    const start = offset + row * n;
    for (let column = from; column <= row; column++) if (data[start + column] > max) max = data[start + column];
  }
  return max;
}

/** The largest cell size, whole from 1 on, with which n cells fit into `room` device pixels. */
export const fittingCell = (n: number, room: number): number =>
  n <= room ? Math.max(1, Math.floor(room / n)) : room / n;

/** Pixels of the window, RGBA; transparent where the matrix is not. */
export function matrixPixels(matrix: Matrix, window: Window, colour: (value: number) => Rgb): ImageData {
  const { width, height, x, y, cell } = window;
  const { data, offset, n } = matrix;
  const image = new ImageData(width, height);
  const pixels = new Uint32Array(image.data.buffer);
  const packed = (value: number): number => {
    const [r, g, b] = colour(value);
    return (0xff000000 | (Math.round(b) << 16) | (Math.round(g) << 8) | Math.round(r)) >>> 0;
  };
  const span = (pixel: number, corner: number): [number, number] => {
    const from = (pixel - corner) / cell;
    return [Math.floor(from), Math.max(Math.floor(from) + 1, Math.ceil(from + 1 / cell))];
  };
  const columns = Array.from({ length: width }, (_, px) => (cell >= 1 ? wholeSpan(px - x, cell) : span(px, x)));
  let lastRow = -1;
  for (let py = 0; py < height; py++) {
    const [rowFrom, rowTo] = cell >= 1 ? wholeSpan(py - y, cell) : span(py, y);
    if (rowFrom < 0 || rowFrom >= n) continue;
    // The lines of one cell are equal.
    if (cell >= 1 && rowFrom === lastRow) {
      pixels.copyWithin(py * width, (py - 1) * width, py * width);
      continue;
    }
    lastRow = rowFrom;
    let lastColumn = -1;
    let shade = 0;
    for (let px = 0; px < width; px++) {
      const [from, to] = columns[px];
      if (from < 0) continue;
      if (from >= n || from > Math.min(rowTo, n) - 1) break;
      if (cell < 1 || from !== lastColumn) {
        lastColumn = from;
        shade = packed(
          cell >= 1 ? data[offset + rowFrom * n + from] : maxOf(data, offset, n, rowFrom, Math.min(rowTo, n), from, to),
        );
      }
      pixels[py * width + px] = shade;
    }
  }
  return image;
}

const wholeSpan = (distance: number, cell: number): [number, number] => {
  const index = Math.floor(distance / cell);
  return [index, index + 1];
};

function maxOf(
  data: Float32Array,
  offset: number,
  n: number,
  rowFrom: number,
  rowTo: number,
  from: number,
  to: number,
): number {
  let max = 0;
  for (let row = rowFrom; row < rowTo; row++) {
    for (let column = from; column < Math.min(to, row + 1); column++) {
      const value = data[offset + row * n + column];
      if (Math.abs(value) > Math.abs(max)) max = value;
    }
  }
  return max;
}

/** The cell under a point of the window; null outside the lower triangle. */
export function cellAt(
  n: number,
  { x, y, cell }: Window,
  px: number,
  py: number,
): { row: number; column: number } | null {
  const row = Math.floor((py - y) / cell);
  const column = Math.floor((px - x) / cell);
  return row >= 0 && row < n && column >= 0 && column <= row ? { row, column } : null;
}
