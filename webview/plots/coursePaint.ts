/** A token at one position through depth: its probability and its rank by layer, as two curves. Pure drawing. */
import { thousands } from '../../src/analysis/format.ts';
import { t } from '../l10n.ts';
import type { Palette } from './palette.ts';
import { css } from './scale.ts';
import type { Surface } from './surface.ts';

export interface CourseContent {
  /** [rows]; NaN / 0 where not known. Nats. */
  logprob: Float32Array;
  rank: Int32Array;
  vocabulary: number;
  /** The row that is pointed at or chosen. */
  marked: number;
  palette: Palette;
  rowLabel(row: number): string;
}

/** CSS pixels around the curves: for the scale of p, of the rank, the title and the layers. */
const LEFT = 44;
const RIGHT = 52;
const TOP = 20;
const BOTTOM = 18;

/** The row at a place of the picture, CSS pixels; null outside. */
export function courseRowAt(x: number, width: number, rows: number): number | null {
  const row = Math.round(((x - LEFT) / (width - LEFT - RIGHT)) * (rows - 1));
  return row >= 0 && row < rows ? row : null;
}

/** @param width CSS pixels, as `height`; the context is scaled to them */
export function paintCourse(
  context: Surface,
  { logprob, rank, vocabulary, marked, palette, rowLabel }: CourseContent,
  width: number,
  height: number,
): void {
  const rows = logprob.length;
  const x = (row: number) => LEFT + (row / Math.max(1, rows - 1)) * (width - LEFT - RIGHT);
  const y = (share: number) => TOP + (1 - share) * (height - TOP - BOTTOM);
  const byRank = (value: number) => 1 - Math.log(value) / Math.log(vocabulary);
  const foreground = css(palette.foreground);
  context.lineWidth = 1;
  context.strokeStyle = css(palette.faint);
  context.strokeRect(LEFT - 0.5, TOP - 0.5, width - LEFT - RIGHT + 1, height - TOP - BOTTOM + 1);
  context.fillStyle = foreground;
  context.fillRect(x(marked) - 0.5, TOP, 1, height - TOP - BOTTOM);

  const curve = (share: (row: number) => number, style: string, dash: number[]) => {
    context.strokeStyle = style;
    context.fillStyle = style;
    context.lineWidth = 2;
    context.setLineDash(dash);
    context.beginPath();
    for (let row = 0; row < rows; row++) if (rank[row] > 0) context.lineTo(x(row), y(share(row)));
    context.stroke();
    context.setLineDash([]);
    if (rank[marked] === 0) return;
    context.beginPath();
    context.arc(x(marked), y(share(marked)), 3.5, 0, 2 * Math.PI);
    context.fill();
  };
  curve((row) => byRank(rank[row]), css(palette.warm), [4, 3]);
  curve((row) => Math.exp(logprob[row]), css(palette.cool), []);

  context.font = `11px ${palette.font}`;
  context.textBaseline = 'middle';
  context.fillStyle = foreground;
  const write = (text: string, at: number, middle: number, align: CanvasTextAlign) => {
    context.textAlign = align;
    context.fillText(text, at, middle);
  };
  for (const share of [0, 0.5, 1]) write(`${100 * share} %`, LEFT - 5, y(share), 'right');
  for (let power = 0; 10 ** power < vocabulary; power++)
    if (power % 2 === 0) write(thousands(10 ** power), width - RIGHT + 5, y(byRank(10 ** power)), 'left');
  const step = Math.max(1, Math.ceil(rows / ((width - LEFT - RIGHT) / 30)));
  for (let row = 0; row < rows; row += step)
    if (rows - 1 - row >= step) write(rowLabel(row), x(row), height - BOTTOM / 2, 'center');
  write(rowLabel(rows - 1), x(rows - 1), height - BOTTOM / 2, 'center');
  write(t('probability (line)'), LEFT, 8, 'left');
  write(t('rank, 1 on top (dashes)'), width - RIGHT, 8, 'right');
}
