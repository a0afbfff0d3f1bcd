/** Bars of what each part adds, that can be pointed at and walked with the arrow keys. */

import { el } from '../dom.ts';
import { t } from '../l10n.ts';
import { drawnIn, sized } from '../plots/frames.ts';
import { type PartsContent, paintParts, partsColumnAt } from '../plots/partsPaint.ts';
import { pointerRests } from '../pointer.ts';
import { columnsOf } from '../residual.ts';

/** CSS pixels. */
export const BARS_HEIGHT = 190;

export interface BarsEvents {
  /** @param said whether it was walked to, and is to be said */
  point(column: number | null, said: boolean): void;
  choose(column: number): void;
}

export function partsBars(events: BarsEvents) {
  const canvas = el('canvas', { class: 'parts-bars' });
  const element = el(
    'div',
    {
      class: 'parts-place',
      tabindex: 0,
      role: 'application',
      'aria-label': t('What each part adds to the logit: arrow keys move, Enter chooses the layer'),
    },
    canvas,
  );
  let content: PartsContent | null = null;

  function draw(): void {
    const width = element.clientWidth;
    if (!content || width === 0) return;
    paintParts(sized(canvas, width, BARS_HEIGHT), content, width, BARS_HEIGHT);
  }

  const redraw = drawnIn(element, draw);
  const at = (event: MouseEvent): number | null =>
    content && partsColumnAt(event.offsetX, element.clientWidth, content.shares);
  canvas.addEventListener('pointermove', (event) => {
    if (!pointerRests()) events.point(at(event), false);
  });
  canvas.addEventListener('pointerleave', () => {
    if (!pointerRests()) events.point(null, false);
  });
  canvas.addEventListener('click', (event) => {
    const column = at(event);
    if (column !== null) events.choose(column);
  });
  element.addEventListener('keydown', (event) => {
    if (!content || event.ctrlKey || event.metaKey || event.altKey) return;
    const { shares, layer, pointed } = content;
    const last = columnsOf(shares).length - 1;
    const here = pointed ?? shares.first.length + layer;
    const moves: Record<string, number> = { ArrowLeft: here - 1, ArrowRight: here + 1, Home: 0, End: last };
    if (event.key in moves) events.point(Math.max(0, Math.min(last, moves[event.key])), true);
    else if (event.key === 'Enter' || event.key === ' ') events.choose(here);
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  element.addEventListener('blur', () => events.point(null, false));

  return {
    element,
    show(next: PartsContent): void {
      content = next;
      redraw();
    },
  };
}
