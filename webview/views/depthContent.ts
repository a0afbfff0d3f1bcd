/** What the depth view draws, and what it exports. */
import { cellIndex, isKnownCell } from '../../src/analysis/lens.ts';
import { courseOf, isMid, type Lens, lensOf, measureOf, shadeOf, targetOf } from '../depth.ts';
import { t } from '../l10n.ts';
import type { CourseContent } from '../plots/coursePaint.ts';
import type { DepthCell, DepthContent } from '../plots/depthPaint.ts';
import { paletteOf } from '../plots/palette.ts';
import type { State } from '../store.ts';
import { shown } from '../tokens.ts';
import { depthPicture } from './depthPicture.ts';
import { partsAbout, partsContentOf } from './residual.ts';
import type { View } from './view.ts';

/** In few letters. */
function labelOf({ hooks, layers }: Lens, row: number): string {
  if (row === hooks.length - 1) return t('out');
  return isMid(hooks[row]) ? t('{0} mid', layers[row]) : String(layers[row]);
}

export function contentOf(
  state: Readonly<State>,
  lens: Lens,
  chosen: DepthCell,
  cursor: DepthCell | null,
): DepthContent {
  const palette = paletteOf(state);
  const measure = measureOf(state);
  const { vocabSize } = state.model!;
  return {
    grid: lens.grid,
    value: (cell) => measure.value(lens.grid, cell),
    max: measure.max(vocabSize),
    colour: shadeOf(measure, palette, vocabSize),
    palette,
    chosen,
    cursor,
    nameOf: (id) => (lens.names.has(id) ? shown(lens.names.get(id)) : String(id)),
    tokenName: (position) => shown(state.tokens[position]),
    rowLabel: (row) => labelOf(lens, row),
  };
}

/** The chosen token's course, marked at a cell's layer. */
export function courseContentOf(state: Readonly<State>, lens: Lens, at: DepthCell): CourseContent | null {
  const course = courseOf(state);
  if (!course) return null;
  const { logprob, rank: ranks } = course;
  return {
    logprob,
    rank: ranks,
    vocabulary: state.model!.vocabSize,
    marked: at.row,
    palette: paletteOf(state),
    rowLabel: (row) => labelOf(lens, row),
  };
}

/** All that is known of the lens, for an export. */
export function depthFigure(state: Readonly<State>, chosen: DepthCell): ReturnType<View['figure']> {
  const lens = lensOf(state);
  if (!lens || lens.known === 0) return null;
  const { grid, hooks, layers, names, check: found } = lens;
  const { token } = state.depth;
  const measure = measureOf(state);
  const known = Array.from({ length: grid.n }, (_, column) => column).filter((column) => isKnownCell(grid, 0, column));
  const [targetLogprob, targetRank] =
    token === null ? ['next_logprob', 'next_rank'] : ['followed_logprob', 'followed_rank'];
  return {
    about: {
      view: 'depth',
      hooks,
      measure: measure.id,
      ...(token !== null && { followed: { id: token, text: targetOf(state, lens, 0)?.text ?? null } }),
      scale: { from: 0, to: measure.max(state.model!.vocabSize) },
      lastRowAgainstOutput: found,
      attribution: partsAbout(state),
      formula: 'softmax(U · norm(residual)), the norm computed anew; logprob, entropy in nats',
    },
    table: {
      columns: [
        'layer',
        'hook',
        'position',
        'token',
        'top_id',
        'top_token',
        'top_logprob',
        'entropy_nats',
        targetLogprob,
        targetRank,
        'kl_nats',
      ],
      rows: hooks.flatMap((hook, row) =>
        known.map((column) => {
          const cell = cellIndex(grid, row, column);
          const ranked = grid.targetRank[cell] > 0;
          return [
            layers[row],
            hook,
            column,
            state.tokens[column].text,
            grid.topIds[cell],
            names.get(grid.topIds[cell])?.text ?? null,
            grid.topLogprobs[cell],
            grid.entropy[cell],
            ranked ? grid.targetLogprob[cell] : null,
            ranked ? grid.targetRank[cell] : null,
            Number.isNaN(grid.kl[cell]) ? null : grid.kl[cell],
          ];
        }),
      ),
    },
    picture: depthPicture(
      state,
      measure,
      contentOf(state, lens, chosen, null),
      courseContentOf(state, lens, chosen),
      partsContentOf(state),
      token === null ? null : shown(targetOf(state, lens, 0)),
    ),
  };
}
