/** Heads as cells on a canvas: drawing what is in view, zoom, scrolling, pointer and keys. */

import type { RankedHead, Thumbnails } from '../../src/analysis/thumbnails.ts';
import { zoomButtons } from '../controls.ts';
import { el } from '../dom.ts';
import { t } from '../l10n.ts';
import { drawnIn, ratio } from '../plots/frames.ts';
import { headPixels } from '../plots/headCell.ts';
import type { Palette } from '../plots/palette.ts';
import { css, type Rgb } from '../plots/scale.ts';
import { pointerRests } from '../pointer.ts';

export interface HeadsContent {
  /** In the order of the cells. */
  heads: RankedHead[];
  /** Cells a line. */
  columns: number;
  /** Whether each line is a layer, and is called so. */
  byLayer: boolean;
  thumbnails(layer: number): Thumbnails;
  /** The token whose row the cells show; null: whole matrices. */
  row: number | null;
  colour(weight: number): Rgb;
  /** The same as long as cells look the same. */
  look: string;
  palette: Palette;
  chosen: RankedHead;
}

export interface HeadsEvents {
  point(head: RankedHead | null): void;
  open(head: RankedHead): void;
  move(head: RankedHead): void;
}

/** CSS pixels: between cells, for the layers' names, and of a strip's height. */
const GAP = 3;
const NAMES = 24;
const STRIP = 12;
const SMALLEST = 8;
const LARGEST = 260;

export function headsPane(events: HeadsEvents) {
  const canvas = el('canvas', { class: 'matrix heads-canvas' });
  const space = el('div', { class: 'matrix-space' }, canvas);
  const label = t('Heads: arrow keys move, Enter opens the head');
  const scroller = el(
    'div',
    { class: 'matrix-scroller', tabindex: 0, role: 'application', 'aria-label': label },
    space,
  );
  let content: HeadsContent | null = null;
  let cursor: RankedHead | null = null;
  /** CSS pixels a cell's width; null fits a line into the pane. */
  let zoom: number | null = null;
  let drawn = new Map<string, HTMLCanvasElement>();
  let drawnLook = '';

  const left = () => (content?.byLayer ? NAMES : 0);

  /** CSS pixels from one cell to the next. */
  function step(): { x: number; y: number } {
    const { columns, row } = content!;
    const fitting = Math.floor((scroller.clientWidth - left() - 2 * GAP) / columns);
    const x = Math.max(SMALLEST, Math.min(LARGEST, zoom ?? fitting));
    return { x, y: row === null ? x : STRIP + GAP };
  }

  function cellOf(head: RankedHead, width: number, height: number): HTMLCanvasElement {
    const key = `${head.layer}.${head.head}`;
    const known = drawn.get(key);
    if (known) return known;
    const { row, colour, thumbnails } = content!;
    const cell = el('canvas');
    cell.width = width;
    cell.height = height;
    const pixels = headPixels(thumbnails(head.layer), head.head, { width, height, row, colour });
    cell.getContext('2d')!.putImageData(pixels, 0, 0);
    drawn.set(key, cell);
    return cell;
  }

  function draw(): void {
    if (!content || scroller.clientWidth === 0) return;
    const scale = ratio();
    const { heads, columns, byLayer, palette, chosen, look } = content;
    const { x, y } = step();
    const lines = Math.ceil(heads.length / columns);
    space.style.setProperty('width', `${left() + columns * x + 2 * GAP}px`);
    space.style.setProperty('height', `${lines * y + 2 * GAP}px`);
    const [width, height] = [scroller.clientWidth, scroller.clientHeight];
    if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
      canvas.width = Math.round(width * scale);
      canvas.height = Math.round(height * scale);
      canvas.style.setProperty('width', `${width}px`);
      canvas.style.setProperty('height', `${height}px`);
    }
    const cell = { width: Math.round((x - GAP) * scale), height: Math.round((y - GAP) * scale) };
    const now = `${look} ${cell.width} ${cell.height}`;
    if (now !== drawnLook) drawn = new Map();
    drawnLook = now;
    const context = canvas.getContext('2d')!;
    context.clearRect(0, 0, canvas.width, canvas.height);
    context.textBaseline = 'middle';
    context.textAlign = 'right';
    context.font = `${Math.round(11 * scale)}px ${palette.font}`;
    const first = Math.max(0, Math.floor((scroller.scrollTop - GAP) / y));
    const last = Math.min(lines, Math.ceil((scroller.scrollTop + height) / y));
    for (let i = first * columns; i < Math.min(heads.length, last * columns); i++) {
      const head = heads[i];
      const at = placeOf(i);
      const [px, py] = [Math.round(at.x * scale), Math.round(at.y * scale)];
      context.drawImage(cellOf(head, cell.width, cell.height), px, py);
      context.lineWidth = Math.max(1, Math.round(scale));
      const mark = isSame(head, chosen) ? palette.focus : isSame(head, cursor) ? palette.foreground : palette.faint;
      context.strokeStyle = css(mark);
      context.strokeRect(px - 0.5, py - 0.5, cell.width + 1, cell.height + 1);
      if (isSame(head, chosen) || isSame(head, cursor)) {
        context.strokeRect(px - 1.5, py - 1.5, cell.width + 3, cell.height + 3);
      }
      if (byLayer && i % columns === 0) {
        context.fillStyle = css(palette.background);
        context.fillRect(0, py - GAP, NAMES * scale, y * scale);
        context.fillStyle = css(palette.foreground);
        context.fillText(String(head.layer), (NAMES - 5) * scale, py + cell.height / 2);
      }
    }
    canvas.dataset.cells = JSON.stringify({ x, y, left: left() + GAP - scroller.scrollLeft, columns, gap: GAP });
  }

  /** CSS pixels of a cell's corner in the pane. */
  function placeOf(index: number): { x: number; y: number } {
    const { x, y } = step();
    const { columns } = content!;
    return {
      x: left() + GAP + (index % columns) * x - scroller.scrollLeft,
      y: GAP + Math.floor(index / columns) * y - scroller.scrollTop,
    };
  }

  const redraw = drawnIn(scroller, draw);
  scroller.addEventListener('scroll', redraw);

  function at(event: PointerEvent | MouseEvent): RankedHead | null {
    if (!content) return null;
    const box = canvas.getBoundingClientRect();
    const { x, y } = step();
    const column = Math.floor((event.clientX - box.left + scroller.scrollLeft - left() - GAP) / x);
    const line = Math.floor((event.clientY - box.top + scroller.scrollTop - GAP) / y);
    return column >= 0 && column < content.columns ? (content.heads[line * content.columns + column] ?? null) : null;
  }

  function point(head: RankedHead | null): void {
    if (isSame(head, cursor) || (!head && !cursor)) return;
    cursor = head;
    events.point(head);
    redraw();
  }

  canvas.addEventListener('pointermove', (event) => {
    if (!pointerRests()) point(at(event));
  });
  canvas.addEventListener('pointerleave', () => {
    if (!pointerRests()) point(null);
  });
  canvas.addEventListener('click', (event) => {
    const head = at(event);
    if (head) events.open(head);
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

  /** Zooms; null fits again. What is at a place of the pane, by default its middle, stays there. */
  function setZoom(by: number | null, stays = { x: scroller.clientWidth / 2, y: scroller.clientHeight / 2 }): void {
    if (!content) return;
    const before = step();
    const column = (stays.x + scroller.scrollLeft - left() - GAP) / before.x;
    const line = (stays.y + scroller.scrollTop - GAP) / before.y;
    zoom = by === null ? null : Math.max(SMALLEST, Math.min(LARGEST, Math.round(before.x * by)));
    draw();
    const { x, y } = step();
    scroller.scrollLeft = column * x + left() + GAP - stays.x;
    scroller.scrollTop = line * y + GAP - stays.y;
    redraw();
  }

  scroller.addEventListener('keydown', (event) => {
    if (!content || event.ctrlKey || event.metaKey || event.altKey) return;
    const { heads, columns, chosen } = content;
    const now = heads.findIndex((head) => isSame(head, cursor ?? chosen));
    const moves: Record<string, number> = {
      ArrowLeft: now - 1,
      ArrowRight: now + 1,
      ArrowUp: now - columns,
      ArrowDown: now + columns,
      Home: 0,
      End: heads.length - 1,
    };
    const to = moves[event.key];
    if (to !== undefined) {
      const head = heads[to];
      if (head) {
        point(head);
        reveal(to);
        events.move(head);
      }
    } else if (event.key === 'Enter' || event.key === ' ') {
      if (heads[now]) events.open(heads[now]);
    } else if (event.key === '+' || event.key === '=') setZoom(1.25);
    else if (event.key === '-') setZoom(0.8);
    else if (event.key === '0') setZoom(null);
    else return;
    event.preventDefault();
    event.stopPropagation();
  });

  function reveal(index: number): void {
    const { x, y } = step();
    const place = placeOf(index);
    const into = (from: number, size: number, room: number) =>
      from < 0 ? from - GAP : from + size > room ? from + size - room : 0;
    scroller.scrollLeft += into(place.x - left(), x, scroller.clientWidth - left());
    scroller.scrollTop += into(place.y, y, scroller.clientHeight);
  }

  return {
    element: scroller,
    tools: zoomButtons(setZoom),
    show(next: HeadsContent | null): void {
      content = next;
      canvas.hidden = next === null;
      redraw();
    },
  };
}

const isSame = (a: RankedHead | null, b: RankedHead | null): boolean =>
  a !== null && a.layer === b?.layer && a.head === b.head;
