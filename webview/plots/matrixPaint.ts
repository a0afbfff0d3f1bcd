/** The attention matrix with its marks and names, on a canvas. Pure drawing. */
import { type Matrix, matrixPixels, type Window } from './matrix.ts';
import type { Palette } from './palette.ts';
import { css, type Rgb } from './scale.ts';
import { imageOf, type Surface } from './surface.ts';

export interface Cell {
  row: number;
  column: number;
}

export interface MatrixContent {
  matrix: Matrix;
  colour: (value: number) => Rgb;
  palette: Palette;
  /** Row of the chosen token. */
  chosenRow: number;
  cursor: Cell | null;
  name(position: number): string;
}

/** CSS pixels a name may take, beside the diagonal and in the gutter. */
export const NAME_ROOM = 96;
/** CSS pixels from one name to the next, at least. */
const NAME_LINE = 13;

/**
 * @param scale device pixels a CSS pixel
 * @param gutter device pixels at the left where the rows' names stand, over what is scrolled
 */
export function paintMatrix(context: Surface, content: MatrixContent, view: Window, scale: number, gutter = 0): void {
  const { matrix, colour, palette, chosenRow, cursor } = content;
  const { x, y, cell } = view;
  context.drawImage(imageOf(matrixPixels(matrix, view, colour)), 0, 0);
  const line = Math.max(1, Math.round(scale));
  const text = css(palette.foreground);
  const ground = css(palette.background);
  const frame = (left: number, top: number, w: number, h: number, style: string) => {
    context.strokeStyle = style;
    context.lineWidth = line;
    context.strokeRect(left - line / 2, top - line / 2, w + line, h + line);
  };
  /** Two lines, so that it is seen on every colour. */
  const twice = (left: number, top: number, w: number, h: number, style: string) => {
    frame(left, top, w, h, ground);
    frame(left - line, top - line, w + 2 * line, h + 2 * line, style);
  };
  // Zero has the background's colour: the matrix' edge is drawn.
  edge(context, matrix.n, view, line, css(palette.faint));
  const tall = Math.max(cell, 2);
  if (cursor) {
    const { row, column } = cursor;
    // Crosshair: along the row to the cell, and down the column to it.
    context.fillStyle = text;
    context.globalAlpha = 0.6;
    context.fillRect(x, y + (row + 0.5) * cell - line / 2, column * cell, line);
    context.fillRect(x + (column + 0.5) * cell - line / 2, y + column * cell, line, (row - column) * cell);
    context.globalAlpha = 1;
    twice(x + column * cell, y + row * cell, tall, tall, text);
  }
  twice(x, y + chosenRow * cell, (chosenRow + 1) * cell, tall, css(palette.focus));
  names(context, content, view, scale, gutter);
}

/** Left of the first column, below the last row, and along the diagonal. */
function edge(context: Surface, n: number, { x, y, cell }: Window, line: number, style: string): void {
  context.strokeStyle = style;
  context.lineWidth = line;
  context.beginPath();
  context.moveTo(x - line / 2, y - line / 2);
  context.lineTo(x - line / 2, y + n * cell + line / 2);
  context.lineTo(x + n * cell + line / 2, y + n * cell + line / 2);
  for (let i = n; i > 0; i--) {
    context.lineTo(x + i * cell + line / 2, y + (i - 1) * cell - line / 2);
    context.lineTo(x + (i - 1) * cell + line / 2, y + (i - 1) * cell - line / 2);
  }
  context.stroke();
}

/** As many as there is room for: the pointed and the chosen row's before all others. */
function names(
  context: Surface,
  { matrix, palette, chosenRow, cursor, name }: MatrixContent,
  { x, y, cell, height }: Window,
  scale: number,
  gutter: number,
): void {
  const { n } = matrix;
  const apart = Math.ceil((NAME_LINE * scale) / cell);
  const first = Math.max(0, Math.floor(-y / cell));
  const end = Math.min(n, Math.ceil((height - y) / cell));
  const marked = [...new Set([cursor?.row ?? chosenRow, chosenRow])].filter((row) => row >= first && row < end);
  const shown = marked.filter((row, i) => i === 0 || Math.abs(row - marked[0]) >= apart);
  const ofMarked = shown.length;
  for (let row = Math.ceil(first / apart) * apart; row < end; row += apart) {
    if (shown.slice(0, ofMarked).every((other) => Math.abs(row - other) >= apart)) shown.push(row);
  }
  const room = (NAME_ROOM - 8) * scale;
  // The first name is whole, however small its row is.
  const lineOf = (row: number) => y + Math.max((row + 0.5) * cell, (NAME_LINE / 2) * scale);
  context.textBaseline = 'middle';
  context.textAlign = 'left';
  const write = (row: number, at: number) => {
    context.font = `${marked.includes(row) ? 'bold ' : ''}${Math.round(12 * scale)}px ${palette.font}`;
    context.fillText(name(row), at, lineOf(row), room);
  };
  context.fillStyle = css(palette.foreground);
  for (const row of shown) write(row, x + (row + 1) * cell + 6 * scale);
  if (gutter === 0) return;
  context.fillStyle = css(palette.background);
  context.fillRect(0, 0, gutter, height);
  context.fillStyle = css(palette.foreground);
  for (const row of shown) write(row, 2 * scale);
}
