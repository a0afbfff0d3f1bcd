/** Candidates as bars, for a picture. Pure drawing. */
import type { Palette } from './palette.ts';
import { css, mix } from './scale.ts';

export type Bar =
  | { name: string; label: string; probability: number; sampled: number | null; chosen: boolean }
  | { text: string };

const ROW = 20;
const NAME = 150;
const WIDTH = 640;
const NUMBER = 80;

/** A canvas of bars: filled what sampling may choose, a line below it the plain probability. */
export function drawBars(bars: readonly Bar[], title: string, palette: Palette, ratio = 2): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = WIDTH * ratio;
  canvas.height = (bars.length + 2) * ROW * ratio;
  const context = canvas.getContext('2d')!;
  context.scale(ratio, ratio);
  context.fillStyle = css(palette.background);
  context.fillRect(0, 0, WIDTH, canvas.height);
  context.font = '13px sans-serif';
  context.textBaseline = 'middle';
  const text = css(palette.foreground);
  const faint = css(mix(palette.background, palette.foreground, 0.6));
  context.fillStyle = text;
  context.fillText(title, 10, ROW * 0.8, WIDTH - 20);
  const widest = Math.max(
    1e-9,
    ...bars.map((bar) => ('text' in bar ? 0 : Math.max(bar.probability, bar.sampled ?? 0))),
  );
  const room = WIDTH - NAME - NUMBER - 20;
  bars.forEach((bar, i) => {
    const y = (i + 1.5) * ROW;
    const middle = y + ROW / 2;
    if ('text' in bar) {
      context.fillStyle = faint;
      context.fillText(bar.text, 10, middle, WIDTH - 20);
      return;
    }
    context.fillStyle = text;
    context.fillText(`${bar.chosen ? '▸' : ''}${bar.name}`, 10, middle, NAME - 16);
    context.fillStyle = css(palette.cool);
    context.fillRect(NAME, y + 4, (room * (bar.sampled ?? 0)) / widest, 8);
    context.fillStyle = text;
    context.fillRect(NAME, y + 13, (room * bar.probability) / widest, 2);
    context.textAlign = 'right';
    context.fillText(bar.label, WIDTH - 10, middle, NUMBER);
    context.textAlign = 'left';
  });
  return canvas;
}
