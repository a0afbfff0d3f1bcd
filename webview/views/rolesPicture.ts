import { t } from '../l10n.ts';
import { type Picture, RATIO } from '../plots/figure.ts';
import { type Palette, paletteOf } from '../plots/palette.ts';
import { css, divergingScale, type Shade } from '../plots/scale.ts';
import type { Surface } from '../plots/surface.ts';
import type { State } from '../store.ts';

/** CSS pixels. */
const CELL = { width: 40, height: 16 };
const NAME = 34;
const GAP = 24;
/** A column that is a token has room for its text. */
const TOKEN_WIDTH = 64;

/** A map of layers by columns, as a picture has it. */
interface DrawnMap {
  columns: readonly string[];
  /** [layers, columns], NaN where it is not known. */
  values: ArrayLike<number>;
  colour(value: number): Shade;
  cellWidth: number;
}

/** What activation patching found, for the picture. */
export interface PatchedMap {
  columns: readonly string[];
  byToken: boolean;
  restored: Float32Array;
  /** What 0 and 1 are. */
  line: string;
}

/** The map with layers and heads named; below it what patching found, where there is something. */
export function rolesPicture(
  state: Readonly<State>,
  values: Float32Array,
  { max, colour }: { max: number; colour(value: number): Shade },
  measure: string,
  patched: PatchedMap | null,
): Picture {
  const { nLayers, nHeads, name, precision } = state.model!;
  const palette = paletteOf(state);
  const heads: DrawnMap = {
    columns: Array.from({ length: nHeads }, (_, head) => String(head)),
    values,
    colour,
    cellWidth: CELL.width,
  };
  const below: DrawnMap | null = patched && {
    columns: patched.columns,
    values: patched.restored,
    colour: divergingScale(palette, 1),
    cellWidth: patched.byToken ? TOKEN_WIDTH : CELL.width,
  };
  const widthOf = ({ columns, cellWidth }: DrawnMap) => NAME + columns.length * cellWidth;
  const height = (nLayers + 1) * CELL.height;
  const draw = (context: Surface) => {
    context.scale(RATIO, RATIO);
    paintMap(context, heads, nLayers, palette);
    if (!below) return;
    context.translate(0, height + GAP);
    paintMap(context, below, nLayers, palette);
  };
  const off = state.changed.parts.length > 0 ? [t('{0} parts off', state.changed.parts.length)] : [];
  const lines = [`${name} ${precision}`, t('layers upwards, heads to the right'), ...off];
  if (patched) lines.push(t('below, patching from −1 (orange) to 1 (blue): {0}', patched.line));
  return {
    title: t('Heads: {0}', measure),
    lines,
    scale: { label: measure, max, high: max.toPrecision(3), colour },
    body: {
      width: Math.max(widthOf(heads), below ? widthOf(below) : 0) * RATIO,
      height: (below ? 2 * height + GAP : height) * RATIO,
      draw,
    },
  };
}

function paintMap(context: Surface, map: DrawnMap, nLayers: number, palette: Palette): void {
  const { columns, values, colour, cellWidth } = map;
  context.font = `11px ${palette.font}`;
  context.textBaseline = 'middle';
  const write = (text: string, x: number, y: number, most: number) => {
    context.fillStyle = css(palette.foreground);
    context.fillText(text, x, y, most);
  };
  for (let layer = 0; layer < nLayers; layer++) {
    const y = (nLayers - 1 - layer) * CELL.height;
    write(String(layer), 4, y + CELL.height / 2, NAME);
    for (let column = 0; column < columns.length; column++) {
      const value = values[layer * columns.length + column];
      // What is not known has no cell.
      if (Number.isNaN(value)) continue;
      context.fillStyle = css(colour(value).fill);
      context.fillRect(NAME + column * cellWidth, y, cellWidth - 1, CELL.height - 1);
    }
  }
  for (const [column, name] of columns.entries())
    write(name, NAME + column * cellWidth + 3, (nLayers + 0.5) * CELL.height, cellWidth - 6);
}
