/** The tree of continuations as a picture. Pure drawing. */
import { percent } from '../../src/analysis/format.ts';
import type { TreeNode } from '../../src/analysis/tree.ts';
import { RATIO } from '../plots/figure.ts';
import { boxesOf } from '../plots/icicle.ts';
import type { Palette } from '../plots/palette.ts';
import { css, mix } from '../plots/scale.ts';
import type { Drawing, Surface } from '../plots/surface.ts';

const COLUMN = 140;
const HEIGHT = 420;
const LABEL = 14;

/** @param nameOf a token's text as it is shown */
export function treeDrawing(tree: TreeNode, nameOf: (id: number) => string, palette: Palette): Drawing {
  const boxes = boxesOf(tree);
  const columns = Math.max(1, ...boxes.map(({ column }) => column + 1));
  const draw = (context: Surface) => paintTree(context, boxes, nameOf, palette);
  return { width: columns * COLUMN * RATIO, height: HEIGHT * RATIO, draw };
}

function paintTree(
  context: Surface,
  boxes: ReturnType<typeof boxesOf>,
  nameOf: (id: number) => string,
  palette: Palette,
): void {
  context.scale(RATIO, RATIO);
  context.font = `12px ${palette.font}`;
  context.textBaseline = 'middle';
  const lines = css(palette.faint);
  for (const { node, probability, column, top, height } of boxes) {
    const [x, y, h] = [column * COLUMN, top * HEIGHT, height * HEIGHT];
    context.fillStyle = css(node ? mix(palette.background, palette.cool, 0.12) : palette.background);
    context.fillRect(x, y, COLUMN - 1, h);
    context.strokeStyle = lines;
    context.strokeRect(x + 0.5, y + 0.5, COLUMN - 1, Math.max(0, h - 1));
    if (h < LABEL) continue;
    context.fillStyle = css(palette.foreground);
    context.textAlign = 'left';
    if (node) context.fillText(nameOf(node.path[node.path.length - 1]), x + 6, y + h / 2, COLUMN - 66);
    context.textAlign = 'right';
    context.fillText(node ? percent(probability) : `… ${percent(probability)}`, x + COLUMN - 7, y + h / 2, COLUMN - 14);
  }
}
