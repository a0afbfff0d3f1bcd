/** Candidates as bars, for a picture. Pure drawing. */
import { percent, rank } from '../../src/analysis/format.ts';
import { t } from '../l10n.ts';
import { RATIO } from './figure.ts';
import type { Palette } from './palette.ts';
import { css, mix } from './scale.ts';
import type { Drawing, Surface } from './surface.ts';

export type Bar =
  | { rank: number; name: string; probability: number; sampled: number | null; chosen: boolean }
  | { text: string };

const ROW = 22;
const RANK = 56;
const NAME = 150;
const NUMBER = 100;
const WIDTH = 720;

/** A table of bars: the wide one and its number are what sampling chooses with, the line below the plain probability. */
export function barsDrawing(bars: readonly Bar[], palette: Palette): Drawing {
  const draw = (context: Surface) => paintBars(context, bars, palette);
  return { width: WIDTH * RATIO, height: (bars.length + 1) * ROW * RATIO, draw };
}

function paintBars(context: Surface, bars: readonly Bar[], palette: Palette): void {
  context.scale(RATIO, RATIO);
  context.textBaseline = 'middle';
  const text = css(palette.foreground);
  const faint = css(mix(palette.background, palette.foreground, 0.75));
  const sampledColour = css(palette.cool);
  const left = RANK + NAME;
  const room = WIDTH - left - 2 * NUMBER - 12;
  const numbers = { plain: WIDTH - NUMBER, sampled: WIDTH };
  const write = (value: string, x: number, middle: number, align: CanvasTextAlign, width: number) => {
    context.textAlign = align;
    context.fillText(value, x, middle, width);
  };
  const line = (y: number, width: number) => {
    context.fillStyle = text;
    context.fillRect(left, y + 16, width, 2);
  };
  const block = (y: number, width: number) => {
    context.fillStyle = sampledColour;
    context.fillRect(left, y + 4, width, 9);
  };

  context.font = `bold 12px ${palette.font}`;
  context.fillStyle = text;
  write(t('rank'), RANK - 12, ROW / 2, 'right', RANK - 12);
  write(t('token'), RANK, ROW / 2, 'left', NAME);
  write(t('p (line)'), numbers.plain, ROW / 2, 'right', NUMBER);
  write(t('sampled (bar)'), numbers.sampled, ROW / 2, 'right', NUMBER);
  const widest = Math.max(
    1e-9,
    ...bars.map((bar) => ('text' in bar ? 0 : Math.max(bar.probability, bar.sampled ?? 0))),
  );
  for (const [i, bar] of bars.entries()) {
    const y = (i + 1) * ROW;
    const middle = y + ROW / 2;
    context.font = `12px ${palette.font}`;
    context.fillStyle = faint;
    if ('text' in bar) {
      write(bar.text, RANK, middle, 'left', WIDTH - RANK);
      continue;
    }
    const excluded = bar.sampled === 0;
    context.fillStyle = excluded ? faint : text;
    write(rank(bar.rank), RANK - 12, middle, 'right', RANK - 12);
    write(percent(bar.probability), numbers.plain, middle, 'right', NUMBER - 8);
    write(bar.sampled === null ? '–' : percent(bar.sampled), numbers.sampled, middle, 'right', NUMBER - 8);
    if (bar.chosen) context.font = `bold 12px ${palette.font}`;
    write(`${bar.chosen ? '▸' : ''}${bar.name}`, RANK, middle, 'left', NAME - 10);
    block(y, (room * (bar.sampled ?? 0)) / widest);
    line(y, (room * bar.probability) / widest);
  }
}
