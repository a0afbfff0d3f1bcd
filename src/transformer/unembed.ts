import type { TransformerConfig } from './config.ts';
import { ModelGraph } from './graph.ts';
import { linear, type WeightPrecision } from './linear.ts';
import { normalizedInput } from './norm.ts';
import { elementType } from './onnxSchema.ts';

/**
 * From the residual stream to a distribution over the vocabulary, and what one asks of it, so that the wide logits
 * leave the engine only when somebody wants them. Applied to an earlier residual it is the logit lens.
 *
 *   logits = norm(resid) U (+ b)
 *
 * Inputs: resid [n, d], target [n, 1] int64 (ids of the tokens that came next; 0 where there is none), k [1] int64.
 * Outputs: ln_final.hook_normalized [n, d], logits [n, V], top_logits and top_ids [n, k], lse [n, 1] (log of the sum of
 * exp(logit)), entropy [n, 1] (nats), target_logit [n, 1], target_above [n, 1] (how many ids have a larger logit).
 */
export function unembedGraph(config: TransformerConfig, precision: WeightPrecision): ModelGraph {
  const { dModel: d, vocabSize: V, unembedBias } = config;
  const g = new ModelGraph('unembed');
  const resid = g.input('resid', 'float', ['n', d]);
  const target = g.input('target', 'int64', ['n', 1]);
  const k = g.input('k', 'int64', [1]);

  const normalized = normalizedInput(g, resid, 'ln_final', config);
  const U = { weight: 'unembed.W_U', bias: unembedBias ? 'unembed.b_U' : undefined, rows: V };
  const logits = linear(g, normalized, { name: 'unembed.W_U', dIn: d, parts: [U], smoothed: 'ln_final' }, precision);
  g.hook('logits', logits, ['n', V]);

  const [topLogits, topIds] = g.ops('TopK', [logits, k], 2, { axis: -1, largest: 1, sorted: 1 });
  const last = g.constant('int64', [-1]);
  const p = g.softmax(logits);
  // The likeliest token's log p is its logit - lse. The softmax's own float32 sum of 50,000 terms is off by up to 1e-4:
  // what its probabilities really sum to sets lse and entropy right.
  // (A product with ones adds up in blocks, which is far more exact than ReduceSum.)
  const ones = g.op('Expand', [g.scalar(1), g.constant('int64', [V, 1])]);
  const mass = g.matMul(p, ones); // [n, 1], nearly 1
  const largest = g.op('ReduceMax', [logits, last], { keepdims: 1 });
  const likeliest = g.div(g.op('ReduceMax', [p, last], { keepdims: 1 }), mass);
  const lse = g.sub(largest, g.op('Log', [likeliest]));
  // entropy = -sum p log p = lse - sum p logit
  const meanLogit = g.div(g.matMul(g.mul(p, logits), ones), mass);
  const entropy = g.sub(lse, meanLogit);
  const targetLogit = g.op('GatherElements', [logits, target], { axis: 1 });
  const above = g.op('Cast', [g.op('Greater', [logits, targetLogit])], { to: elementType.int32 });
  const targetAbove = g.op('ReduceSum', [above, last], { keepdims: 1 });

  g.output('top_logits', topLogits, 'float', ['n', 'k']);
  g.output('top_ids', topIds, 'int64', ['n', 'k']);
  g.output('lse', lse, 'float', ['n', 1]);
  g.output('entropy', entropy, 'float', ['n', 1]);
  g.output('target_logit', targetLogit, 'float', ['n', 1]);
  g.output('target_above', targetAbove, 'int32', ['n', 1]);
  return g;
}
