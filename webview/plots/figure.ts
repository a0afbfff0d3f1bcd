/** A picture that can stand alone: what it shows, of what, with which settings and scale. Pure drawing. */
import type { Palette } from './palette.ts';
import { css, mix, type Shade } from './scale.ts';
import type { Drawing, Surface } from './surface.ts';

export interface Picture {
  title: string;
  /** What has to be known to read it, a line each. */
  lines: string[];
  /** Colours in the body and what they stand for, from 0 to `max`. */
  scale?: { label: string; max: number; high: string; colour(value: number): Shade };
  /** Its background may be transparent. */
  body: Drawing;
}

/** Device pixels a CSS pixel of a picture. */
export const RATIO = 2;
const MARGIN = 16;
const TITLE = 24;
const LINE = 18;
const RAMP = { width: 160, height: 10 };
const MOST_WIDTH = 1400;

/** The picture under its title and lines, on the theme's background. */
export function framed({ title, lines, scale, body }: Picture, palette: Palette): Drawing {
  const ruler = document.createElement('canvas').getContext('2d')!;
  const titleFont = `bold 15px ${palette.font}`;
  const font = `12px ${palette.font}`;
  const widthOf = (text: string, inFont: string) => {
    ruler.font = inFont;
    return ruler.measureText(text).width;
  };
  const widest = Math.max(widthOf(title, titleFont), ...lines.map((text) => widthOf(text, font)), 420);
  const bodyWidth = body.width / RATIO;
  const inside = Math.ceil(Math.max(bodyWidth, Math.min(widest, MOST_WIDTH)));
  const head = MARGIN + TITLE + (lines.length + (scale ? 1 : 0)) * LINE + MARGIN / 2;
  const size = { width: (inside + 2 * MARGIN) * RATIO, height: Math.ceil(head + MARGIN) * RATIO + body.height };
  const draw = (context: Surface) => {
    context.fillStyle = css(palette.background);
    context.fillRect(0, 0, size.width, size.height);
    context.save();
    context.translate(MARGIN * RATIO, head * RATIO);
    context.beginPath();
    context.rect(0, 0, body.width, body.height);
    context.clip();
    body.draw(context);
    context.restore();
    context.scale(RATIO, RATIO);
    context.textBaseline = 'middle';
    context.fillStyle = css(palette.foreground);
    context.font = titleFont;
    context.fillText(title, MARGIN, MARGIN + TITLE / 2, inside);
    context.font = font;
    context.fillStyle = css(mix(palette.background, palette.foreground, 0.85));
    lines.forEach((text, i) => {
      context.fillText(text, MARGIN, MARGIN + TITLE + (i + 0.5) * LINE, inside);
    });
    if (scale) drawScale(context, scale, MARGIN + TITLE + lines.length * LINE, palette);
  };
  return { ...size, draw };
}

function drawScale(
  context: Surface,
  { label, max, high, colour }: NonNullable<Picture['scale']>,
  top: number,
  palette: Palette,
): void {
  const middle = top + LINE / 2;
  const write = (text: string, x: number): number => {
    context.fillText(text, x, middle);
    return x + context.measureText(text).width + 8;
  };
  // Whole pixels, so that no seam is seen between the colours.
  let x = Math.round(write('0', write(label, MARGIN)));
  for (let i = 0; i < RAMP.width; i++) {
    context.fillStyle = css(colour((i / (RAMP.width - 1)) * max).fill);
    context.fillRect(x + i, middle - RAMP.height / 2, 1, RAMP.height);
  }
  context.strokeStyle = css(palette.faint);
  context.strokeRect(x - 0.5, middle - RAMP.height / 2 - 0.5, RAMP.width + 1, RAMP.height + 1);
  x += RAMP.width + 8;
  context.fillStyle = css(mix(palette.background, palette.foreground, 0.85));
  write(high, x);
}
