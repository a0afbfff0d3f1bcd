/** Patterns small enough for all heads of a model to be seen at once. */

export interface Thumbnails {
  heads: number;
  /** Tokens of the text. */
  n: number;
  /** Rows and columns of a thumbnail: n, or fewer where each stands for several tokens. */
  side: number;
  /** [heads, side, side]: the largest weight of each block of tokens, 255 standing for `max` and all above. */
  bytes: Uint8Array;
  /** The largest weight of any head below the first row, which can look at itself only. */
  max: number;
  /** The same without what is given to the first token. */
  elsewhere: number;
  /** What a head's rows give the first token on average, the first row left out. [heads] */
  rest: Float32Array;
}

/**
 * Thumbnails of a layer's patterns.
 * @param shape [heads, n, n]
 * @param most rows and columns of a thumbnail at most
 */
export function thumbnails(
  { shape: [heads, n], data }: { shape: readonly number[]; data: Float32Array },
  most: number,
): Thumbnails {
  const side = Math.min(n, most);
  const pooled = new Float32Array(heads * side * side);
  const rest = new Float32Array(heads);
  let max = 0;
  let elsewhere = 0;
  for (let head = 0; head < heads; head++) {
    for (let row = 0; row < n; row++) {
      const from = (head * n + row) * n;
      const into = (head * side + blockOf(row, n, side)) * side;
      if (row > 0) rest[head] += data[from] / (n - 1);
      for (let column = 0; column <= row; column++) {
        const weight = data[from + column];
        if (row > 0 && weight > max) max = weight;
        if (column > 0 && weight > elsewhere) elsewhere = weight;
        const at = into + blockOf(column, n, side);
        if (weight > pooled[at]) pooled[at] = weight;
      }
    }
  }
  const scale = max > 0 ? max : 1;
  const bytes = Uint8Array.from(pooled, (weight) => Math.round(Math.min(1, weight / scale) * 255));
  return { heads, n, side, bytes, max: scale, elsewhere, rest };
}

/** The row or column of a thumbnail that a token is in. */
export const blockOf = (token: number, n: number, side: number): number => Math.floor((token * side) / n);

export interface RankedHead {
  layer: number;
  head: number;
}

/** How heads are put in order. */
export type HeadOrder = 'layer' | 'weight' | 'rest';

/**
 * Heads in an order, equals by layer and head. By layer: the last layer first, as in a figure of the model. By weight:
 * what the row of `from` gives the column of `to`. By rest: who rests least on the first token first.
 * @param layers thumbnails by layer, those that are there
 */
export function ranked(
  layers: readonly (Thumbnails | undefined)[],
  order: HeadOrder,
  from: number,
  to: number,
): RankedHead[] {
  const all = layers.flatMap((layer, l) =>
    layer ? Array.from({ length: layer.heads }, (_, head) => ({ layer: l, head })) : [],
  );
  if (order === 'layer') return all.sort((a, b) => b.layer - a.layer || a.head - b.head);
  const value = ({ layer, head }: RankedHead) => {
    const { rest, bytes, side, n, max } = layers[layer]!;
    if (order === 'rest') return -rest[head];
    return (bytes[(head * side + blockOf(from, n, side)) * side + blockOf(to, n, side)] / 255) * max;
  };
  const values = new Map(all.map((each) => [each, value(each)]));
  return all.sort((a, b) => values.get(b)! - values.get(a)! || a.layer - b.layer || a.head - b.head);
}
