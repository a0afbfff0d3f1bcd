/** Vectors as strips of cells, and rows of them by token. Pure drawing. */
import type { Grid } from '../headSteps.ts';
import type { Palette } from './palette.ts';
import { css, divergingScale } from './scale.ts';
import type { Surface } from './surface.ts';

export interface GridContent {
  grid: Grid;
  palette: Palette;
  /** Index of the number that is pointed at. */
  cursor: number | null;
  /** What a row is called, where rows are tokens. */
  rowName(row: number): string;
}

/** CSS pixels. */
export interface Places {
  left: number;
  columns: number;
  lines: number;
  cell: { width: number; height: number };
}

const NAMES = 104;
const LEAST = 8;
const WIDEST = 14;
const NUMBER = 92;
const PAD = 2;
const LINE = { strip: 16, row: 18 };

/** Where cells are in a pane so wide: a vector is broken into lines of a power of two. */
export function placesOf({ byToken, width, data }: Grid, paneWidth: number): Places {
  const left = byToken ? NAMES : PAD;
  const room = Math.max(1, paneWidth - left - PAD);
  const columns = byToken ? width : Math.min(width, 2 ** Math.floor(Math.log2(Math.max(1, room / LEAST))));
  const widest = byToken && width === 1 ? NUMBER : WIDEST;
  const cell = { width: Math.min(widest, room / columns), height: byToken ? LINE.row : LINE.strip };
  return { left, columns, lines: Math.ceil(data.length / columns), cell };
}

export const heightOf = ({ lines, cell }: Places): number => lines * cell.height + 2 * PAD;

/** The number at a place of the whole picture; null beside it. */
export function entryAt({ left, columns, lines, cell }: Places, count: number, x: number, y: number): number | null {
  const column = Math.floor((x - left) / cell.width);
  const line = Math.floor((y - PAD) / cell.height);
  if (column < 0 || column >= columns || line < 0 || line >= lines) return null;
  const index = line * columns + column;
  return index < count ? index : null;
}

/** The largest magnitude, which has the strongest colour. */
export const topOf = (data: Float32Array): number =>
  data.reduce((most, value) => (Number.isFinite(value) ? Math.max(most, Math.abs(value)) : most), 0);

/**
 * Paints what is in view.
 * @param view CSS pixels of the pane, and how far it is scrolled; the context is scaled to them
 */
export function paintGrid(
  context: Surface,
  { grid, palette, cursor, rowName }: GridContent,
  view: { width: number; height: number; top: number },
): void {
  const { data, byToken, width, fresh } = grid;
  const places = placesOf(grid, view.width);
  const { left, columns, lines, cell } = places;
  const colour = divergingScale(palette, topOf(data));
  context.font = `11px ${palette.font}`;
  context.textBaseline = 'middle';
  const first = Math.max(0, Math.floor((view.top - PAD) / cell.height));
  const last = Math.min(lines, Math.ceil((view.top + view.height) / cell.height));
  for (let line = first; line < last; line++) {
    const y = PAD + line * cell.height - view.top;
    if (byToken) {
      context.textAlign = 'right';
      context.fillStyle = css(palette.foreground);
      context.fillText(rowName(line), left - 6, y + cell.height / 2, left - 8);
    }
    for (let column = 0; column < columns && line * columns + column < data.length; column++) {
      const value = data[line * columns + column];
      const x = left + column * cell.width;
      const shade = colour(Number.isFinite(value) ? value : 0);
      context.fillStyle = css(shade.fill);
      context.fillRect(x, y, cell.width + 0.25, cell.height - 1);
      if (width === 1) {
        context.textAlign = 'right';
        context.fillStyle = css(shade.text);
        context.fillText(said(value), x + cell.width - 6, y + cell.height / 2);
      }
    }
    context.strokeStyle = css(palette.faint);
    const cells = Math.min(columns, data.length - line * columns);
    context.strokeRect(left - 0.5, y - 0.5, cells * cell.width + 1, cell.height);
  }
  if (fresh !== undefined) {
    context.strokeStyle = css(palette.foreground);
    context.strokeRect(left - 0.5, PAD + fresh * cell.height - view.top - 0.5, columns * cell.width + 1, cell.height);
  }
  if (cursor === null || cursor >= data.length) return;
  const y = PAD + Math.floor(cursor / columns) * cell.height - view.top;
  context.strokeStyle = css(palette.foreground);
  context.lineWidth = 2;
  context.strokeRect(left + (cursor % columns) * cell.width, y, cell.width, cell.height - 1);
  context.lineWidth = 1;
}

const said = (value: number): string =>
  value === Number.NEGATIVE_INFINITY ? '−∞' : value.toPrecision(4).replace('-', '−');
