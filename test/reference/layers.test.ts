import { graphWeights } from '../../src/runtime/loading/graphWeights.ts';
import { blockFeeds, LayerTensors } from '../../src/runtime/running/blockFeeds.ts';
import { configureRuntime, floatData, Session } from '../../src/runtime/sessions.ts';
import { blockGraph } from '../../src/transformer/block.ts';
import type { LayerConfig, TransformerConfig } from '../../src/transformer/config.ts';
import { consecutive } from '../../src/transformer/positions.ts';
import { close } from './compare.ts';

// What may differ between layers, against the formulas written out with plain loops.
const d = 6;
const dHead = 3;
const dMlp = 8;
const n = 5;
const config = (layer: LayerConfig): TransformerConfig => ({
  family: 'test',
  nLayers: 1,
  dModel: d,
  nHeads: 2,
  nKvHeads: 1,
  dHead,
  dMlp,
  vocabSize: 10,
  contextLength: 16,
  norm: { kind: 'rms', eps: 1e-5 },
  learnedPositions: false,
  attention: { bias: { q: true, k: false, v: true, o: false } },
  mlp: { activation: 'relu', gated: false, bias: true },
  tiedUnembedding: true,
  unembedBias: false,
  layers: [layer],
});

let seed = 1;
const random = (length: number, size = 1) =>
  Float32Array.from({ length }, () => {
    seed = (seed * 16807) % 2147483647;
    return size * (seed / 1073741823 - 1);
  });

type Rows = number[][];
const rows = (data: Float32Array, width: number): Rows =>
  Array.from({ length: data.length / width }, (_, i) => [...data.subarray(i * width, (i + 1) * width)]);
const add = (a: Rows, b: Rows): Rows => a.map((row, i) => row.map((x, j) => x + b[i][j]));

/** The block of the chapter: weights by name, output-major. */
function plainBlock(x: Rows, weights: Map<string, Float32Array>, layer: LayerConfig): Rows {
  const norm = (rowsIn: Rows, name: string): Rows => {
    const w = weights.get(`${name}.w`)!;
    return rowsIn.map((row) => {
      const scale = 1 / Math.sqrt(row.reduce((sum, v) => sum + v * v, 0) / d + 1e-5);
      return row.map((v, j) => v * scale * w[j]);
    });
  };
  const linear = (rowsIn: Rows, name: string, bias?: string): Rows => {
    const w = rows(weights.get(name)!, rowsIn[0].length);
    const b = bias ? weights.get(bias)! : undefined;
    return rowsIn.map((row) => w.map((out, o) => out.reduce((sum, v, j) => sum + v * row[j], b?.[o] ?? 0)));
  };
  const before = (rowsIn: Rows, name: string) => (layer.norms === 'after' ? rowsIn : norm(rowsIn, name));
  const after = (rowsIn: Rows, name: string) => (layer.norms === 'before' ? rowsIn : norm(rowsIn, `${name}_post`));
  const attention = (input: Rows): Rows => {
    const q = linear(input, 'attn.W_Q', 'attn.b_Q');
    const k = linear(input, 'attn.W_K');
    const v = linear(input, 'attn.W_V', 'attn.b_V');
    const z = q.map((query, i) =>
      [0, 1].flatMap((head) => {
        const scores = k.map((key, j) => {
          if (j > i || (layer.window !== undefined && i - j >= layer.window)) return Number.NEGATIVE_INFINITY;
          const score = layer.scale * key.reduce((sum, value, c) => sum + value * query[head * dHead + c], 0);
          return layer.softCap ? layer.softCap * Math.tanh(score / layer.softCap) : score;
        });
        const exps = scores.map(Math.exp);
        const sum = exps.reduce((a, b) => a + b);
        return [0, 1, 2].map((c) => exps.reduce((total, e, j) => total + (e / sum) * v[j][c], 0));
      }),
    );
    return linear(z, 'attn.W_O');
  };
  const mlp = (input: Rows) =>
    linear(
      linear(input, 'mlp.W_in', 'mlp.b_in').map((row) => row.map((v) => Math.max(0, v))),
      'mlp.W_out',
      'mlp.b_out',
    );
  const mid = add(x, after(attention(before(x, 'ln1')), 'ln1'));
  return add(mid, after(mlp(before(layer.residual === 'parallel' ? x : mid, 'ln2')), 'ln2'));
}

describe('layers that differ', () => {
  before(() => configureRuntime(2));

  const plain: LayerConfig = { scale: 0.6, residual: 'sequential', norms: 'before' };
  const kinds: Record<string, LayerConfig> = {
    'pre-norm, sequential': plain,
    'a window of two': { ...plain, window: 2 },
    'capped scores': { ...plain, softCap: 0.5 },
    'parallel residual': { ...plain, residual: 'parallel' },
    'normalised after': { ...plain, norms: 'after' },
    'normalised before and after': { ...plain, norms: 'around' },
    'all at once': { scale: 0.9, window: 3, softCap: 0.7, residual: 'parallel', norms: 'around' },
  };
  for (const [name, layer] of Object.entries(kinds))
    for (const precision of ['fp32', 'int8'] as const)
      it(`${name}, ${precision}`, async () => {
        const graph = blockGraph(config(layer), layer, precision);
        const stored = new Map(
          [...graph.storedWeights()].map(([weight, shape]) => [weight, random(shape.reduce((a, b) => a * b, 1))]),
        );
        const read = async (weight: string, from?: number, to?: number) => {
          const [count, width] = graph.storedWeights().get(weight)!;
          return stored.get(weight)!.subarray((from ?? 0) * (width ?? 1), (to ?? count) * (width ?? 1));
        };
        // Divisors of int8 change nothing but the rounding.
        const divisors = new Map(
          graph.smoothingPoints.map((point) => [
            point.name,
            random(point.columns / point.shared, 0.5).map((s) => s + 1),
          ]),
        );
        const weights = await graphWeights(graph, read, precision, (point) =>
          precision === 'int8' ? divisors.get(point) : undefined,
        );
        const x = random(n * d);
        const session = await Session.create(graph.encode(), weights);
        const tensors = new LayerTensors(config(layer), consecutive(0, n));
        const none = { k: new Float32Array(0), v: new Float32Array(0) };
        const outputs = await session.run(blockFeeds(config(layer), 0, tensors, x, none), ['hook_resid_post']);
        await session.release();
        const expected = plainBlock(rows(x, d), stored, layer).flat();
        close(floatData(outputs, 'hook_resid_post'), expected, precision === 'fp32' ? 1e-5 : 0.15, name);
      });
});
