/** Published laws of how loss falls with size and data. Losses are nats a token, on the texts of each paper. */

/** L(N) = (8.8e13 / N)^0.076, N without embeddings, data not the limit (Kaplan et al. 2020, arXiv 2001.08361). */
export const kaplanByParameters = (n: number): number => (8.8e13 / n) ** 0.076;

/** L(D) = (5.4e13 / D)^0.095, D tokens, size not the limit (Kaplan et al. 2020). */
export const kaplanByTokens = (d: number): number => (5.4e13 / d) ** 0.095;

/** A fit of L(N, D) = E + A / N^alpha + B / D^beta. */
export interface LossFit {
  name: string;
  source: string;
  E: number;
  A: number;
  B: number;
  alpha: number;
  beta: number;
}

/** As it was published; its constants are disputed. */
export const HOFFMANN: LossFit = {
  name: 'Hoffmann et al. 2022',
  source: 'arXiv 2203.15556, eq. 10',
  E: 1.69,
  A: 406.4,
  B: 410.7,
  alpha: 0.34,
  beta: 0.28,
};

/** The same data fitted again. */
export const BESIROGLU: LossFit = {
  name: 'Besiroglu et al. 2024',
  source: 'arXiv 2404.10102',
  E: 1.8172,
  A: 482.01,
  B: 2085.43,
  alpha: 0.3478,
  beta: 0.3658,
};

export const fittedLoss = ({ E, A, B, alpha, beta }: LossFit, n: number, d: number): number =>
  E + A / n ** alpha + B / d ** beta;

/** Compute of training in floating-point operations, about 6 N D (Kaplan et al. 2020). */
export const trainingCompute = (n: number, d: number): number => 6 * n * d;

/** Tokens for N parameters at the best use of compute, about 20 each (Hoffmann et al. 2022). */
export const COMPUTE_OPTIMAL_TOKENS = 20;
