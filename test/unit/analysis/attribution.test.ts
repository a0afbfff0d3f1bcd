import assert from 'node:assert/strict';
import { beforeNorm, blockParts, dot, type NormAt, normScale } from '../../../src/analysis/attribution.ts';
import { seededRandom } from '../../../src/analysis/sampling.ts';

describe('attribution', () => {
  const random = seededRandom(3);
  const vector = (length: number) => Float64Array.from({ length }, () => random() * 4 - 2);
  const [d, nHeads, dHead] = [6, 2, 3];

  /** The norm itself, as in the papers. */
  const normed = (x: Float64Array, { kind, weight, bias }: NormAt, eps: number) => {
    const mean = kind === 'layer' ? x.reduce((a, b) => a + b) / x.length : 0;
    const scale = Math.sqrt(x.reduce((a, b) => a + (b - mean) ** 2, 0) / x.length + eps);
    return x.map((value, i) => ((value - mean) / scale) * weight[i] + (bias?.[i] ?? 0));
  };
  const normOf = (kind: 'rms' | 'layer', x: Float64Array, eps: number): NormAt => ({
    kind,
    weight: vector(d),
    bias: kind === 'layer' ? vector(d) : undefined,
    scale: normScale(x, kind, eps),
  });
  const times = (matrix: Float64Array, x: Float64Array) =>
    Float64Array.from({ length: matrix.length / x.length }, (_, o) =>
      dot(matrix.subarray(o * x.length, (o + 1) * x.length), x),
    );
  const plus = (...all: (Float64Array | undefined)[]) =>
    Float64Array.from({ length: d }, (_, i) => all.reduce((sum, x) => sum + (x?.[i] ?? 0), 0));
  const near = (a: number, b: number, what: string) => assert.ok(Math.abs(a - b) < 1e-9, `${what}: ${a}, ${b}`);

  for (const kind of ['rms', 'layer'] as const)
    for (const norms of ['before', 'after'] as const)
      for (const residual of ['sequential', 'parallel'] as const)
        it(`parts and biases sum to the logit: ${kind} norm, norms ${norms}, ${residual} residual`, () => {
          const eps = 1e-3;
          const embedded = vector(d);
          const z = vector(nHeads * dHead);
          const [wO, bO] = [vector(d * nHeads * dHead), vector(d)];
          const attended = plus(times(wO, z), bO);
          const normAfter = norms === 'after' ? normOf(kind, attended, eps) : undefined;
          const attnOut = normAfter ? normed(attended, normAfter, eps) : attended;
          // Where both halves read the same stream, what the feed-forward network adds is of another input: any will do.
          const mlpOut = residual === 'parallel' ? vector(d) : plus(vector(d), attnOut);
          const resid = plus(embedded, attnOut, mlpOut);
          const final = normOf(kind, resid, eps);
          const unembedding = vector(d);
          // Before a soft-cap: the product itself.
          const logit = dot(unembedding, normed(resid, final, eps));

          const direction = beforeNorm(unembedding, final);
          const parts = blockParts(direction, { layer: 4, z, nHeads, wO, bO, normAfter, mlpOut });
          assert.deepEqual(
            parts.map(({ name }) => name),
            ['blocks.4.attn.0', 'blocks.4.attn.1', 'blocks.4.attn.bias', 'blocks.4.mlp'],
          );
          const bias = final.bias ? dot(unembedding, final.bias) : 0;
          const sum = parts.reduce((all, { value }) => all + value, dot(direction, embedded) + bias);
          near(sum, logit, 'sum');
        });

  it('a head that adds nothing has no share; the others have what they add', () => {
    const z = vector(nHeads * dHead);
    z.fill(0, 0, dHead);
    const wO = vector(d * nHeads * dHead);
    const direction = vector(d);
    const [first, second, mlp] = blockParts(direction, { layer: 0, z, nHeads, wO, mlpOut: vector(d) });
    assert.equal(first.value, 0);
    near(second.value, dot(direction, times(wO, z)), 'the second head');
    assert.equal(mlp.name, 'blocks.0.mlp');
  });

  it('where what attention adds is replaced no head has a share', () => {
    const replaced = vector(d);
    const direction = vector(d);
    const block = { layer: 0, z: vector(6), nHeads, wO: vector(36), replaced, mlpOut: vector(d) };
    const [first, second, bias] = blockParts(direction, block);
    assert.deepEqual([first.value, second.value], [0, 0]);
    near(bias.value, dot(direction, replaced), 'what stands for it');
  });
});
