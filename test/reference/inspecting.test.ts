import assert from 'node:assert/strict';
import { copyFileSync, cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import { meanScores } from '../../src/analysis/headScores.ts';
import type { Engine } from '../../src/runtime/engine.ts';
import { collectHooks } from '../../src/runtime/running/collectHooks.ts';
import { sessionClock } from '../../src/runtime/sessions.ts';
import { bundledModelPath } from '../../src/weights/bundled.ts';
import { openModel } from '../../src/weights/open.ts';
import { fixture, readJson, repositoryRoot } from '../fixtures.ts';
import { all, close, loadedEngine, losses } from './compare.ts';

const FAMILIES = ['gpt2', 'llama_mha', 'llama_gqa_tied', 'llama3_rope_sharded', 'mistral', 'qwen2', 'smollm3'];
const IDS = [5, 6, 7, 8, 9, 40, 7, 3];

for (const family of FAMILIES) {
  describe(`inside ${family}`, () => {
    let engine: Engine;
    before(async () => {
      ({ engine } = await loadedEngine(fixture('models', family)));
    });
    after(() => engine.unload());

    it('attribution: the parts of a logit, and of a difference, sum to it', async () => {
      const position = 5;
      const logits = await engine.logits(IDS, position);
      const plain = await engine.attribute({ ids: IDS, position });
      assert.equal(plain.target, logits.indexOf(Math.max(...logits)));
      close([plain.logit, plain.sum], [logits[plain.target], plain.logit], 1e-3, 'a logit');
      const pair = await engine.attribute({ ids: IDS, position, target: 7, against: 9 });
      close([pair.logit, pair.sum], [logits[7] - logits[9], pair.logit], 1e-3, 'a difference');
      const { nLayers, nHeads } = engine.model!;
      const heads = pair.parts.filter(({ name }) => /^blocks\.\d+\.attn\.\d+$/.test(name));
      assert.equal(heads.length, nLayers * nHeads);
      const learned = family === 'gpt2';
      assert.equal(
        pair.parts.some(({ name }) => name === 'pos_embed'),
        learned,
      );
      assert.equal(
        pair.parts.some(({ name }) => name === 'ln_final.bias'),
        learned,
      );
    });

    it('the cache is timed beside the others: no cache changes, and its bytes are those of keys and values', async () => {
      await all(engine.run({ ids: IDS, topK: 1 }));
      const before = sessionClock.runs;
      const { cached, whole, bytesPerToken } = await engine.cacheTimes({ ids: IDS });
      const { nLayers, nKvHeads, dHead } = engine.model!;
      // The others once, the last token three times; a text so short is one chunk.
      assert.equal(sessionClock.runs - before, 4 * nLayers);
      assert.ok(cached > 0 && whole > cached, `${cached} ${whole}`);
      assert.equal(bytesPerToken, 2 * 4 * nLayers * nKvHeads * dHead);
      const runs = sessionClock.runs;
      const [chunk] = await all(engine.run({ ids: IDS, topK: 1 }));
      assert.equal(chunk.cached, true);
      assert.equal(sessionClock.runs, runs);
    });

    it('attribution of a changed model: what is off has no share, and the sum holds', async () => {
      const interventions = [
        { hook: 'blocks.0.attn.hook_z', head: 1, set: 'zero' },
        { hook: 'blocks.1.hook_attn_out', set: 'mean' },
        { hook: 'blocks.1.hook_mlp_out', set: 'zero' },
      ] as const;
      const { parts, logit, sum } = await engine.attribute({ ids: IDS, position: 4, target: 7, interventions });
      const of = (name: string) => parts.find((part) => part.name === name)!.value;
      for (const name of ['blocks.0.attn.1', 'blocks.1.attn.0', 'blocks.1.mlp']) assert.equal(of(name) + 0, 0, name);
      assert.notEqual(of('blocks.1.attn.bias'), 0);
      close([sum], [logit], 1e-3, 'the sum');
    });

    it('copying: the eigenvalues are those of the circuit as wide as the vocabulary', async () => {
      const source = await openModel(fixture('models', family));
      try {
        const { nHeads, nKvHeads, dHead, dModel: d } = source.config;
        const matrix = async (name: string) => {
          const [rows, columns] = source.shape(name);
          return Matrix.from1DArray(rows, columns, await source.read(name));
        };
        const folded = async (weight: Matrix, norm: string) => {
          const scale = (await source.read(norm)).slice();
          return weight.clone().mulRowVector([...scale]);
        };
        const [layer, head] = [1, nHeads - 1];
        const E = await matrix('embed.W_E'); // [V, d]
        const U = await folded(await matrix('unembed.W_U'), 'ln_final.w'); // [V, d]
        const wV = await folded(await matrix(`blocks.${layer}.attn.W_V`), `blocks.${layer}.ln1.w`);
        const wO = await matrix(`blocks.${layer}.attn.W_O`);
        const kv = Math.floor((head * nKvHeads) / nHeads);
        const V = wV.subMatrix(kv * dHead, (kv + 1) * dHead - 1, 0, d - 1).transpose(); // [d, dHead]
        const O = wO.subMatrix(0, d - 1, head * dHead, (head + 1) * dHead - 1).transpose(); // [dHead, d]
        const circuit = E.mmul(V).mmul(O).mmul(U.transpose()); // [V, V]
        const { realEigenvalues: re, imaginaryEigenvalues: im } = new EigenvalueDecomposition(circuit);
        const sizes = re.reduce((sum, x, i) => sum + Math.hypot(x, im[i]), 0);
        const wanted = re.reduce((sum, x) => sum + x, 0) / sizes;
        const scores = await engine.copyingScores();
        assert.equal(scores.length, engine.model!.nLayers * nHeads);
        close([scores[layer * nHeads + head]], [wanted], 1e-3, 'the share');
      } finally {
        await source.close();
      }
    });

    it('positions: the mean cosine of two rows by their distance, where the file has rows of positions', async () => {
      const cosines = await engine.positionCosines(5);
      assert.equal(cosines !== null, family === 'gpt2');
      if (!cosines) return;
      const source = await openModel(fixture('models', family));
      try {
        const [rows, width] = source.shape('pos_embed.W_pos');
        const values = (await source.read('pos_embed.W_pos')).slice();
        const row = (p: number) => [...values.subarray(p * width, (p + 1) * width)];
        const cosine = (p: number, q: number) =>
          row(p).reduce((sum, x, i) => sum + x * row(q)[i], 0) / (Math.hypot(...row(p)) * Math.hypot(...row(q)));
        const wanted = [0, 1, 2, 3, 4, 5].map((distance) => {
          const pairs = Array.from({ length: rows - distance }, (_, p) => cosine(p, p + distance));
          return pairs.reduce((a, b) => a + b) / pairs.length;
        });
        close(cosines, wanted, 1e-5, 'cosines');
        assert.equal((await engine.positionCosines(1e6))!.length, rows);
      } finally {
        await source.close();
      }
    });

    it('values: what each head would add for each token, |v W_O|; no block is run', async () => {
      const { nHeads, nKvHeads, dHead, dModel: d } = engine.model!;
      const layer = 1;
      const name = `blocks.${layer}.attn.hook_v`;
      const { hooks } = await collectHooks(engine.run({ ids: IDS, topK: 0, hooks: [name] }), IDS.length);
      const values = hooks.get(name)!.data;
      await all(engine.run({ ids: IDS, topK: 1 }));
      const runs = sessionClock.runs;
      const { shape, data } = await engine.valueNorms({ ids: IDS, layer });
      assert.equal(sessionClock.runs, runs);
      assert.deepEqual(shape, [nHeads, IDS.length]);
      const source = await openModel(fixture('models', family));
      try {
        const wO = (await source.read(`blocks.${layer}.attn.W_O`)).slice();
        const wanted = Array.from({ length: nHeads * IDS.length }, (_, i) => {
          const [head, j] = [Math.floor(i / IDS.length), i % IDS.length];
          const kv = Math.floor((head * nKvHeads) / nHeads);
          const v = values.subarray((j * nKvHeads + kv) * dHead, (j * nKvHeads + kv + 1) * dHead);
          const added = Array.from({ length: d }, (_, o) =>
            v.reduce((sum, x, a) => sum + x * wO[o * nHeads * dHead + head * dHead + a], 0),
          );
          return Math.hypot(...added);
        });
        close(data, wanted, 1e-4, 'norms');
      } finally {
        await source.close();
      }
    });

    it('neighbours: cosines of the rows as the files hold them', async () => {
      const found = await engine.neighbours({ id: 40, top: 3 });
      const source = await openModel(fixture('models', family));
      try {
        assert.equal(found.tied, source.config.tiedUnembedding);
        for (const [name, { ids, cosines }] of [
          ['embed.W_E', found.E],
          ['unembed.W_U', found.U],
        ] as const) {
          const [rows, width] = source.shape(name);
          const values = (await source.read(name)).slice();
          const row = (id: number) => values.subarray(id * width, (id + 1) * width);
          if (name === 'embed.W_E') assert.deepEqual(found.row, row(40));
          const cosine = (a: Float32Array, b: Float32Array) =>
            a.reduce((sum, x, i) => sum + x * b[i], 0) / (Math.hypot(...a) * Math.hypot(...b));
          const others = Array.from({ length: rows }, (_, id) => id).filter((id) => id !== 40);
          const best = others.map((id) => ({ id, c: cosine(row(id), row(40)) })).sort((a, b) => b.c - a.c);
          assert.deepEqual(
            [...ids],
            best.slice(0, 3).map(({ id }) => id),
            name,
          );
          close(
            cosines,
            best.slice(0, 3).map(({ c }) => c),
            1e-6,
            name,
          );
        }
      } finally {
        await source.close();
      }
    });

    it('patching: the whole prompt put in restores all, the same prompt nothing', async () => {
      const corrupt = [5, 6, 99, 8, 9, 40];
      const clean = [5, 6, 7, 8, 9, 40];
      const rows = await all(engine.patch({ ids: corrupt, clean, answer: 3, against: 4, at: 'resid' }));
      const { nLayers, nHeads } = engine.model!;
      assert.equal(rows.length, nLayers);
      const logits = async (ids: number[]) => engine.logits(ids, ids.length - 1);
      const difference = (l: Float32Array) => l[3] - l[4];
      const [wantedClean, wantedCorrupt] = [difference(await logits(clean)), difference(await logits(corrupt))];
      close([rows[0].clean, rows[0].corrupt], [wantedClean, wantedCorrupt], 1e-4, 'the two prompts');
      // At the first block the prompts differ in one position, which is the whole difference.
      close(rows[0].restored, [0, 0, 1, 0, 0, 0], 1e-3, 'first block');
      // By hand: another block's residual at one position.
      const { hooks } = await collectHooks(
        engine.run({ ids: clean, topK: 0, hooks: ['blocks.1.hook_resid_pre'] }),
        clean.length,
      );
      const resid = hooks.get('blocks.1.hook_resid_pre')!;
      const d = resid.shape[1];
      const set = { shape: [d], data: resid.data.slice(5 * d, 6 * d) };
      const byHand = await engine.logits(corrupt, 5, [{ hook: 'blocks.1.hook_resid_pre', position: 5, set }]);
      const restored = (difference(byHand) - wantedCorrupt) / (wantedClean - wantedCorrupt);
      close([rows[1].restored[5]], [restored], 1e-3, 'second block');

      // A part of the layers is that part of the map.
      for (const at of ['resid', 'z'] as const) {
        const request = { ids: corrupt, clean, answer: 3, against: 4, at };
        const part = await all(engine.patch({ ...request, layers: [1, nLayers] }));
        assert.deepEqual(part, (await all(engine.patch(request))).slice(1), at);
        for (const layers of [
          [-1, 1],
          [1, 1],
          [0, nLayers + 1],
          [0.5, 1],
        ] as const)
          await assert.rejects(all(engine.patch({ ...request, layers })), /there are no layers/, String(layers));
      }

      const byHead = await all(engine.patch({ ids: corrupt, clean, answer: 3, against: 4, at: 'z' }));
      assert.equal(byHead[0].restored.length, nHeads);
      const z = await collectHooks(engine.run({ ids: clean, topK: 0, hooks: ['blocks.1.attn.hook_z'] }), clean.length);
      const { data, shape } = z.hooks.get('blocks.1.attn.hook_z')!;
      const of = Float32Array.from({ length: clean.length * shape[2] }, (_, i) => {
        return data[(Math.floor(i / shape[2]) * nHeads + 1) * shape[2] + (i % shape[2])];
      });
      const cleanZ = { shape: [clean.length, shape[2]], data: of };
      const headByHand = difference(
        await engine.logits(corrupt, 5, [{ hook: 'blocks.1.attn.hook_z', head: 1, set: cleanZ }]),
      );
      close([byHead[1].restored[1]], [(headByHand - wantedCorrupt) / (wantedClean - wantedCorrupt)], 1e-3, 'a head');

      await assert.rejects(
        all(engine.patch({ ids: corrupt, clean: [1, 2], answer: 3, against: 4, at: 'z' })),
        /2 tokens, the corrupt one 6/,
      );
      await assert.rejects(
        all(engine.patch({ ids: corrupt, clean: corrupt, answer: 3, against: 4, at: 'z' })),
        /the same difference/,
      );
    });

    it('the lens of a given token: its rank and log-prob at every residual and position', async () => {
      const target = 7;
      const layers = await all(engine.lens({ ids: IDS, topK: engine.model!.vocabSize, target }));
      for (const { topIds, topLogprobs, topK, targetRank, targetLogprob } of layers) {
        const at = IDS.map((_, p) => topIds.subarray(p * topK, (p + 1) * topK).indexOf(target));
        assert.deepEqual(
          [...targetRank],
          at.map((place) => place + 1),
        );
        close(
          targetLogprob,
          at.map((place, p) => topLogprobs[p * topK + place]),
          1e-5,
          'log-prob',
        );
      }
      await assert.rejects(
        all(engine.lens({ ids: IDS, topK: 1, target: engine.model!.vocabSize })),
        /does not exist: the vocabulary/,
      );
    });

    it('the lens after attention too: the unembedding of what is there, in the order of the computation', async () => {
      const { nLayers } = engine.model!;
      const layers = await all(engine.lens({ ids: IDS, topK: 1, mid: true }));
      assert.deepEqual(
        layers.map(({ hook }) => hook),
        [
          ...Array.from({ length: nLayers }, (_, l) => [
            `blocks.${l}.hook_resid_pre`,
            `blocks.${l}.hook_resid_mid`,
          ]).flat(),
          `blocks.${nLayers - 1}.hook_resid_post`,
        ],
      );
      // Without the feed-forward network of the last layer, what is after attention is the output.
      const last = nLayers - 1;
      const interventions = [{ hook: `blocks.${last}.hook_mlp_out`, set: 'zero' }] as const;
      const [without] = await all(engine.run({ ids: IDS, topK: 1, interventions }));
      const mid = layers.at(-2)!;
      assert.deepEqual([...mid.topIds], [...without.topIds]);
      close(mid.entropy, without.entropy, 1e-4, 'entropy');
    });
  });
}

describe('heads of the bundled model, fp32', () => {
  let engine: Engine;
  const folder = mkdtempSync(join(tmpdir(), 'tokenscope-heads-'));
  interface Induction {
    sequences: { ids: number[] }[];
    induction: number[][];
    previous_token: number[][];
    duplicate_token: number[][];
    ablation: {
      top5_induction: { heads: [number, number][]; second_half_loss_per_seed: number[] };
      random5: { heads: [number, number][]; second_half_loss_per_seed: number[] }[];
    };
  }
  const reference = readJson<Induction>(fixture('smollm2', 'induction.json'));

  before(async () => {
    const options = { precision: 'fp32', cacheDir: folder } as const;
    ({ engine } = await loadedEngine(bundledModelPath(repositoryRoot), options));
  });
  after(async () => {
    await engine.unload();
    rmSync(folder, { recursive: true, force: true });
  });

  it('scores are those of another implementation; the second time they come from disk', async () => {
    const each = [];
    for (const { ids } of reference.sequences) each.push(await engine.headScores({ ids }));
    const means = meanScores(each);
    close(means.induction, reference.induction.flat(), 1e-4, 'induction');
    close(means.previousToken, reference.previous_token.flat(), 1e-4, 'previous token');
    close(means.duplicateToken, reference.duplicate_token.flat(), 1e-4, 'duplicate token');
    const before = sessionClock.runs;
    assert.deepEqual(await engine.headScores({ ids: reference.sequences[0].ids }), each[0]);
    assert.equal(sessionClock.runs, before);
    // A damaged file is as good as none.
    for (const name of readdirSync(join(folder, 'scores')))
      writeFileSync(join(folder, 'scores', name), '{"induction":[');
    assert.deepEqual(await engine.headScores({ ids: reference.sequences[0].ids }), each[0]);
    assert.ok(sessionClock.runs > before);
    await assert.rejects(engine.headScores({ ids: [1, 2, 3] }), /not a sequence twice/);
  });

  it('what is lost without heads', async () => {
    const { top5_induction, random5 } = reference.ablation;
    const { ids } = reference.sequences[0];
    for (const { heads, second_half_loss_per_seed } of [top5_induction, ...random5]) {
      const interventions = heads.map(([l, head]) => ({ hook: `blocks.${l}.attn.hook_z`, head, set: 'zero' }) as const);
      const nll = losses(await all(engine.run({ ids, topK: 0, interventions })));
      close([nll.slice(50).reduce((a, b) => a + b) / 49], [second_half_loss_per_seed[0]], 1e-2, heads.join(' '));
    }
  });
});

describe('weights read again', () => {
  it('end with the model: what is worked out of them does not hold up another load', async () => {
    const { engine } = await loadedEngine(bundledModelPath(repositoryRoot), { precision: 'int8' });
    const copying = engine.copyingScores();
    await Promise.all([assert.rejects(copying, /The model was unloaded/), engine.unload()]);
  });

  it('are refused when the files hold others now', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tokenscope-weights-'));
    const model = join(folder, 'model');
    cpSync(fixture('models', 'llama_mha'), model, { recursive: true });
    const { engine } = await loadedEngine(model);
    try {
      copyFileSync(fixture('models', 'gpt2', 'model.safetensors'), join(model, 'model.safetensors'));
      copyFileSync(fixture('models', 'gpt2', 'config.json'), join(model, 'config.json'));
      await assert.rejects(engine.neighbours({ id: 1, top: 1 }), /others now than when it was loaded/);
    } finally {
      await engine.unload();
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
