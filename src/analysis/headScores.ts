/**
 * What heads do on a sequence r + r of n = 2 half tokens, without a BOS (Olsson et al. 2022, arXiv 2209.11895; the
 * variants of TransformerLens' demo): means of entries of the pattern A, row = the token that looks, positions from 0.
 */
export interface HeadScores {
  /** Mean of A[p][p - half + 1] over p ≥ half: the token after the first copy of token p. [layers * heads] */
  induction: Float32Array;
  /** Mean of A[p][p - 1] over p ≥ 1. */
  previousToken: Float32Array;
  /** Mean of A[p][p - half] over p ≥ half. */
  duplicateToken: Float32Array;
  /** Mean of A[p][0] over p ≥ 1. */
  firstToken: Float32Array;
  /** Mean over p ≥ 1 of the row's entropy, as a share of the largest there can be, ln(p + 1). */
  entropy: Float32Array;
}

export const HEAD_MEASURES = ['induction', 'previousToken', 'duplicateToken', 'firstToken', 'entropy'] as const;

/** How `HeadScores` are defined, for people who read the numbers elsewhere. */
export const HEAD_DEFINITION =
  'n = 2 half tokens r + r, no BOS, p from 0: induction = mean of A[p][p - half + 1] and duplicateToken = mean of ' +
  'A[p][p - half] over p = half … n - 1; previousToken = mean of A[p][p - 1], firstToken = mean of A[p][0] and entropy = ' +
  'mean of H_p / ln(p + 1) over p ≥ 1; means over the sequences. copying = sum of Re λ over sum of |λ| of the eigenvalues ' +
  'of W_O W_U W_E W_V, norm weights folded in, biases left out.';

/** Adds up the scores of all heads while patterns come, rows in any order. */
export class HeadScoreSums {
  private readonly sums: Record<keyof HeadScores, Float64Array>;
  private readonly half: number;

  /** @throws RangeError for a sequence that is not r + r */
  constructor(
    nLayers: number,
    private readonly nHeads: number,
    private readonly n: number,
  ) {
    this.half = n / 2;
    const sum = () => new Float64Array(nLayers * nHeads);
    this.sums = {
      induction: sum(),
      previousToken: sum(),
      duplicateToken: sum(),
      firstToken: sum(),
      entropy: sum(),
    };
  }

  /** @param rows of the pattern of a layer, [heads, count, from + count]: of tokens from `from` on */
  add(layer: number, rows: Float32Array, from: number, count: number): void {
    const { sums, half, nHeads } = this;
    const width = from + count;
    for (let head = 0; head < nHeads; head++) {
      const to = layer * nHeads + head;
      for (let i = 0; i < count; i++) {
        const p = from + i;
        if (p === 0) continue;
        const row = (head * count + i) * width;
        sums.previousToken[to] += rows[row + p - 1];
        sums.firstToken[to] += rows[row];
        let entropy = 0;
        for (let key = 0; key <= p; key++) {
          const a = rows[row + key];
          if (a > 0) entropy -= a * Math.log(a);
        }
        sums.entropy[to] += entropy / Math.log(p + 1);
        if (p < half) continue;
        sums.induction[to] += rows[row + p - half + 1];
        sums.duplicateToken[to] += rows[row + p - half];
      }
    }
  }

  means(): HeadScores {
    const { sums, half, n } = this;
    const over = (name: keyof HeadScores, count: number) => Float32Array.from(sums[name], (sum) => sum / count);
    return {
      induction: over('induction', half),
      previousToken: over('previousToken', n - 1),
      duplicateToken: over('duplicateToken', half),
      firstToken: over('firstToken', n - 1),
      entropy: over('entropy', n - 1),
    };
  }
}

/** Means over several sequences. */
export function meanScores(scores: readonly HeadScores[]): HeadScores {
  const mean = (name: keyof HeadScores) =>
    scores[0][name].map((_, i) => scores.reduce((sum, each) => sum + each[name][i], 0) / scores.length);
  return {
    induction: mean('induction'),
    previousToken: mean('previousToken'),
    duplicateToken: mean('duplicateToken'),
    firstToken: mean('firstToken'),
    entropy: mean('entropy'),
  };
}

/** What is wrong with a sequence that is not r + r; undefined: nothing. */
export function notRepeated(ids: readonly number[]): string | undefined {
  if (ids.length === 0 || ids.length % 2 === 1) return `${ids.length} tokens are not a sequence twice`;
  const half = ids.length / 2;
  const at = ids.findIndex((id, p) => p < half && id !== ids[p + half]);
  return at < 0 ? undefined : `token ${at} is ${ids[at]}, but ${ids[at + half]} in the second half`;
}

/**
 * A sequence r + r of random tokens.
 * @param length tokens of r
 * @param ordinary whether an id may be drawn
 */
export function repeatedTokens(
  random: () => number,
  vocabSize: number,
  length: number,
  ordinary: (id: number) => boolean,
): number[] {
  const half: number[] = [];
  for (let tries = 0; half.length < length; tries++) {
    const id = Math.floor(random() * vocabSize);
    if (ordinary(id) || tries > 1000 * length) half.push(id);
  }
  return [...half, ...half];
}
