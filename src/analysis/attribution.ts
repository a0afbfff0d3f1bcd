/**
 * Direct logit attribution (TransformerLens' `logit_attrs`; Elhage et al. 2021): the residual stream is a sum of parts,
 * and a norm whose scale is held at what it was is linear, so that a logit is a sum over the parts.
 */
export interface NormAt {
  kind: 'rms' | 'layer';
  weight: ArrayLike<number>;
  bias?: ArrayLike<number>;
  /** What its input was divided by. */
  scale: number;
}

export interface AttributionPart {
  name: string;
  value: number;
}

/** What a norm divides x by: sqrt(mean of squares + eps), for LayerNorm of x without its mean. */
export function normScale(x: ArrayLike<number>, kind: NormAt['kind'], eps: number): number {
  const mean = kind === 'layer' ? sum(x) / x.length : 0;
  let squares = 0;
  for (let i = 0; i < x.length; i++) squares += (x[i] - mean) ** 2;
  return Math.sqrt(squares / x.length + eps);
}

/**
 * The direction before a norm that does what `direction` does after it: direction · norm(x) = result · x + direction ·
 * bias, where the norm's scale is held. LayerNorm takes each part's own mean away.
 */
export function beforeNorm(direction: ArrayLike<number>, { kind, weight, scale }: NormAt): Float64Array {
  const result = Float64Array.from(direction as ArrayLike<number>, (x, i) => (x * weight[i]) / scale);
  if (kind === 'rms') return result;
  const mean = sum(result) / result.length;
  return result.map((x) => x - mean);
}

/** What a block adds at one position. */
export interface BlockParts {
  layer: number;
  /** Of each head, [heads, dHead]. */
  z: ArrayLike<number>;
  nHeads: number;
  /** Output-major, [d, heads * dHead]. */
  wO: ArrayLike<number>;
  bO?: ArrayLike<number>;
  /** A norm of what attention adds. */
  normAfter?: NormAt;
  /** What attention added, where that was set to something else: no head has a share of it. */
  replaced?: ArrayLike<number>;
  /** What the feed-forward network added to the stream, bias, norm and all. [d] */
  mlpOut: ArrayLike<number>;
}

/** Shares of a block's heads, biases and feed-forward network in direction · resid. */
export function blockParts(direction: ArrayLike<number>, block: BlockParts): AttributionPart[] {
  const { layer, z, nHeads, wO, bO, normAfter, replaced, mlpOut } = block;
  const inner = normAfter ? beforeNorm(direction, normAfter) : direction;
  // direction · (W_O z) = (W_O^T direction) · z
  const width = z.length;
  const back = new Float64Array(width);
  for (let o = 0; o < inner.length; o++) for (let i = 0; i < width; i++) back[i] += wO[o * width + i] * inner[o];
  const dHead = width / nHeads;
  const parts: AttributionPart[] = [];
  for (let head = 0; head < nHeads; head++) {
    let value = 0;
    for (let i = head * dHead; !replaced && i < (head + 1) * dHead; i++) value += back[i] * z[i];
    parts.push({ name: `blocks.${layer}.attn.${head}`, value });
  }
  const biases = (bO ? dot(inner, bO) : 0) + (normAfter?.bias ? dot(direction, normAfter.bias) : 0);
  if (replaced) parts.push({ name: `blocks.${layer}.attn.bias`, value: dot(direction, replaced) });
  else if (bO || normAfter?.bias) parts.push({ name: `blocks.${layer}.attn.bias`, value: biases });
  parts.push({ name: `blocks.${layer}.mlp`, value: dot(direction, mlpOut) });
  return parts;
}

export function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let result = 0;
  for (let i = 0; i < a.length; i++) result += a[i] * b[i];
  return result;
}

export function sum(values: ArrayLike<number>): number {
  let result = 0;
  for (let i = 0; i < values.length; i++) result += values[i];
  return result;
}
