/** The attention matrix on its canvas: drawing, zoom, scrolling, pointer and keys. */

import { zoomButtons } from '../controls.ts';
import { el } from '../dom.ts';
import { t } from '../l10n.ts';
import { drawnIn, ratio } from '../plots/frames.ts';
import { cellAt, fittingCell, type Window } from '../plots/matrix.ts';
import { type Cell, type MatrixContent, NAME_ROOM, paintMatrix } from '../plots/matrixPaint.ts';
import { pointerRests } from '../pointer.ts';

export interface PaneEvents {
  point(cell: Cell | null): void;
  choose(row: number): void;
  move(cell: Cell): void;
}

const LARGEST_CELL = 40;
/** Room around the matrix for the frames of its outer cells. */
const PAD = 3;

/** @param nameRoom CSS pixels for the names of the rows; 0: they have none */
export function matrixPane(events: PaneEvents, nameRoom = NAME_ROOM) {
  const canvas = el('canvas', { class: 'matrix' });
  const space = el('div', { class: 'matrix-space' }, canvas);
  const scroller = el(
    'div',
    {
      class: 'matrix-scroller',
      tabindex: 0,
      role: 'application',
      'aria-label': t('Attention matrix: arrow keys move the cell, Enter chooses its row'),
    },
    space,
  );
  let content: MatrixContent | null = null;
  /** CSS pixels a cell as chosen; null fits the matrix into the pane. */
  let zoom: number | null = null;

  /** Device pixels a cell: as chosen, or as large as the pane allows with the names. */
  function cellSize(n: number): number {
    if (zoom !== null) return Math.max(1, Math.round(zoom * ratio()));
    const room = Math.min(scroller.clientWidth - nameRoom, Math.max(160, scroller.clientHeight)) - 2 * PAD;
    return Math.min(LARGEST_CELL * ratio(), fittingCell(n, Math.max(40, room) * ratio()));
  }

  /** CSS pixels at the left for the names of rows whose ends are scrolled away; none while all are in view. */
  const gutterOf = (n: number): number =>
    (cellSize(n) * n) / ratio() + 2 * PAD + nameRoom > scroller.clientWidth ? nameRoom : 0;

  function windowOf(n: number): Window {
    const scale = ratio();
    return {
      width: Math.max(1, Math.round(scroller.clientWidth * scale)),
      height: Math.max(1, Math.round(scroller.clientHeight * scale)),
      x: Math.round((gutterOf(n) + PAD - scroller.scrollLeft) * scale),
      y: Math.round((PAD - scroller.scrollTop) * scale),
      cell: cellSize(n),
    };
  }

  function draw(): void {
    if (!content || scroller.clientWidth === 0) return;
    const { matrix } = content;
    const scale = ratio();
    const cell = cellSize(matrix.n);
    const gutter = gutterOf(matrix.n);
    space.style.setProperty('width', `${gutter + (cell * matrix.n) / scale + 2 * PAD + nameRoom}px`);
    space.style.setProperty('height', `${(cell * matrix.n) / scale + 2 * PAD}px`);
    const view = windowOf(matrix.n);
    if (canvas.width !== view.width || canvas.height !== view.height) {
      canvas.width = view.width;
      canvas.height = view.height;
      canvas.style.setProperty('width', `${view.width / scale}px`);
      canvas.style.setProperty('height', `${view.height / scale}px`);
    }
    canvas.dataset.window = JSON.stringify(view);
    const context = canvas.getContext('2d')!;
    context.clearRect(0, 0, view.width, view.height);
    paintMatrix(context, content, view, scale, gutter * scale);
  }

  const redraw = drawnIn(scroller, draw);
  scroller.addEventListener('scroll', redraw);

  const at = (event: PointerEvent | MouseEvent): Cell | null => {
    if (!content) return null;
    const box = canvas.getBoundingClientRect();
    const { n } = content.matrix;
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    return x < gutterOf(n) ? null : cellAt(n, windowOf(n), x * ratio(), y * ratio());
  };
  canvas.addEventListener('pointermove', (event) => {
    if (!pointerRests()) events.point(at(event));
  });
  canvas.addEventListener('pointerleave', () => {
    if (!pointerRests()) events.point(null);
  });
  canvas.addEventListener('click', (event) => {
    const cell = at(event);
    if (cell) events.choose(cell.row);
  });
  scroller.addEventListener(
    'wheel',
    (event) => {
      if (!event.ctrlKey) return;
      event.preventDefault();
      const box = canvas.getBoundingClientRect();
      setZoom(event.deltaY < 0 ? 1.25 : 0.8, { x: event.clientX - box.left, y: event.clientY - box.top });
    },
    { passive: false },
  );

  /** Where the middle of a cell is in the pane, in CSS pixels. */
  function placeOf({ row, column }: Cell, n: number): { x: number; y: number } {
    const { x, y, cell } = windowOf(n);
    return { x: (x + (column + 0.5) * cell) / ratio(), y: (y + (row + 0.5) * cell) / ratio() };
  }

  /** Zooms; null fits again. What is at a place of the pane, by default its middle, stays there. */
  function setZoom(by: number | null, stays = { x: scroller.clientWidth / 2, y: scroller.clientHeight / 2 }): void {
    if (!content) return;
    const { n } = content.matrix;
    const scale = ratio();
    const before = windowOf(n);
    const [column, row] = [(stays.x * scale - before.x) / before.cell, (stays.y * scale - before.y) / before.cell];
    const size = before.cell / scale;
    const wanted = by === null ? null : Math.min(LARGEST_CELL, Math.max(1 / scale, size * by));
    // A whole device pixel more or less, so that each press does something.
    zoom = wanted === null ? null : (by! > 1 ? Math.ceil(wanted * scale) : Math.floor(wanted * scale) || 1) / scale;
    draw();
    const cell = cellSize(n) / scale;
    scroller.scrollLeft = gutterOf(n) + PAD + column * cell - stays.x;
    scroller.scrollTop = PAD + row * cell - stays.y;
    redraw();
  }

  /** Zooms about the cell that the keys are at, and keeps it in view. */
  function zoomAt(cell: Cell, by: number | null): void {
    scrollToCell(cell);
    setZoom(by, placeOf(cell, content!.matrix.n));
    scrollToCell(cell);
  }

  scroller.addEventListener('keydown', (event) => {
    if (!content || event.ctrlKey || event.metaKey || event.altKey) return;
    const { n } = content.matrix;
    const { row, column } = content.cursor ?? { row: content.chosenRow, column: content.chosenRow };
    const moves: Record<string, Cell> = {
      ArrowLeft: { row, column: column - 1 },
      ArrowRight: { row, column: column + 1 },
      ArrowUp: { row: row - 1, column },
      ArrowDown: { row: row + 1, column },
      PageUp: { row: row - 10, column },
      PageDown: { row: row + 10, column },
      Home: { row, column: 0 },
      End: { row, column: row },
    };
    const move = moves[event.key];
    if (move) {
      const to = Math.max(0, Math.min(move.row, n - 1));
      events.move({ row: to, column: Math.max(0, Math.min(move.column, to)) });
    } else if (event.key === 'Enter' || event.key === ' ') events.choose(row);
    else if (event.key === '+' || event.key === '=') zoomAt({ row, column }, 1.25);
    else if (event.key === '-') zoomAt({ row, column }, 0.8);
    else if (event.key === '0') zoomAt({ row, column }, null);
    else return;
    event.preventDefault();
    event.stopPropagation();
  });

  function scrollToCell({ row, column }: Cell): void {
    if (!content) return;
    const { n } = content.matrix;
    const cell = cellSize(n) / ratio();
    const into = (from: number, size: number, place: number) =>
      place < from ? place : place + cell + 2 * PAD > from + size ? place + cell + 2 * PAD - size : from;
    scroller.scrollLeft = into(scroller.scrollLeft, scroller.clientWidth - gutterOf(n), column * cell);
    scroller.scrollTop = into(scroller.scrollTop, scroller.clientHeight, row * cell);
  }

  return {
    element: scroller,
    tools: zoomButtons(setZoom),
    show(next: MatrixContent | null): void {
      content = next;
      canvas.hidden = next === null;
      redraw();
    },
    scrollToCell,
  };
}
