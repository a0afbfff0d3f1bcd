import type { LensMeasure } from '../depth.ts';
import { t } from '../l10n.ts';
import { type CourseContent, paintCourse } from '../plots/coursePaint.ts';
import { type DepthContent, type DepthWindow, paintDepth } from '../plots/depthPaint.ts';
import { type Picture, RATIO } from '../plots/figure.ts';
import { type PartsContent, paintParts } from '../plots/partsPaint.ts';
import type { Surface } from '../plots/surface.ts';
import type { State } from '../store.ts';
import { shown } from '../tokens.ts';
import { COURSE_HEIGHT } from './depthCourse.ts';
import { CELL, GUTTER, HEADER } from './depthPane.ts';
import { BARS_HEIGHT } from './partsBars.ts';

/** CSS pixels of the layers at most, and of the curves. */
const MOST_WIDTH = 6000;
const COURSE_WIDTH = 640;
const GAP = 12;

/**
 * @param followed the token whose rank is shown, where it is not the text's next
 * All layers and tokens, below them the chosen token through depth, and what each part adds to its logit. */
export function depthPicture(
  state: Readonly<State>,
  measure: LensMeasure,
  content: DepthContent,
  course: CourseContent | null,
  parts: PartsContent | null,
  followed: string | null,
): Picture {
  const { grid, chosen, max, colour } = content;
  const cellWidth = Math.max(1, Math.min(CELL.width, Math.floor((MOST_WIDTH - GUTTER) / grid.n)));
  const width = GUTTER + grid.n * cellWidth;
  const height = HEADER + grid.rows * CELL.most;
  const view: DepthWindow = {
    width: width * RATIO,
    height: height * RATIO,
    left: 0,
    top: 0,
    cellWidth: cellWidth * RATIO,
    cellHeight: CELL.most * RATIO,
    gutter: GUTTER * RATIO,
    header: HEADER * RATIO,
    scale: RATIO,
  };
  const below = (course ? GAP + COURSE_HEIGHT : 0) + (parts ? GAP + BARS_HEIGHT : 0);
  const draw = (context: Surface) => {
    paintDepth(context, content, view);
    context.scale(RATIO, RATIO);
    context.translate(0, height + GAP);
    if (course) {
      paintCourse(context, course, COURSE_WIDTH, COURSE_HEIGHT);
      context.translate(0, COURSE_HEIGHT + GAP);
    }
    if (parts) paintParts(context, parts, COURSE_WIDTH, BARS_HEIGHT);
  };
  return {
    title: t('What each layer believes'),
    lines: [
      t(
        'blocks.*.hook_resid_* and the output: layers upwards, tokens to the right; in each cell the likeliest next token',
      ),
      t(
        'bold, without tint: the output’s answer; framed: {0} (position {1})',
        shown(state.tokens[chosen.column]),
        chosen.column,
      ),
      ...(followed === null ? [] : [t('followed: {0}', followed)]),
    ],
    scale: { label: measure.name, max, high: measure.said(max), colour },
    body: {
      width: Math.max(width, course || parts ? COURSE_WIDTH : 0) * RATIO,
      height: (height + below) * RATIO,
      draw,
    },
  };
}
