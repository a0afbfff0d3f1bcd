/** A step's numbers as an export holds them. */
import { type Step, shapeOf } from '../headSteps.ts';
import { t } from '../l10n.ts';
import { RATIO } from '../plots/figure.ts';
import { paletteOf } from '../plots/palette.ts';
import { heightOf, paintGrid, placesOf } from '../plots/stepsPaint.ts';
import type { Surface } from '../plots/surface.ts';
import { lookingToken, type State } from '../store.ts';
import { shortened, shown } from '../tokens.ts';
import type { View } from './view.ts';

/** CSS pixels of a picture, and its height at most. */
const WIDTH = 620;
const GAP = 12;
const MOST_HEIGHT = 6000;

export function stepFigure(
  state: Readonly<State>,
  { title, formula, sentence, grids }: Step,
): ReturnType<View['figure']> {
  const { layer, head, tokens } = state;
  const position = lookingToken(state);
  const palette = paletteOf(state);
  const heights = grids.map((grid) => Math.min(MOST_HEIGHT, heightOf(placesOf(grid, WIDTH))));
  const size = { width: WIDTH * RATIO, height: heights.reduce((sum, height) => sum + height + GAP, 0) * RATIO };
  const draw = (context: Surface) => {
    context.scale(RATIO, RATIO);
    for (const [i, grid] of grids.entries()) {
      const rowName = (row: number) => shortened(tokens[row], 13);
      paintGrid(context, { grid, palette, cursor: null, rowName }, { width: WIDTH, height: heights[i], top: 0 });
      context.translate(0, heights[i] + GAP);
    }
  };
  return {
    about: { view: 'head steps', layer, head, position, step: title, formula, shapes: grids.map(shapeOf) },
    table: {
      columns: ['name', 'row', 'column', 'value'],
      rows: grids.flatMap(({ name, byToken, width, data }) =>
        Array.from(data, (value, i) => [
          name,
          byToken ? Math.floor(i / width) : position,
          i % width,
          Number.isFinite(value) ? value : null,
        ]),
      ),
    },
    picture: {
      title: t('Layer {0}, head {1}, {2}: {3}', layer, head, shown(tokens[position]), title),
      lines: [formula, sentence, grids.map((grid) => `${grid.name} ${shapeOf(grid)}`).join(', ')],
      body: { ...size, draw },
    },
  };
}
