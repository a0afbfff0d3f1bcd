import { logSumExp } from './sampling.ts';

/** A distribution over the vocabulary, to be compared with others. */
export interface Reference {
  probabilities: Float32Array;
  /** -sum p ln p, nats. */
  entropy: number;
}

export function referenceOf(logits: Float32Array): Reference {
  const lse = logSumExp(logits);
  const probabilities = logits.map((x) => Math.exp(x - lse));
  let entropy = 0;
  for (let id = 0; id < logits.length; id++) entropy -= probabilities[id] * (logits[id] - lse);
  return { probabilities, entropy };
}

/** KL(reference || softmax(logits)), nats: what is lost where the logits stand for the reference. */
export function divergence({ probabilities, entropy }: Reference, logits: Float32Array): number {
  let mean = 0;
  for (let id = 0; id < logits.length; id++) mean += probabilities[id] * logits[id];
  // Rounding may leave it a little below 0.
  return Math.max(0, logSumExp(logits) - mean - entropy);
}
