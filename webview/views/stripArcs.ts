/** Arcs over the strip, from the token that looks to those that it looks at. What they say is listed in the view. */
import { setAttributes } from '../dom.ts';
import { arcPath, type Point } from '../plots/arcs.ts';
import { drawnIn } from '../plots/frames.ts';
import type { Palette } from '../plots/palette.ts';
import { css } from '../plots/scale.ts';
import type { Arcs, Tints } from './tints.ts';

const SVG = 'http://www.w3.org/2000/svg';

/** @param optionOf the element of a token */
export function stripArcs(strip: HTMLElement, optionOf: (position: number) => HTMLElement) {
  const element = document.createElementNS(SVG, 'svg');
  setAttributes(element, { class: 'arcs', 'aria-hidden': 'true' });
  let shown: { arcs: Arcs; max: number; palette: Palette } | null = null;
  /** In the order of `shown.arcs.to`. */
  let paths: SVGPathElement[] = [];

  /** The middle of a token's upper edge, from the strip's upper left; of one that is not laid out, about there. */
  function topOf(position: number, { left, top }: DOMRect): Point {
    const option = optionOf(position);
    const isLaidOut = option.checkVisibility({ contentVisibilityAuto: true });
    const boxes = isLaidOut ? [...option.getClientRects()].filter(({ width }) => width > 0) : [];
    const box = boxes[0] ?? (isLaidOut ? option : option.closest('.block')!).getBoundingClientRect();
    return {
      x: box.left + box.width / 2 - left - strip.clientLeft + strip.scrollLeft,
      y: box.top + (isLaidOut ? 0 : box.height / 2) - top - strip.clientTop + strip.scrollTop,
    };
  }

  function draw(): void {
    if (!shown) return;
    const { from, to } = shown.arcs;
    const place = strip.getBoundingClientRect();
    const view = { top: strip.scrollTop, bottom: strip.scrollTop + strip.clientHeight };
    const start = topOf(from, place);
    // All is measured before anything is written.
    const written = to.map(({ position }) => arcPath(start, topOf(position, place), view));
    for (const [i, path] of paths.entries()) path.setAttribute('d', written[i]);
  }

  const redraw = drawnIn(strip, draw);
  strip.addEventListener('scroll', redraw);
  strip.addEventListener('contentvisibilityautostatechange', redraw);

  return {
    element,
    /** @param fresh the tokens' elements are new */
    show({ arcs, max, colour }: Tints, palette: Palette, fresh: boolean): void {
      strip.classList.toggle('arched', arcs !== undefined);
      if (!arcs || max === null) {
        if (shown) element.replaceChildren();
        shown = null;
        return;
      }
      if (!fresh && shown?.arcs === arcs && shown.max === max && shown.palette === palette) return;
      shown = { arcs, max, palette };
      const stroke = css(palette.highContrast ? palette.foreground : colour(max).fill);
      paths = arcs.to.map(({ position, weight }) => {
        const share = Math.min(1, weight / max);
        const path = document.createElementNS(SVG, 'path');
        setAttributes(path, {
          'data-from': arcs.from,
          'data-to': position,
          'data-weight': weight,
          stroke,
          'stroke-width': palette.highContrast ? Math.max(1, 5 * share) : 1 + 2 * share,
          'stroke-opacity': palette.highContrast ? 1 : 0.4 + 0.55 * share,
        });
        return path;
      });
      // The strongest over the others.
      element.replaceChildren(...paths.toReversed());
      redraw();
    },
  };
}
