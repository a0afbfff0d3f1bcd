/** The logit lens on a canvas: layers upwards, tokens to the right, in each cell the top token there. Pure drawing. */
import { bornAt, cellIndex, isKnownCell, type LensGrid } from '../../src/analysis/lens.ts';
import type { Palette } from './palette.ts';
import { css, type Shade } from './scale.ts';
import type { Surface } from './surface.ts';

export interface DepthCell {
  row: number;
  column: number;
}

export interface DepthContent {
  grid: LensGrid;
  /** The number behind a cell's tint; NaN where there is none. */
  value(cell: number): number;
  /** Value of the strongest tint. */
  max: number;
  colour(value: number): Shade;
  palette: Palette;
  /** Column of the chosen token, row of the chosen layer. */
  chosen: DepthCell;
  cursor: DepthCell | null;
  /** The text of a candidate, and of the text's own token. */
  nameOf(id: number): string;
  tokenName(position: number): string;
  /** What a row is called, in few letters. */
  rowLabel(row: number): string;
}

/** Device pixels. */
export interface DepthWindow {
  width: number;
  height: number;
  /** How far it is scrolled. */
  left: number;
  top: number;
  cellWidth: number;
  cellHeight: number;
  /** Room for the layers' names at the left, and for the text on top. */
  gutter: number;
  header: number;
  /** Device pixels a CSS pixel. */
  scale: number;
}

/** CSS pixels: the smallest cell with text in it, the thickest line where lines stand for tints. */
const LEAST_TEXT = { width: 22, height: 11 };
const LARGEST_FONT = 12;
const THICKEST = 4;
/** Narrower cells, CSS pixels, have no gap between them. */
const NO_GAP = 8;
const PAD = 4;

/** Rows and columns of which something is in the window, [from, to). */
export function cellsSeen({ rows, n }: LensGrid, view: DepthWindow) {
  const { width, height, left, top, cellWidth, cellHeight, gutter, header } = view;
  const down = (y: number) => Math.floor((top + y - header) / cellHeight);
  return {
    rows: [Math.max(0, rows - 1 - down(height)), Math.min(rows, rows - Math.max(0, down(header)))],
    columns: [Math.floor(left / cellWidth), Math.min(n, Math.ceil((left + width - gutter) / cellWidth))],
  };
}

/** Where a cell's corner is in the window. */
export const cornerOf = ({ rows }: LensGrid, { row, column }: DepthCell, view: DepthWindow) => ({
  x: view.gutter + column * view.cellWidth - view.left,
  y: view.header + (rows - 1 - row) * view.cellHeight - view.top,
});

/** The cell under a point of the window; null outside the grid. */
export function depthCellAt(grid: LensGrid, view: DepthWindow, x: number, y: number): DepthCell | null {
  if (x < view.gutter || y < view.header) return null;
  const column = Math.floor((x - view.gutter + view.left) / view.cellWidth);
  const row = grid.rows - 1 - Math.floor((y - view.header + view.top) / view.cellHeight);
  return row >= 0 && row < grid.rows && column < grid.n ? { row, column } : null;
}

export function paintDepth(context: Surface, content: DepthContent, view: DepthWindow): void {
  const { grid, palette } = content;
  const { width, height, cellWidth, cellHeight, gutter, header, scale } = view;
  const seen = cellsSeen(grid, view);
  context.textBaseline = 'middle';
  context.save();
  context.beginPath();
  context.rect(gutter, header, width - gutter, height - header);
  context.clip();
  const lines = palette.highContrast ? THICKEST : 0;
  const size = Math.min(LARGEST_FONT, cellHeight / scale - 3 - lines) * scale;
  const legible = cellWidth >= LEAST_TEXT.width * scale && cellHeight >= (LEAST_TEXT.height + lines) * scale;
  const write = legible ? writer(context, cellWidth - 2 * PAD * scale, palette.font, size) : () => {};
  for (let column = seen.columns[0]; column < seen.columns[1]; column++) {
    const born = bornAt(grid, column);
    for (let row = seen.rows[0]; row < seen.rows[1]; row++) paintCell(context, content, view, { row, column }, write);
    // Below this line the answer is another one.
    if (born === grid.rows) continue;
    const { x, y } = cornerOf(grid, { row: born, column }, view);
    context.strokeStyle = css(palette.foreground);
    context.lineWidth = Math.max(1, Math.round(1.5 * scale));
    // Where lines are magnitudes, this one is broken.
    context.setLineDash(palette.highContrast ? [4 * scale, 3 * scale] : []);
    context.beginPath();
    context.moveTo(x + 1, y + cellHeight - context.lineWidth / 2);
    context.lineTo(x + cellWidth - 1, y + cellHeight - context.lineWidth / 2);
    context.stroke();
    context.setLineDash([]);
  }
  marks(context, content, view);
  context.restore();
  names(context, content, view, seen);
}

type Write = (text: string, x: number, middle: number, bold: boolean) => void;

function paintCell(
  context: Surface,
  { grid, value, max, colour, palette, nameOf }: DepthContent,
  view: DepthWindow,
  cell: DepthCell,
  write: Write,
): void {
  if (!isKnownCell(grid, cell.row, cell.column)) return;
  const { cellWidth, cellHeight, scale } = view;
  const index = cellIndex(grid, cell.row, cell.column);
  const { x, y } = cornerOf(grid, cell, view);
  const id = grid.topIds[index];
  const isAnswer = id === grid.topIds[cellIndex(grid, grid.rows - 1, cell.column)];
  const number = value(index);
  context.fillStyle = css(palette.foreground);
  if (!isAnswer && !Number.isNaN(number)) {
    const shade = colour(number);
    if (palette.highContrast) {
      const thick = Math.round(THICKEST * scale * Math.min(1, Math.max(0, number / max)));
      context.fillRect(x + 2, y + cellHeight - thick - 1, cellWidth - 4, thick);
    } else {
      context.fillStyle = css(shade.fill);
      const gap = cellWidth < NO_GAP * scale ? 0 : 1;
      context.fillRect(x, y, cellWidth - gap, cellHeight - 1);
      context.fillStyle = css(shade.text);
    }
  }
  const room = palette.highContrast ? cellHeight - THICKEST * scale : cellHeight;
  write(nameOf(id), x + PAD * scale, y + room / 2, isAnswer);
}

/** The chosen token's column, the chosen layer in it, and the cell that is pointed at. */
function marks(context: Surface, { grid, palette, chosen, cursor }: DepthContent, view: DepthWindow): void {
  const { cellWidth, cellHeight, scale } = view;
  const line = Math.max(1, Math.round(scale));
  const frame = (cell: DepthCell, rows: number, style: string, inset: number) => {
    const { x, y } = cornerOf(grid, cell, view);
    context.strokeStyle = style;
    context.lineWidth = line;
    const by = inset * line + line / 2;
    context.strokeRect(x + by, y + by, cellWidth - 1 - 2 * by, rows * cellHeight - 1 - 2 * by);
  };
  const top = { row: grid.rows - 1, column: chosen.column };
  frame(top, grid.rows, css(palette.focus), 0);
  // Two lines, so that they are seen on every colour.
  const twice = (cell: DepthCell, style: string) => {
    frame(cell, 1, style, 0);
    frame(cell, 1, css(palette.background), 1);
  };
  twice(chosen, css(palette.focus));
  if (cursor) twice(cursor, css(palette.foreground));
}

/** The layers' names at the left and the text on top, over what is scrolled. */
function names(
  context: Surface,
  { grid, palette, chosen, cursor, tokenName, rowLabel }: DepthContent,
  view: DepthWindow,
  seen: ReturnType<typeof cellsSeen>,
): void {
  const { cellWidth, cellHeight, gutter, header, width, height, scale } = view;
  const size = 11 * scale;
  const apart = Math.ceil(((11 + 1) * scale) / cellHeight);
  context.fillStyle = css(palette.foreground);
  context.save();
  context.beginPath();
  context.rect(0, header, gutter, height - header);
  context.clip();
  context.textAlign = 'right';
  const marked = [chosen.row, ...(cursor ? [cursor.row] : [])];
  for (let row = seen.rows[0]; row < seen.rows[1]; row++) {
    const near = marked.some((one) => one !== row && Math.abs(one - row) < apart);
    if (!marked.includes(row) && (near || (grid.rows - 1 - row) % apart > 0)) continue;
    const { y } = cornerOf(grid, { row, column: 0 }, view);
    context.font = `${marked.includes(row) ? 'bold ' : ''}${size}px ${palette.font}`;
    context.fillText(rowLabel(row), gutter - 5 * scale, y + cellHeight / 2, gutter - 6 * scale);
  }
  context.restore();
  context.save();
  context.beginPath();
  context.rect(gutter, 0, width - gutter, header);
  context.clip();
  context.textAlign = 'left';
  const every = Math.ceil((LEAST_TEXT.width * scale) / cellWidth);
  const write = writer(context, every * cellWidth - 2 * PAD * scale, palette.font, 12 * scale);
  for (let column = seen.columns[0]; column < seen.columns[1]; column++) {
    if (column % every > 0) continue;
    const { x } = cornerOf(grid, { row: 0, column }, view);
    write(tokenName(column), x + PAD * scale, header / 2, column === chosen.column || column === cursor?.column);
  }
  context.restore();
  context.fillStyle = css(palette.faint);
  context.fillRect(gutter, header - 1, width - gutter, 1);
}

/** Writes texts cut to a width, with an ellipsis. */
function writer(context: Surface, width: number, font: string, size: number): Write {
  const known = new Map<string, string>();
  const cut = (text: string): string => {
    if (context.measureText(text).width <= width) return text;
    const characters = [...text];
    let [fits, tooMany] = [0, characters.length];
    while (tooMany - fits > 1) {
      const middle = (fits + tooMany) >> 1;
      if (context.measureText(`${characters.slice(0, middle).join('')}…`).width <= width) fits = middle;
      else tooMany = middle;
    }
    return `${characters.slice(0, fits).join('')}…`;
  };
  return (text, x, middle, bold) => {
    context.font = `${bold ? 'bold ' : ''}${size}px ${font}`;
    context.textAlign = 'left';
    const key = `${bold} ${text}`;
    const fitting = known.get(key) ?? cut(text);
    known.set(key, fitting);
    context.fillText(fitting, x, middle);
  };
}
