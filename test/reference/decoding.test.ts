import assert from 'node:assert/strict';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ModelError } from '../../src/errors.ts';
import type { BranchToken, Precision } from '../../src/runtime/api.ts';
import type { Engine } from '../../src/runtime/engine.ts';
import { sessionClock } from '../../src/runtime/sessions.ts';
import { bundledModelPath } from '../../src/weights/bundled.ts';
import { fixture, repositoryRoot } from '../fixtures.ts';
import { all, close, loadedEngine } from './compare.ts';

const greedy = { sampling: { temperature: 0, topK: 0, topP: 1 }, seed: 0, ignoreEos: true };

const TEXTS = {
  code: 'def add(a, b):\n    return a + b\n\ndef sub(a, b):\n    return a - b\n\ndef mul(a, b):\n    return',
  list: '1. Paris is the capital of France.\n2. Rome is the capital of Italy.\n3. Madrid is the capital of',
  prose: 'The old lighthouse keeper climbed the stairs every evening, and every evening he',
};

describe('decoding', () => {
  for (const precision of ['fp32', 'int8'] as const)
    describe(`of the bundled model, ${precision}`, () => {
      let engine: Engine;
      before(async () => {
        ({ engine } = await loadedEngine(bundledModelPath(repositoryRoot), { precision }));
      });
      after(() => engine.unload());
      const encode = async (text: string) => (await engine.encode(text)).map(({ id }) => id);

      for (const [name, text] of Object.entries(TEXTS))
        it(`look-up speculation gives the same ids in fewer runs: ${name}`, async () => {
          const ids = await encode(text);
          const request = { ids, maxTokens: 32, ...greedy };
          await all(engine.run({ ids, topK: 0 }));
          const before = sessionClock.runs;
          const plain = await all(engine.generate({ ...request, plainDecoding: true }));
          const between = sessionClock.runs;
          const quick = await all(engine.generate(request));
          const runs = [between - before, sessionClock.runs - between];
          assert.deepEqual(
            quick.map(({ id }) => id),
            plain.map(({ id }) => id),
          );
          assert.equal(plain.length, 32);
          for (const [i, { logprob }] of quick.entries()) assert.ok(Math.abs(logprob - plain[i].logprob) < 1e-3);
          if (name !== 'prose') assert.ok(runs[1] < runs[0], `${runs[1]} session runs, ${runs[0]} without`);
        });

      it('branches in lockstep are what each is alone', async () => {
        const ids = await encode(TEXTS.prose);
        const steps = await all(engine.branches({ ids, count: 4, maxTokens: 8 }));
        const branches = [0, 1, 2, 3].map((b) => steps.flat().filter(({ branch }) => branch === b));
        const logits = await engine.logits(ids, ids.length - 1);
        const likeliest = [...logits.keys()].sort((a, b) => logits[b] - logits[a]).slice(0, 4);
        assert.deepEqual(
          branches.map(([first]) => first.id),
          likeliest,
        );
        for (const branch of branches) await sameAlone(engine, ids, branch, precision);
      });

      it('branches that repeat what stood before take fewer runs', async () => {
        const ids = await encode(TEXTS.code);
        await all(engine.run({ ids, topK: 0 }));
        const before = sessionClock.runs;
        const steps = await all(engine.branches({ ids, count: 3, maxTokens: 16 }));
        const { nLayers } = engine.model!;
        assert.ok(steps.length < 16, `${steps.length} steps for 16 tokens`);
        assert.equal(sessionClock.runs - before, (steps.length - 1) * (nLayers + 1) + 1);
        for (const b of [0, 1, 2]) {
          const branch = steps.flat().filter(({ branch: of }) => of === b);
          assert.ok(branch.length === 16 || branch.at(-1)!.stopped);
          await sameAlone(engine, ids, branch, precision);
        }
      });

      it('what comes after several continuations is what comes after each alone', async () => {
        const ids = await encode(TEXTS.list);
        const [spain, dot, norway] = await encode(' Spain. Norway');
        const paths = [[], [spain], [spain, dot], [norway], [spain, norway]];
        const found = await engine.expand({ ids, paths, topK: 3 });
        for (const [p, path] of paths.entries()) {
          const alone = [...ids, ...path];
          const logits = await engine.logits(alone, alone.length - 1);
          const lse = Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit - logits[0]), 0)) + logits[0];
          for (let k = 0; k < 3; k++) {
            const id = found.topIds[p * 3 + k];
            const off = Math.abs(found.topLogprobs[p * 3 + k] - (logits[id] - lse));
            assert.ok(off < 1e-3, `path ${p}, candidate ${k}: ${off}`);
          }
        }
      });

      it('branches may begin with given tokens', async () => {
        const ids = await encode(TEXTS.list);
        const firsts = await encode(' Spain Norway');
        const steps = await all(engine.branches({ ids, firsts, count: 2, maxTokens: 5 }));
        for (const [b, first] of firsts.entries()) {
          const branch = steps.flat().filter((token) => token.branch === b);
          assert.equal(branch[0].id, first);
          await sameAlone(engine, ids, branch, precision);
        }
      });
    });

  it('a branch that ends leaves the others theirs', async () => {
    const { engine } = await loadedEngine(fixture('models/llama_gqa_tied'));
    const ids = [5, 6, 7, 8];
    const alone = await all(engine.branches({ ids, firsts: [9], count: 1, maxTokens: 6 }));
    const eos = engine.model!.eosIds[0];
    const steps = await all(engine.branches({ ids, firsts: [eos, 9], count: 2, maxTokens: 6 }));
    assert.deepEqual(
      steps[0].map(({ stopped }) => stopped),
      ['eos', undefined],
    );
    const other = steps.flat().filter(({ branch }) => branch === 1);
    assert.deepEqual(
      other.map(({ id }) => id),
      alone.flat().map(({ id }) => id),
    );
    await engine.unload();
  });

  it('a head that is off stays off in the cache, and the plain model has a cache of its own', async () => {
    const { engine } = await loadedEngine(fixture('models/gpt2'));
    const ids = Array.from({ length: 40 }, (_, i) => (i * 7) % 300);
    const interventions = [{ hook: 'blocks.1.attn.hook_z', head: 0, set: 'zero' }] as const;
    const scores = async (request: object) =>
      (await all(engine.run({ ids, topK: 0, ...request }))).flatMap(({ logprob }) => [...logprob]);
    const plain = await scores({});
    const off = await scores({ interventions });
    assert.notDeepEqual(off, plain);
    const before = sessionClock.runs;
    assert.deepEqual(await scores({ interventions }), off);
    assert.deepEqual(await scores({}), plain);
    assert.equal(sessionClock.runs, before, 'both are read from their caches');
    const longer = [...ids, 3, 4];
    const chunks = await all(engine.run({ ids: longer, topK: 0, interventions }));
    const fresh = await all(engine.run({ ids: longer, topK: 0, interventions, hooks: ['hook_embed'] }));
    assert.deepEqual(
      chunks.map(({ cached }) => cached),
      [true, false],
    );
    const [found, expected] = [chunks, fresh].map((run) => run.flatMap(({ logprob }) => [...logprob]).slice(1));
    close(found, expected, 1e-4, 'log-probs');
    await engine.unload();
  });

  it('numbers that stop being finite are an error that names the layer', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tokenscope-broken-'));
    try {
      await cp(fixture('models/gpt2'), folder, { recursive: true });
      const path = join(folder, 'model.safetensors');
      const bytes = await readFile(path);
      const length = Number(bytes.readBigUInt64LE(0));
      const header = JSON.parse(bytes.toString('utf8', 8, 8 + length)) as Record<string, { data_offsets: number[] }>;
      // Sums of such weights leave the range of float32.
      const [from, to] = header['h.1.mlp.c_proj.weight'].data_offsets;
      for (let at = from; at < to; at += 4) bytes.writeFloatLE(3e38, 8 + length + at);
      await writeFile(path, bytes);
      const { engine } = await loadedEngine(folder);
      const ids = [1, 2, 3];
      for (const asked of [
        () => all(engine.run({ ids, topK: 1 })),
        () => engine.logits(ids, 2),
        () => all(engine.generate({ ids, maxTokens: 2, ...greedy })),
        () => all(engine.branches({ ids, count: 2, maxTokens: 2 })),
      ])
        await assert.rejects(asked, (error) => {
          assert.ok(error instanceof ModelError, String(error));
          assert.match(error.what, /stop being finite at token \d: first in layer 1/);
          return true;
        });
      await engine.unload();
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

/** The branch's tokens and log-probs are those of scoring and decoding it alone. */
async function sameAlone(engine: Engine, ids: number[], branch: BranchToken[], precision: Precision): Promise<void> {
  const own = branch.map(({ id }) => id);
  const text = [...ids, ...own];
  const chunks = await all(engine.run({ ids: text, topK: 1, scoreFrom: ids.length, hooks: ['hook_embed'] }));
  const logprobs = chunks.flatMap(({ logprob }) => [...logprob]);
  const found = branch.map(({ logprob }) => logprob);
  close(found, logprobs, precision === 'fp32' ? 1e-3 : 1e-4, 'log-probs in lockstep and alone');
  const tops = chunks.flatMap(({ topIds }) => [...topIds]);
  assert.deepEqual(own.slice(1), tops.slice(0, own.length - 1), 'each is the likeliest after those before it');
}
