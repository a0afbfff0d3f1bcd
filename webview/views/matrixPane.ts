/** The attention matrix on its canvas: drawing, zoom, scrolling, pointer and keys. */
import { iconButton } from '../controls.ts';
import { el } from '../dom.ts';
import { cellAt, fittingCell, type Matrix, matrixPixels, type Window } from '../plots/matrix.ts';
import type { Palette } from '../plots/palette.ts';
import { css, type Rgb } from '../plots/scale.ts';

export interface Cell {
  row: number;
  column: number;
}

export interface PaneContent {
  matrix: Matrix;
  colour: (value: number) => Rgb;
  palette: Palette;
  /** Row of the chosen token. */
  chosenRow: number;
  cursor: Cell | null;
  name(position: number): string;
}

export interface PaneEvents {
  point(cell: Cell | null): void;
  choose(row: number): void;
  move(cell: Cell): void;
}

/** Names stand beside the diagonal from this size of a cell on, in CSS pixels. */
const NAMED_FROM = 11;
const NAME_ROOM = 96;
const LARGEST_CELL = 40;
/** Room around the matrix for the frames of its outer cells. */
const PAD = 3;

export function matrixPane(events: PaneEvents) {
  const canvas = el('canvas', { class: 'matrix' });
  const space = el('div', { class: 'matrix-space' }, canvas);
  const scroller = el(
    'div',
    {
      class: 'matrix-scroller',
      tabindex: 0,
      role: 'application',
      'aria-label': 'Attention matrix: arrow keys move the cell, Enter chooses its row',
    },
    space,
  );
  let content: PaneContent | null = null;
  /** CSS pixels a cell as chosen; null fits the matrix into the pane. */
  let zoom: number | null = null;
  let frame = 0;

  const ratio = () => Math.max(1, window.devicePixelRatio);
  /** Cells and names in device pixels, as large as the pane allows. */
  function cellSize(n: number): number {
    if (zoom !== null) return Math.max(1, Math.round(zoom * ratio()));
    const pads = 2 * PAD;
    const room = (Math.min(scroller.clientWidth, Math.max(160, scroller.clientHeight)) - pads) * ratio();
    const most = LARGEST_CELL * ratio();
    const named = Math.min(most, fittingCell(n, Math.max(40, (scroller.clientWidth - pads - NAME_ROOM) * ratio())));
    const fitting = Math.min(most, fittingCell(n, room));
    return Math.min(fitting, named) >= NAMED_FROM * ratio() ? Math.min(fitting, named) : fitting;
  }

  function windowOf(n: number): Window {
    const scale = ratio();
    return {
      width: Math.max(1, Math.round(scroller.clientWidth * scale)),
      height: Math.max(1, Math.round(scroller.clientHeight * scale)),
      x: Math.round((PAD - scroller.scrollLeft) * scale),
      y: Math.round((PAD - scroller.scrollTop) * scale),
      cell: cellSize(n),
    };
  }

  function draw(): void {
    frame = 0;
    if (!content || scroller.clientWidth === 0) return;
    const { matrix } = content;
    const scale = ratio();
    const cell = cellSize(matrix.n);
    const names = cell >= NAMED_FROM * scale ? NAME_ROOM : 0;
    space.style.setProperty('width', `${(cell * matrix.n) / scale + 2 * PAD + names}px`);
    space.style.setProperty('height', `${(cell * matrix.n) / scale + 2 * PAD}px`);
    const view = windowOf(matrix.n);
    if (canvas.width !== view.width || canvas.height !== view.height) {
      canvas.width = view.width;
      canvas.height = view.height;
      canvas.style.setProperty('width', `${view.width / scale}px`);
      canvas.style.setProperty('height', `${view.height / scale}px`);
    }
    canvas.dataset.window = JSON.stringify(view);
    paint(canvas.getContext('2d')!, content, view, scale);
  }

  const redraw = (): void => {
    if (frame === 0) frame = requestAnimationFrame(draw);
  };
  scroller.addEventListener('scroll', redraw);
  new ResizeObserver(redraw).observe(scroller);

  const at = (event: PointerEvent | MouseEvent): Cell | null => {
    if (!content) return null;
    const box = canvas.getBoundingClientRect();
    const scale = ratio();
    return cellAt(
      content.matrix.n,
      windowOf(content.matrix.n),
      (event.clientX - box.left) * scale,
      (event.clientY - box.top) * scale,
    );
  };
  canvas.addEventListener('pointermove', (event) => events.point(at(event)));
  canvas.addEventListener('pointerleave', () => events.point(null));
  canvas.addEventListener('click', (event) => {
    const cell = at(event);
    if (cell) events.choose(cell.row);
  });
  scroller.addEventListener(
    'wheel',
    (event) => {
      if (!event.ctrlKey) return;
      event.preventDefault();
      setZoom(event.deltaY < 0 ? 1.25 : 0.8);
    },
    { passive: false },
  );

  /** Zooms about the middle of the pane; null fits again. */
  function setZoom(by: number | null): void {
    if (!content) return;
    const scale = ratio();
    const before = cellSize(content.matrix.n) / scale;
    const wanted = by === null ? null : Math.min(LARGEST_CELL, Math.max(1 / scale, before * by));
    // A whole device pixel more or less, so that each press does something.
    zoom = wanted === null ? null : (by! > 1 ? Math.ceil(wanted * scale) : Math.floor(wanted * scale) || 1) / scale;
    const middle = [scroller.scrollLeft + scroller.clientWidth / 2, scroller.scrollTop + scroller.clientHeight / 2];
    draw();
    const grown = cellSize(content.matrix.n) / scale / before;
    scroller.scrollLeft = middle[0] * grown - scroller.clientWidth / 2;
    scroller.scrollTop = middle[1] * grown - scroller.clientHeight / 2;
    redraw();
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
    else if (event.key === '+' || event.key === '=') setZoom(1.25);
    else if (event.key === '-') setZoom(0.8);
    else if (event.key === '0') setZoom(null);
    else return;
    event.preventDefault();
    event.stopPropagation();
  });

  function scrollToCell({ row, column }: Cell): void {
    if (!content) return;
    const cell = cellSize(content.matrix.n) / ratio();
    const into = (from: number, size: number, place: number) =>
      place < from ? place : place + cell + 2 * PAD > from + size ? place + cell + 2 * PAD - size : from;
    scroller.scrollLeft = into(scroller.scrollLeft, scroller.clientWidth, column * cell);
    scroller.scrollTop = into(scroller.scrollTop, scroller.clientHeight, row * cell);
  }

  return {
    element: scroller,
    tools: el(
      'span',
      { class: 'zoom' },
      iconButton('zoom-in', 'Zoom in', () => setZoom(1.25)),
      iconButton('zoom-out', 'Zoom out', () => setZoom(0.8)),
      iconButton('screen-full', 'Fit', () => setZoom(null)),
    ),
    show(next: PaneContent | null): void {
      content = next;
      canvas.hidden = next === null;
      redraw();
    },
    scrollToCell,
    /** The whole matrix with its names, for a picture. */
    picture(): HTMLCanvasElement | null {
      if (!content) return null;
      const { n } = content.matrix;
      const cell = Math.max(1, Math.min(24, Math.floor(3000 / n)));
      const whole = el('canvas');
      whole.width = n * cell + (cell >= NAMED_FROM ? NAME_ROOM * 2 : 0);
      whole.height = n * cell;
      const view = { width: whole.width, height: whole.height, x: 0, y: 0, cell };
      paint(whole.getContext('2d')!, { ...content, cursor: null }, view, 1, true);
      return whole;
    },
  };
}

function paint(
  context: CanvasRenderingContext2D,
  content: PaneContent,
  view: Window,
  scale: number,
  opaque = false,
): void {
  const { matrix, colour, palette, chosenRow, cursor, name } = content;
  const { x, y, cell, width, height } = view;
  const { n } = matrix;
  context.clearRect(0, 0, width, height);
  context.putImageData(matrixPixels(matrix, view, colour), 0, 0);
  if (opaque) {
    context.globalCompositeOperation = 'destination-over';
    context.fillStyle = css(palette.background);
    context.fillRect(0, 0, width, height);
    context.globalCompositeOperation = 'source-over';
  }
  const line = Math.max(1, Math.round(scale));
  const frame = (left: number, top: number, w: number, h: number, style: string) => {
    context.strokeStyle = style;
    context.lineWidth = line;
    context.strokeRect(left - line / 2, top - line / 2, w + line, h + line);
  };
  const text = css(palette.foreground);
  const ground = css(palette.background);
  if (cursor) {
    // Crosshair: along the row to the cell, and down the column to it.
    context.fillStyle = text;
    context.globalAlpha = 0.6;
    context.fillRect(x, y + (cursor.row + 0.5) * cell - line / 2, cursor.column * cell, line);
    context.fillRect(
      x + (cursor.column + 0.5) * cell - line / 2,
      y + cursor.column * cell,
      line,
      (cursor.row - cursor.column) * cell,
    );
    context.globalAlpha = 1;
    frame(x + cursor.column * cell, y + cursor.row * cell, Math.max(cell, 2), Math.max(cell, 2), ground);
    frame(
      x + cursor.column * cell - line,
      y + cursor.row * cell - line,
      Math.max(cell, 2) + 2 * line,
      Math.max(cell, 2) + 2 * line,
      text,
    );
  }
  const tall = Math.max(cell, 2);
  frame(x, y + chosenRow * cell, (chosenRow + 1) * cell, tall, ground);
  frame(x - line, y + chosenRow * cell - line, (chosenRow + 1) * cell + 2 * line, tall + 2 * line, css(palette.focus));
  if (cell < NAMED_FROM * scale) return;
  context.font = `${Math.min(13 * scale, cell * 0.8)}px ${palette.font}`;
  context.textBaseline = 'middle';
  context.fillStyle = text;
  const first = Math.max(0, Math.floor(-y / cell));
  for (let i = first; i < n && y + i * cell < height; i++) {
    context.fillText(name(i), x + (i + 1) * cell + 6 * scale, y + (i + 0.5) * cell, (NAME_ROOM - 8) * scale);
  }
}
