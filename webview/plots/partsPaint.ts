/** What each part of the model adds to a logit, as bars: attention above, the feed-forward network below. Pure drawing. */
import type { LogitShares } from '../../src/analysis/residual.ts';
import { t } from '../l10n.ts';
import { columnsOf, partName } from '../residual.ts';
import type { Palette } from './palette.ts';
import { css, divergingScale } from './scale.ts';
import type { Surface } from './surface.ts';

export interface PartsContent {
  shares: LogitShares;
  /** Layer that is chosen. */
  layer: number;
  /** Column that is pointed at. */
  pointed: number | null;
  palette: Palette;
}

/** CSS pixels around the bars. */
const LEFT = 44;
const RIGHT = 8;
const TOP = 4;
const BOTTOM = 18;
const NAME = 15;
/** CSS pixels of a column that is of no layer, so that its name has room. */
const END = 58;

/** Left edges of the columns, and where the last one ends. CSS pixels */
function edgesOf({ first, layers, last }: LogitShares, width: number): number[] {
  const end = Math.min(END, (width - LEFT - RIGHT) / (2 * Math.max(1, first.length + last.length)));
  const each = (width - LEFT - RIGHT - end * (first.length + last.length)) / layers.length;
  const widths = [...first.map(() => end), ...layers.map(() => each), ...last.map(() => end)];
  const edges = [LEFT];
  for (const wide of widths) edges.push(edges[edges.length - 1] + wide);
  return edges;
}

/** The column at a place of the picture, CSS pixels; null outside. */
export function partsColumnAt(x: number, width: number, shares: LogitShares): number | null {
  const edges = edgesOf(shares, width);
  const after = edges.findIndex((edge) => edge > x);
  return after > 0 ? after - 1 : null;
}

/** @param width CSS pixels, as `height`; the context is scaled to them */
export function paintParts(
  context: Surface,
  { shares, layer: chosen, pointed, palette }: PartsContent,
  width: number,
  height: number,
): void {
  const { layers } = shares;
  const columns = columnsOf(shares);
  const edges = edgesOf(shares, width);
  const values = columns.flatMap((column) =>
    'part' in column ? [column.part.value] : [layers[column.layer].attention, layers[column.layer].mlp],
  );
  const [low, high] = [Math.min(0, ...values), Math.max(0, ...values)];
  const [from, to] = [TOP, height - BOTTOM];
  const strip = (to - from) / 2 - NAME;
  const unit = strip / (high - low || 1);
  // Of attention, of the feed-forward network, and of what is of no layer.
  const zeros = [from + NAME + high * unit, from + 2 * NAME + strip + high * unit];
  const between = (zeros[0] + zeros[1]) / 2;
  const colour = divergingScale(palette, 1);
  const first = edges[shares.first.length];
  const last = edges[shares.first.length + layers.length];

  context.font = `11px ${palette.font}`;
  context.textBaseline = 'middle';
  const write = (text: string, x: number, y: number, align: CanvasTextAlign, most?: number) => {
    context.fillStyle = css(palette.foreground);
    context.textAlign = align;
    context.fillText(text, x, y, most);
  };
  const bar = (column: number, zero: number, value: number) => {
    const wide = edges[column + 1] - edges[column];
    const thick = Math.max(1, Math.min(24, wide * 0.75));
    context.fillStyle = css(colour(Math.sign(value)).fill);
    const tall = Math.max(1, Math.abs(value) * unit);
    context.fillRect(edges[column] + (wide - thick) / 2, value < 0 ? zero : zero - tall, thick, tall);
  };
  const line = (x0: number, x1: number, y: number) => {
    context.fillStyle = css(palette.faint);
    context.fillRect(x0, Math.round(y), x1 - x0, 1);
  };
  for (const zero of zeros) {
    line(first, last, zero);
    write('0', LEFT - 5, zero, 'right');
    for (const end of [low, high])
      if (Math.abs(end) * unit > 11) write(scaleLabel(end), LEFT - 5, zero - end * unit, 'right');
  }
  const step = Math.max(1, Math.ceil(24 / ((last - first) / layers.length)));
  for (const [index, column] of columns.entries()) {
    const middle = (edges[index] + edges[index + 1]) / 2;
    if ('part' in column) {
      line(edges[index] + 4, edges[index + 1] - 4, between);
      bar(index, between, column.part.value);
      write(labelOf(column.part.name), middle, height - BOTTOM / 2, 'center', edges[index + 1] - edges[index] - 4);
    } else {
      bar(index, zeros[0], layers[column.layer].attention);
      bar(index, zeros[1], layers[column.layer].mlp);
      if (column.layer % step === 0) write(String(column.layer), middle, height - BOTTOM / 2, 'center');
    }
  }
  write(t('attention'), first, from + NAME / 2, 'left');
  write(t('feed-forward'), first, from + NAME + strip + NAME / 2, 'left');
  const frame = (column: number, style: string) => {
    context.strokeStyle = style;
    context.lineWidth = 1;
    context.strokeRect(edges[column] + 0.5, from + 0.5, edges[column + 1] - edges[column] - 1, to - from - 1);
  };
  frame(shares.first.length + chosen, css(palette.focus));
  if (pointed !== null) frame(pointed, css(palette.foreground));
}

/** Short enough to stand under its column. */
const labelOf = (name: string): string => (name === 'rounding' ? t('rounding') : partName(name));

const scaleLabel = (value: number): string => `${value < 0 ? '−' : ''}${Math.abs(value).toPrecision(2)}`;
