import assert from 'node:assert/strict';
import { cosine, norm, sharesOf, strongestHeads, strongestNeurons } from '../../../src/analysis/residual.ts';

describe('residual stream', () => {
  it('parts of a logit by layer: heads and biases are attention, what is of no layer stands at the ends', () => {
    const parts = [
      ['embed', 1],
      ['pos_embed', 2],
      ['blocks.0.attn.0', 3],
      ['blocks.0.attn.1', -4],
      ['blocks.0.attn.bias', 0.5],
      ['blocks.0.mlp', 5],
      ['blocks.1.attn.0', 6],
      ['blocks.1.attn.1', 7],
      ['blocks.1.mlp', -8],
      ['ln_final.bias', 9],
      ['rounding', 0.25],
    ].map(([name, value]) => ({ name: String(name), value: Number(value) }));
    const shares = sharesOf(parts);
    assert.deepEqual(shares, {
      first: parts.slice(0, 2),
      layers: [
        { heads: [3, -4], attention: -0.5, mlp: 5 },
        { heads: [6, 7], attention: 13, mlp: -8 },
      ],
      last: parts.slice(-2),
    });
    const all = [...shares.first, ...shares.last].reduce((sum, { value }) => sum + value, 0);
    const inLayers = shares.layers.reduce((sum, { attention, mlp }) => sum + attention + mlp, 0);
    assert.equal(
      all + inLayers,
      parts.reduce((sum, { value }) => sum + value, 0),
    );
  });

  it('a layer with more than ten heads has each under its number', () => {
    const parts = Array.from({ length: 12 }, (_, head) => ({ name: `blocks.0.attn.${head}`, value: head }));
    assert.deepEqual(sharesOf(parts).layers[0].heads, Array.from(Array(12).keys()));
  });

  it('heads by magnitude, of equals the first', () => {
    assert.deepEqual(strongestHeads({ heads: [1, -3, 2, 3, 0], attention: 3, mlp: 0 }), [1, 3, 2, 0, 4]);
  });

  it('norm and cosine: 3, 4, 5; right angles; opposite; none of nothing', () => {
    assert.equal(norm([3, 4]), 5);
    assert.equal(cosine([3, 4], [-8, 6]), 0);
    assert.equal(cosine([3, 4], [6, 8]), 1);
    assert.equal(cosine([3, 4], [-3, -4]), -1);
    assert.ok(Math.abs(cosine([1, 0], [1, 1]) - Math.SQRT1_2) < 1e-15);
    assert.ok(Number.isNaN(cosine([0, 0], [1, 0])));
  });

  it('the strongest neurons of all layers, by magnitude; fewer where there are fewer', () => {
    const layers = [Float32Array.of(1, -5, 2), Float32Array.of(4, 5, -0.5)];
    assert.deepEqual(strongestNeurons(layers, 3), [
      { layer: 0, neuron: 1, value: -5 },
      { layer: 1, neuron: 1, value: 5 },
      { layer: 1, neuron: 0, value: 4 },
    ]);
    assert.equal(strongestNeurons(layers, 10).length, 6);
    assert.deepEqual(strongestNeurons([], 10), []);
  });
});
