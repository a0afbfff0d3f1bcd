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
  const blocks = Int32Array.from({ length: n }, (_, token) => blockOf(token, n, side));
  const rest = new Float32Array(heads);
  let max = 0;
  let elsewhere = 0;
  for (let head = 0; head < heads; head++) {
    for (let row = 1; row < n; row++) {
      const from = (head * n + row) * n;
      rest[head] += data[from] / (n - 1);
      if (data[from] > max) max = data[from];
      for (let i = from + 1; i <= from + row; i++) if (data[i] > elsewhere) elsewhere = data[i];
    }
  }
  max = Math.max(max, elsewhere) || 1;
  const bytes = new Uint8Array(heads * side * side);
  const steps = 255 / max;
  for (let head = 0; head < heads; head++) {
    for (let row = 0; row < n; row++) {
      const from = (head * n + row) * n;
      const into = (head * side + blocks[row]) * side;
      for (let column = 0; column <= row; column++) {
        const byte = Math.min(255, (data[from + column] * steps + 0.5) | 0);
        const at = into + blocks[column];
        if (byte > bytes[at]) bytes[at] = byte;
      }
    }
  }
  return { heads, n, side, bytes, max, elsewhere, rest };
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
