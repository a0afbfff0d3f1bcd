/** Where the arcs between tokens go. */

export interface Point {
  x: number;
  y: number;
}

/** CSS pixels that an end beyond the edge stands outside, so that the arc leaves at the edge. */
const BEYOND = 24;
/** How far a curve reaches from the straight line: about a line of text. */
const HIGHEST = 15;
/** Half the width of the loop of a token that looks at itself, and its height. */
const LOOP = { half: 4, height: 12 };

/**
 * A quadratic curve from one point to another, bowed upwards, as an SVG path. Ends above or below what is in view are taken
 * to its edge; '' where both are beyond the same one. All in CSS pixels of one frame.
 */
export function arcPath(from: Point, to: Point, view: { top: number; bottom: number }): string {
  const inView = ({ x, y }: Point): Point => ({
    x,
    y: Math.min(view.bottom + BEYOND, Math.max(view.top - BEYOND, y)),
  });
  if (Math.max(from.y, to.y) < view.top || Math.min(from.y, to.y) > view.bottom) return '';
  const [a, b] = [inView(from), inView(to)];
  const [dx, dy] = [b.x - a.x, b.y - a.y];
  const length = Math.hypot(dx, dy);
  if (length < 1) {
    const { half, height } = LOOP;
    return written({ x: a.x - half, y: a.y }, { x: a.x, y: a.y - 2 * height }, { x: a.x + half, y: a.y });
  }
  // The curve reaches half as far from the chord as its control point.
  const bow = (2 * Math.min(HIGHEST, 5 + 0.05 * length)) / length;
  const side = dx < 0 ? 1 : -1;
  return written(a, { x: a.x + dx / 2 - side * dy * bow, y: a.y + dy / 2 + side * dx * bow }, b);
}

const written = (...points: [Point, Point, Point]): string => {
  const [start, control, end] = points.map(({ x, y }) => `${x.toFixed(1)} ${y.toFixed(1)}`);
  return `M ${start} Q ${control} ${end}`;
};
