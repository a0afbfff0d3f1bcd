import { t } from '../l10n.ts';
import { type Picture, RATIO } from '../plots/figure.ts';
import { paletteOf } from '../plots/palette.ts';
import { css, type Shade } from '../plots/scale.ts';
import type { Surface } from '../plots/surface.ts';
import type { State } from '../store.ts';

/** CSS pixels. */
const CELL = { width: 40, height: 16 };
const NAME = 34;

/** The map with layers and heads named. */
export function rolesPicture(
  state: Readonly<State>,
  values: Float32Array,
  { max, colour }: { max: number; colour(value: number): Shade },
  measure: string,
): Picture {
  const { nLayers, nHeads, name, precision } = state.model!;
  const palette = paletteOf(state);
  const size = { width: (NAME + nHeads * CELL.width) * RATIO, height: (nLayers + 1) * CELL.height * RATIO };
  const draw = (context: Surface) => {
    context.scale(RATIO, RATIO);
    context.font = `11px ${palette.font}`;
    context.textBaseline = 'middle';
    const write = (text: string, x: number, y: number) => {
      context.fillStyle = css(palette.foreground);
      context.fillText(text, x, y);
    };
    for (let layer = 0; layer < nLayers; layer++) {
      const y = (nLayers - 1 - layer) * CELL.height;
      write(String(layer), 4, y + CELL.height / 2);
      for (let head = 0; head < nHeads; head++) {
        const value = values[layer * nHeads + head];
        context.fillStyle = css(colour(Number.isNaN(value) ? 0 : value).fill);
        context.fillRect(NAME + head * CELL.width, y, CELL.width - 1, CELL.height - 1);
      }
    }
    for (let head = 0; head < nHeads; head++)
      write(String(head), NAME + (head + 0.4) * CELL.width, (nLayers + 0.5) * CELL.height);
  };
  const off = state.changed.parts.length > 0 ? [t('{0} parts off', state.changed.parts.length)] : [];
  return {
    title: t('Heads: {0}', measure),
    lines: [`${name} ${precision}`, t('layers upwards, heads to the right'), ...off],
    scale: { label: measure, max, high: max.toPrecision(3), colour },
    body: { ...size, draw },
  };
}
