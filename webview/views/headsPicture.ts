import { t } from '../l10n.ts';
import { type Picture, RATIO } from '../plots/figure.ts';
import { headPixels } from '../plots/headCell.ts';
import { css, magnitudeScale } from '../plots/scale.ts';
import { imageOf, type Surface } from '../plots/surface.ts';
import type { HeadsContent } from './headsPane.ts';

/** CSS pixels. */
const CELL = 64;
const STRIP = 14;
const GAP = 6;
const NAME = 34;
const NAME_HEIGHT = 14;

/** Every head with its name. */
export function headsPicture(content: HeadsContent & { max: number }, title: string, lines: string[]): Picture {
  const { heads, columns, row, palette, colour, thumbnails, max } = content;
  const height = row === null ? CELL : STRIP;
  const step = { x: CELL + GAP, y: height + NAME_HEIGHT + GAP };
  const draw = (context: Surface) => {
    context.font = `${11 * RATIO}px ${palette.font}`;
    context.textBaseline = 'top';
    context.fillStyle = css(palette.foreground);
    context.strokeStyle = css(palette.faint);
    for (const [i, { layer, head }] of heads.entries()) {
      const [x, y] = [(i % columns) * step.x * RATIO, Math.floor(i / columns) * step.y * RATIO];
      context.fillText(`${layer}.${head}`, x, y);
      const look = { width: CELL * RATIO, height: height * RATIO, row, colour };
      context.drawImage(imageOf(headPixels(thumbnails(layer), head, look)), x, y + NAME_HEIGHT * RATIO);
      context.strokeRect(x + 0.5, y + NAME_HEIGHT * RATIO + 0.5, look.width - 1, look.height - 1);
    }
  };
  const size = {
    width: (columns * step.x + NAME) * RATIO,
    height: Math.ceil(heads.length / columns) * step.y * RATIO,
  };
  const scale = {
    label: t('weight'),
    max,
    high: `${max.toPrecision(3)}+`,
    colour: magnitudeScale(palette, 'cool', max),
  };
  return { title, lines, scale, body: { ...size, draw } };
}
