/** A step's numbers on a canvas: what is in view is drawn, pointed at, and walked by keys. */

import { el, setText } from '../dom.ts';
import { type Grid, shapeOf } from '../headSteps.ts';
import { t } from '../l10n.ts';
import { drawnIn, sized } from '../plots/frames.ts';
import { divergingScale, ramp as rampOf } from '../plots/scale.ts';
import { entryAt, type GridContent, heightOf, paintGrid, placesOf, topOf } from '../plots/stepsPaint.ts';
import { pointerRests } from '../pointer.ts';

export interface GridEvents {
  /** @param said whether a key did it, so that it is read out */
  point(grid: Grid, index: number | null, said: boolean): void;
}

export function stepGrid(events: GridEvents) {
  const name = el('span', { class: 'step-name' });
  const ends = [el('span'), el('span')];
  const ramp = el('span', { class: 'ramp' });
  const canvas = el('canvas', { class: 'step-canvas' });
  const space = el('div', { class: 'step-space' }, canvas);
  const scroller = el('div', { class: 'step-scroller', tabindex: 0, role: 'application' }, space);
  const element = el(
    'div',
    { class: 'step-grid' },
    el('div', { class: 'step-legend' }, name, ends[0], ramp, ends[1]),
    scroller,
  );
  let content: GridContent | null = null;

  function draw(): void {
    const { clientWidth: width, clientHeight: height } = scroller;
    if (!content || width === 0) return;
    space.style.setProperty('height', `${heightOf(placesOf(content.grid, width))}px`);
    paintGrid(sized(canvas, width, height), content, { width, height, top: scroller.scrollTop });
    canvas.dataset.places = JSON.stringify({ ...placesOf(content.grid, width), top: scroller.scrollTop });
  }

  const redraw = drawnIn(scroller, draw);
  scroller.addEventListener('scroll', redraw);

  canvas.addEventListener('pointermove', (event) => {
    if (!content || pointerRests()) return;
    const { grid } = content;
    const y = event.offsetY + scroller.scrollTop;
    events.point(grid, entryAt(placesOf(grid, scroller.clientWidth), grid.data.length, event.offsetX, y), false);
  });
  canvas.addEventListener('pointerleave', () => {
    if (content && !pointerRests()) events.point(content.grid, null, false);
  });
  scroller.addEventListener('keydown', (event) => {
    if (!content || event.ctrlKey || event.metaKey || event.altKey) return;
    const { grid, cursor } = content;
    const end = grid.data.length - 1;
    const moves: Record<string, number> = {
      ArrowUp: Math.max(0, (cursor ?? 1) - 1),
      ArrowDown: Math.min(end, (cursor ?? -1) + 1),
      Home: 0,
      End: end,
    };
    const to = moves[event.key];
    if (to === undefined) return;
    const { columns, cell } = placesOf(grid, scroller.clientWidth);
    const y = Math.floor(to / columns) * cell.height;
    const below = y + 2 * cell.height - scroller.clientHeight;
    scroller.scrollTop = Math.max(below, Math.min(scroller.scrollTop, y));
    events.point(grid, to, true);
    event.preventDefault();
    event.stopPropagation();
  });

  return {
    element,
    show(next: GridContent): void {
      if (next.grid !== content?.grid) scroller.scrollTop = 0;
      content = next;
      const { grid, palette } = next;
      const top = topOf(grid.data);
      const colour = divergingScale(palette, top);
      const written = top.toPrecision(3);
      const signed = grid.data.some((value) => value < 0);
      setText(name, `${grid.name} ${shapeOf(grid)}`);
      setText(ends[0], signed ? `−${written}` : '0');
      setText(ends[1], written);
      ramp.style.setProperty('background-image', rampOf(signed ? (value) => colour(2 * value - top) : colour, top));
      scroller.setAttribute('aria-label', t('{0}: up and down read its numbers', `${grid.name} ${shapeOf(grid)}`));
      redraw();
    },
  };
}
