/** Lines over two axes, as SVG: the numbers stay text, and the picture is sharp at any size. */
import { el } from '../dom.ts';

const SVG = 'http://www.w3.org/2000/svg';

export interface Axis {
  from: number;
  to: number;
  log?: boolean;
  ticks: readonly number[];
  said(value: number): string;
  label: string;
}

export interface Line {
  /** A class of its own colour, see model.css. */
  kind: string;
  points: readonly (readonly [x: number, y: number])[];
  label?: string;
}

export interface Mark {
  kind: string;
  x: number;
  y: number;
  label: string;
}

export interface Plot {
  x: Axis;
  y: Axis;
  lines: readonly Line[];
  marks?: readonly Mark[];
  /** What the picture shows, for who cannot see it. */
  said: string;
}

/** Units of the picture. */
const SIZE = { width: 640, height: 240 };
const INSIDE = { left: 48, right: 612, top: 10, bottom: 204 };

const made = <K extends keyof SVGElementTagNameMap>(tag: K, attributes: Record<string, string | number>) => {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  return element;
};

function text(said: string, x: number, y: number, anchor: 'start' | 'middle' | 'end', kind = 'tick'): SVGTextElement {
  const element = made('text', { x, y, 'text-anchor': anchor, class: kind });
  element.textContent = said;
  return element;
}

/** Where a value of an axis stands between two ends; beyond the axis it stays at its end. */
export function placeOn({ from, to, log }: Axis, value: number, low: number, high: number): number {
  const scale = (x: number) => (log ? Math.log(x) : x);
  const share = (scale(value) - scale(from)) / (scale(to) - scale(from));
  return low + Math.min(1, Math.max(0, share)) * (high - low);
}

/** A short piece of a line of a kind. */
function sample(kind: string): SVGSVGElement {
  const svg = made('svg', { viewBox: '0 0 24 8', class: 'lines sample', 'aria-hidden': 'true' });
  svg.append(made('path', { d: 'M0 4L24 4', class: `line ${kind}` }));
  return svg;
}

export function linePlot(point: (x: number | null) => void = () => {}) {
  const svg = made('svg', { viewBox: `0 0 ${SIZE.width} ${SIZE.height}`, role: 'img', class: 'lines' });
  const element = el('div', { class: 'lines-frame' });
  const legend = el('div', { class: 'lines-legend' });
  element.append(svg, legend);
  let shown: Plot | null = null;
  svg.addEventListener('pointermove', (event) => {
    if (!shown) return;
    const box = svg.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * SIZE.width;
    const share = (x - INSIDE.left) / (INSIDE.right - INSIDE.left);
    const { from, to, log } = shown.x;
    const inside = share >= 0 && share <= 1;
    point(inside ? (log ? from * (to / from) ** share : from + share * (to - from)) : null);
  });
  svg.addEventListener('pointerleave', () => point(null));
  return {
    element,
    svg,
    show(plot: Plot): void {
      shown = plot;
      const { x, y, lines, marks = [] } = plot;
      const across = (value: number) => placeOn(x, value, INSIDE.left, INSIDE.right);
      const up = (value: number) => placeOn(y, value, INSIDE.bottom, INSIDE.top);
      const parts: SVGElement[] = [];
      for (const tick of y.ticks) {
        parts.push(made('line', { x1: INSIDE.left, x2: INSIDE.right, y1: up(tick), y2: up(tick), class: 'grid' }));
        parts.push(text(y.said(tick), INSIDE.left - 6, up(tick) + 4, 'end'));
      }
      for (const tick of x.ticks) {
        parts.push(
          made('line', { x1: across(tick), x2: across(tick), y1: INSIDE.bottom, y2: INSIDE.bottom + 4, class: 'axis' }),
        );
        parts.push(text(x.said(tick), across(tick), INSIDE.bottom + 17, 'middle'));
      }
      parts.push(
        made('line', { x1: INSIDE.left, x2: INSIDE.right, y1: INSIDE.bottom, y2: INSIDE.bottom, class: 'axis' }),
      );
      parts.push(text(x.label, INSIDE.right, SIZE.height - 4, 'end', 'name'));
      parts.push(text(y.label, INSIDE.left + 4, INSIDE.top + 4, 'start', 'name'));
      for (const { kind, points } of lines) {
        const known = points.filter(([, value]) => Number.isFinite(value));
        const path = known
          .map(([a, b], i) => `${i === 0 ? 'M' : 'L'}${across(a).toFixed(1)} ${up(b).toFixed(1)}`)
          .join('');
        parts.push(made('path', { d: path, class: `line ${kind}` }));
      }
      for (const { kind, x: at, y: value, label } of marks) {
        parts.push(made('circle', { cx: across(at), cy: up(value), r: 4.5, class: `mark ${kind}` }));
        const right = across(at) < (INSIDE.left + INSIDE.right) / 2;
        parts.push(text(label, across(at) + (right ? 8 : -8), up(value) - 8, right ? 'start' : 'end', `name ${kind}`));
      }
      legend.replaceChildren(
        ...lines.flatMap(({ kind, label }) => (label ? [el('span', { class: 'key' }, sample(kind), label)] : [])),
      );
      svg.setAttribute('aria-label', plot.said);
      svg.replaceChildren(...parts);
    },
  };
}
