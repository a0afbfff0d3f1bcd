import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import type { ModelSource } from '../../weights/source.ts';
import { breathe } from '../running/breathe.ts';
import { Product } from './products.ts';
import type { StoredWeights } from './storedWeights.ts';

/** Rows of E and U that are multiplied together. */
const ROWS = 4096;

/**
 * How far each head copies what it looks at: sum of Re λ over sum of |λ| of the eigenvalues of its full OV circuit
 * (Elhage et al. 2021). W_E W_V W_O W_U is as wide as the vocabulary, but has the eigenvalues of W_O W_U W_E W_V,
 * [dHead, dHead], besides zeros. Norm weights are folded in, biases left out.
 * @returns [layers * heads], in [-1, 1]
 */
export function copyingScores(weights: StoredWeights, signal?: AbortSignal): Promise<Float32Array> {
  return weights.use(async (source) => {
    const { nLayers, nHeads, nKvHeads, dHead, dModel: d } = source.config;
    const scores = new Float32Array(nLayers * nHeads);
    const product = await Product.create();
    try {
      const UE = await vocabularyProduct(source, signal); // [d, d]
      for (let layer = 0; layer < nLayers; layer++) {
        await breathe(signal);
        const name = `blocks.${layer}`;
        const width = nKvHeads * dHead;
        const wV = transposed(await source.read(`${name}.attn.W_V`), width, d); // [d, kvHeads * dHead]
        await foldIn(source, `${name}.ln1.w`, wV, width);
        const toKv = await product.of(UE, d, wV, width); // [d, kvHeads * dHead]
        const stored = (await source.read(`${name}.attn.W_O`)).slice(); // [d, heads * dHead]
        await foldIn(source, `${name}.ln1_post.w`, stored, nHeads * dHead);
        const all = await product.of(transposed(stored, d, nHeads * dHead), nHeads * dHead, toKv, width); // [heads * dHead, kvHeads * dHead]
        for (let head = 0; head < nHeads; head++) {
          const kv = Math.floor((head * nKvHeads) / nHeads);
          const square = Matrix.zeros(dHead, dHead);
          for (let i = 0; i < dHead; i++)
            for (let j = 0; j < dHead; j++) square.set(i, j, all[(head * dHead + i) * width + kv * dHead + j]);
          scores[layer * nHeads + head] = positiveShare(square);
        }
      }
    } finally {
      await product.release();
    }
    return scores;
  });
}

/** sum of Re λ / sum of |λ|; 0 where all are 0. */
export function positiveShare(square: Matrix): number {
  const { realEigenvalues: re, imaginaryEigenvalues: im } = new EigenvalueDecomposition(square);
  let reals = 0;
  let sizes = 0;
  re.forEach((x, i) => {
    reals += x;
    sizes += Math.hypot(x, im[i]);
  });
  return sizes > 0 ? reals / sizes : 0;
}

/** W_U W_E as [d, d], the final norm's weights folded in. */
async function vocabularyProduct(source: ModelSource, signal: AbortSignal | undefined): Promise<Float32Array> {
  const { vocabSize, dModel: d } = source.config;
  const sum = new Float64Array(d * d);
  const product = await Product.create(true);
  try {
    for (let from = 0; from < vocabSize; from += ROWS) {
      await breathe(signal);
      const rows: [number, number] = [from, Math.min(from + ROWS, vocabSize)];
      const E = (await source.read('embed.W_E', rows)).slice();
      const U = source.config.tiedUnembedding ? E : await source.read('unembed.W_U', rows);
      const part = await product.of(U, rows[1] - rows[0], E, d);
      for (let i = 0; i < part.length; i++) sum[i] += part[i];
    }
  } finally {
    await product.release();
  }
  const UE = Float32Array.from(sum);
  await foldIn(source, 'ln_final.w', UE, d);
  return UE;
}

/** Multiplies row i of a matrix by weight i of a norm, if the model has it. */
async function foldIn(source: ModelSource, name: string, matrix: Float32Array, columns: number): Promise<void> {
  if (!source.has(name)) return;
  const weight = await source.read(name);
  for (let i = 0; i < matrix.length; i++) matrix[i] *= weight[Math.floor(i / columns)];
}

/** @param matrix [rows, columns] @returns [columns, rows] */
function transposed(matrix: Float32Array, rows: number, columns: number): Float32Array {
  const result = new Float32Array(matrix.length);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) result[j * rows + i] = matrix[i * columns + j];
  return result;
}
