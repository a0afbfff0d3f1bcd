/** The logit lens on its canvas: drawing, zoom, scrolling, pointer and keys. */

import { zoomButtons } from '../controls.ts';
import { el } from '../dom.ts';
import { t } from '../l10n.ts';
import {
  cellsSeen,
  cornerOf,
  type DepthCell,
  type DepthContent,
  type DepthWindow,
  depthCellAt,
  paintDepth,
} from '../plots/depthPaint.ts';
import { drawnIn, ratio } from '../plots/frames.ts';
import { pointerRests } from '../pointer.ts';

export interface DepthEvents {
  point(cell: DepthCell | null): void;
  choose(cell: DepthCell): void;
  move(cell: DepthCell): void;
  /** Follows the token of a cell through depth. */
  follow(cell: DepthCell): void;
  /** Columns that are in view, from `from` to `to`. */
  seen(from: number, to: number): void;
}

/** CSS pixels. */
export const CELL = { width: 76, least: 13, leastWithLine: 17, most: 20 };
export const GUTTER = 34;
export const HEADER = 20;
/** Room beside the last column and row. */
const END = 2;
const LEAST_ZOOM = 0.1;
const MOST_ZOOM = 3;

export function depthPane(events: DepthEvents) {
  const canvas = el('canvas', { class: 'layers' });
  const space = el('div', { class: 'layers-space' }, canvas);
  const scroller = el(
    'div',
    {
      class: 'layers-scroller',
      tabindex: 0,
      role: 'application',
      'aria-label': t(
        'What each layer believes: arrow keys move the cell, Enter chooses its token and layer, F follows what stands in it',
      ),
    },
    space,
  );
  let content: DepthContent | null = null;
  /** 1: all layers in the pane, as far as their text can be read; below, cells are narrower only. */
  let zoom = 1;

  function windowOf({ grid: { rows }, palette }: DepthContent): DepthWindow {
    const scale = ratio();
    const fitting = (scroller.clientHeight - HEADER - END) / rows;
    const least = palette.highContrast ? CELL.leastWithLine : CELL.least;
    const height = Math.min(CELL.most, Math.max(least, fitting)) * Math.max(1, zoom);
    const px = (value: number) => Math.max(1, Math.round(value * scale));
    return {
      width: px(scroller.clientWidth),
      height: px(scroller.clientHeight),
      left: Math.round(scroller.scrollLeft * scale),
      top: Math.round(scroller.scrollTop * scale),
      cellWidth: px(CELL.width * zoom),
      cellHeight: Math.max(2, Math.floor(height * scale)),
      gutter: px(GUTTER),
      header: px(HEADER),
      scale,
    };
  }

  function size(): DepthWindow {
    const view = windowOf(content!);
    const { rows, n } = content!.grid;
    space.style.setProperty('width', `${GUTTER + (n * view.cellWidth) / view.scale + END}px`);
    space.style.setProperty('height', `${HEADER + (rows * view.cellHeight) / view.scale + END}px`);
    return windowOf(content!);
  }

  function draw(): void {
    if (!content || scroller.clientWidth === 0) return;
    const view = size();
    if (canvas.width !== view.width || canvas.height !== view.height) {
      canvas.width = view.width;
      canvas.height = view.height;
      canvas.style.setProperty('width', `${view.width / view.scale}px`);
      canvas.style.setProperty('height', `${view.height / view.scale}px`);
    }
    canvas.dataset.window = JSON.stringify(view);
    const context = canvas.getContext('2d')!;
    context.clearRect(0, 0, view.width, view.height);
    paintDepth(context, content, view);
    const [from, to] = cellsSeen(content.grid, view).columns;
    events.seen(from, to - 1);
  }

  const redraw = drawnIn(scroller, draw);
  scroller.addEventListener('scroll', redraw);

  const at = (event: PointerEvent | MouseEvent): DepthCell | null => {
    if (!content) return null;
    const box = canvas.getBoundingClientRect();
    const scale = ratio();
    return depthCellAt(
      content.grid,
      windowOf(content),
      (event.clientX - box.left) * scale,
      (event.clientY - box.top) * scale,
    );
  };
  canvas.addEventListener('pointermove', (event) => {
    if (!pointerRests()) events.point(at(event));
  });
  canvas.addEventListener('pointerleave', () => {
    if (!pointerRests()) events.point(null);
  });
  canvas.addEventListener('click', (event) => {
    const cell = at(event);
    if (cell) events.choose(cell);
  });
  canvas.addEventListener('dblclick', (event) => {
    const cell = at(event);
    if (cell) events.follow(cell);
  });
  scroller.addEventListener(
    'wheel',
    (event) => {
      if (!event.ctrlKey) return;
      event.preventDefault();
      setZoom(event.deltaY < 0 ? 1.25 : 0.8, at(event));
    },
    { passive: false },
  );

  /** Zooms about a cell, by default the chosen one, which stays where it is; null: as at first. */
  function setZoom(by: number | null, cell = content && (content.cursor ?? content.chosen)): void {
    if (!content || !cell) return;
    const before = cornerOf(content.grid, cell, windowOf(content));
    zoom = by === null ? 1 : Math.min(MOST_ZOOM, Math.max(LEAST_ZOOM, zoom * by));
    const after = cornerOf(content.grid, cell, size());
    scroller.scrollLeft += (after.x - before.x) / ratio();
    scroller.scrollTop += (after.y - before.y) / ratio();
    scrollToCell(cell);
    redraw();
  }

  scroller.addEventListener('keydown', (event) => {
    if (!content || event.ctrlKey || event.metaKey || event.altKey) return;
    const { rows, n } = content.grid;
    const { row, column } = content.cursor ?? content.chosen;
    const moves: Record<string, DepthCell> = {
      ArrowLeft: { row, column: column - 1 },
      ArrowRight: { row, column: column + 1 },
      ArrowUp: { row: row + 1, column },
      ArrowDown: { row: row - 1, column },
      PageUp: { row: row + 5, column },
      PageDown: { row: row - 5, column },
      Home: { row, column: 0 },
      End: { row, column: n - 1 },
    };
    const move = moves[event.key];
    if (move) {
      const within = (value: number, end: number) => Math.max(0, Math.min(value, end - 1));
      events.move({ row: within(move.row, rows), column: within(move.column, n) });
    } else if (event.key === 'Enter' || event.key === ' ') events.choose({ row, column });
    else if (event.key === 'f') events.follow({ row, column });
    else if (event.key === '+' || event.key === '=') setZoom(1.25);
    else if (event.key === '-') setZoom(0.8);
    else if (event.key === '0') setZoom(null);
    else return;
    event.preventDefault();
    event.stopPropagation();
  });

  /** How far a stretch has to move to lie between `from` and `to`. */
  const into = (place: number, long: number, from: number, to: number): number =>
    place < from ? place - from : Math.max(0, place + long - to);

  /** To the middle, where the column is out of view. */
  function scrollToColumn(column: number): void {
    if (!content) return;
    const view = size();
    const { gutter, width, cellWidth, scale } = view;
    const { x } = cornerOf(content.grid, { row: 0, column }, view);
    if (into(x, cellWidth, gutter, width) !== 0) scroller.scrollLeft += (x - (gutter + width - cellWidth) / 2) / scale;
  }

  function scrollToCell(cell: DepthCell): void {
    if (!content) return;
    const view = size();
    const { x, y } = cornerOf(content.grid, cell, view);
    scroller.scrollLeft += into(x, view.cellWidth, view.gutter, view.width) / view.scale;
    scroller.scrollTop += into(y, view.cellHeight, view.header, view.height) / view.scale;
  }

  return {
    element: scroller,
    tools: zoomButtons((by) => setZoom(by)),
    show(next: DepthContent | null): void {
      content = next;
      canvas.hidden = next === null;
      redraw();
    },
    scrollToColumn,
    scrollToCell,
  };
}
