import assert from 'node:assert/strict';
import { Answers } from '../../../src/panel/answers.ts';
import { type Question, questions, type Result } from '../../../src/panel/questions/index.ts';
import type { Subject } from '../../../src/panel/questions/subject.ts';
import type {
  HookRows,
  HooksRequest,
  LensLayer,
  LensRequest,
  ModelInfo,
  PatchRequest,
  PatchRow,
} from '../../../src/runtime/api.ts';
import { FakeEngine, logitsAfter } from '../fakeEngine.ts';

const IDS = [1, 2, 3, 4, 5, 6];
const distribution = (position: number): Question => ({ kind: 'distribution', position });
const pattern = (layer: number): Question => ({ kind: 'pattern', layer });

/** Answers when it is told to, or fails as its signal says. */
class SlowEngine extends FakeEngine {
  readonly began: number[] = [];
  private readonly open = new Map<number, () => void>();

  override async logits(ids: readonly number[], position: number, _?: unknown, signal?: AbortSignal) {
    this.began.push(position);
    await new Promise<void>((resolve, reject) => {
      this.open.set(position, resolve);
      signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
    });
    return super.logits(ids, position);
  }

  finish(position: number): void {
    this.open.get(position)!();
  }
}

/** A lens of two residuals whose numbers say which residual and position they are of, and what it was asked. */
class LensEngine extends FakeEngine {
  readonly asked: LensRequest[] = [];

  override async *lens(request: LensRequest, signal?: AbortSignal): AsyncGenerator<LensLayer> {
    this.asked.push(request);
    const { ids, positions = [] } = request;
    for (let l = 0; l < 2; l++) {
      await Promise.resolve();
      signal?.throwIfAborted();
      const floats = (add: number) => Float32Array.from(positions, (p) => 100 * l + p + add);
      yield {
        hook: `residual ${l}`,
        entropy: floats(0.25),
        targetLogprob: floats(0.5),
        targetRank: Int32Array.from(positions, (p) => ids[p + 1] ?? 0),
        topK: 1,
        topIds: Int32Array.from(positions, (p) => 10 * l + p),
        topLogprobs: floats(0.75),
      };
    }
  }
}

/** Two layers whose stream at position p is p + 1 times (3, 4), and has (0, p + 1) added twice a layer. */
class StreamEngine extends FakeEngine {
  readonly asked: HooksRequest[] = [];

  override async *hooks(request: HooksRequest): AsyncGenerator<HookRows> {
    this.asked.push(request);
    const { ids, from = 0 } = request;
    const count = ids.length - from;
    const tensor = (...row: number[]) => ({
      shape: [count, row.length],
      data: Float32Array.from({ length: count * row.length }, (_, i) => {
        return row[i % row.length] * (from + 1 + Math.floor(i / row.length));
      }),
    });
    const hooks = Object.fromEntries(
      [0, 1].flatMap((l) => [
        [`blocks.${l}.hook_resid_pre`, tensor(3, 4 + 2 * l)],
        [`blocks.${l}.hook_attn_out`, tensor(0, 1)],
        [`blocks.${l}.hook_mlp_out`, tensor(0, 1)],
        [`blocks.${l}.mlp.hook_post`, tensor(...Array.from({ length: 6 }, (_, i) => (l === 0 ? i : -i - 0.5)))],
      ]),
    );
    hooks['blocks.1.hook_resid_post'] = tensor(3, 8);
    yield { from, count, hooks };
  }
}

/** Restores 10 layer + column / 10, and says what it was asked. */
class PatchEngine extends FakeEngine {
  readonly asked: PatchRequest[] = [];

  override async *patch(request: PatchRequest): AsyncGenerator<PatchRow> {
    this.asked.push(request);
    const { ids, layers } = request;
    for (let layer = layers![0]; layer < layers![1]; layer++)
      yield { layer, clean: 3, corrupt: -5, restored: Float32Array.from(ids, (_, p) => 10 * layer + p / 10) };
  }
}

/** Two layers of four heads that share two key-value heads, in chunks of two positions; numbers say whose they are. */
class StepsEngine extends FakeEngine {
  readonly asked: HooksRequest[] = [];

  override async *hooks(request: HooksRequest): AsyncGenerator<HookRows> {
    this.asked.push(request);
    const { ids } = request;
    for (let from = request.from ?? 0; from < ids.length; from += 2) {
      const count = Math.min(2, ids.length - from);
      /** [count, heads, 2]: (position + 1, add + head) */
      const vectors = (heads: number, add: number) => ({
        shape: [count, heads, 2],
        data: Float32Array.from({ length: count * heads * 2 }, (_, i) =>
          i % 2 === 0 ? from + Math.floor(i / (2 * heads)) + 1 : add + (Math.floor(i / 2) % heads),
        ),
      });
      const stream = (add: number) => ({ ...vectors(1, add), shape: [count, 2] });
      const keys = from + count;
      /** [4, count, keys]: head + key / 8 */
      const square = () => ({
        shape: [4, count, keys],
        data: Float32Array.from(
          { length: 4 * count * keys },
          (_, i) => Math.floor(i / (count * keys)) + (i % keys) / 8,
        ),
      });
      const hooks = {
        'blocks.1.hook_resid_pre': stream(0),
        'blocks.1.hook_attn_out': stream(50),
        'blocks.1.attn.hook_q': vectors(4, 10),
        'blocks.1.attn.hook_k': vectors(2, 20),
        'blocks.1.attn.hook_v': vectors(2, 30),
        'blocks.1.attn.hook_z': vectors(4, 40),
        'blocks.1.attn.hook_attn_scores': square(),
        'blocks.1.attn.hook_pattern': square(),
      };
      yield { from, count, hooks };
    }
  }
}

async function about<E extends FakeEngine>(engine: E, ids = IDS, more: Partial<ModelInfo> = {}): Promise<Subject> {
  for await (const _ of engine.load({ path: 'fake.gguf', precision: 'int8' }));
  const texts = async (asked: readonly number[]) => Object.fromEntries(asked.map((id) => [id, { text: `<${id}>` }]));
  const patternOf = () => engine.pattern(ids);
  return {
    engine,
    unchanged: engine,
    model: { ...engine.model!, ...more },
    ids,
    before: () => undefined,
    pattern: patternOf,
    texts,
  };
}

describe('questions of the page', () => {
  it('stand in the table under their kind', () => {
    for (const [kind, { schema }] of Object.entries(questions)) assert.equal(schema.shape.kind.value, kind);
  });

  it('a distribution: all logits after the position, the likeliest named', async () => {
    const answers = new Answers(await about(new FakeEngine()));
    const pieces = Object.fromEntries(Array.from({ length: 8 }, (_, id) => [id, { text: `<${id}>` }]));
    assert.deepEqual(await answers.to(distribution(2)), { result: { logits: logitsAfter(3), pieces } });
  });

  it('a pattern: its shape, and rows that add up to one', async () => {
    const answers = new Answers(await about(new FakeEngine()));
    const outcome = await answers.to(pattern(1));
    assert.ok(outcome && 'result' in outcome);
    const { shape, data } = outcome.result as { shape: number[]; data: Float32Array };
    assert.deepEqual(shape, [2, 6, 6]);
    const row = data.subarray((6 + 3) * 6, (6 + 4) * 6);
    assert.deepEqual([...row], [0.25, 0.25, 0.25, 0.25, 0, 0]);
  });

  it('the lens of a window: residuals by positions, the top tokens named', async () => {
    const engine = new LensEngine();
    const answers = new Answers(await about(engine));
    assert.deepEqual(await answers.to({ kind: 'lens', from: 4, count: 2 }), {
      result: {
        hooks: ['residual 0', 'residual 1'],
        topIds: Int32Array.of(4, 5, 14, 15),
        topLogprobs: Float32Array.of(4.75, 5.75, 104.75, 105.75),
        entropy: Float32Array.of(4.25, 5.25, 104.25, 105.25),
        targetLogprob: Float32Array.of(4.5, 5.5, 104.5, 105.5),
        targetRank: Int32Array.of(6, 0, 6, 0),
        pieces: Object.fromEntries([4, 5, 14, 15].map((id) => [id, { text: `<${id}>` }])),
      },
    });
    assert.deepEqual(engine.asked, [{ ids: IDS, topK: 1, positions: [4, 5] }]);
  });

  it('the lens follows a token in place of the one after the window', async () => {
    const engine = new LensEngine();
    const outcome = await new Answers(await about(engine)).to({ kind: 'lens', from: 1, count: 2, follow: 7 });
    assert.ok(outcome && 'result' in outcome);
    assert.deepEqual((outcome.result as { targetRank: Int32Array }).targetRank, Int32Array.of(3, 7, 3, 7));
    assert.deepEqual(engine.asked[0].ids, [1, 2, 3, 7]);
  });

  it('the lens of a chosen token, after attention too: that is asked, and the token is named', async () => {
    const engine = new LensEngine();
    const asked = { kind: 'lens', from: 0, count: 1, target: 33, mid: true } as const;
    const outcome = await new Answers(await about(engine)).to(asked);
    assert.ok(outcome && 'result' in outcome);
    const { pieces } = outcome.result as { pieces: Record<number, { text: string }> };
    assert.equal(pieces[33].text, '<33>');
    assert.deepEqual(engine.asked, [{ ids: IDS, topK: 1, positions: [0], target: 33, mid: true }]);
  });

  it('of two windows of the lens the later one is answered; one beyond the text is an error', async () => {
    const answers = new Answers(await about(new LensEngine()));
    const [first, second] = await Promise.all([0, 2].map((from) => answers.to({ kind: 'lens', from, count: 2 })));
    assert.deepEqual(first, { dropped: true });
    assert.ok(second && 'result' in second);
    await assert.rejects(answers.to({ kind: 'lens', from: 5, count: 2 }), { where: 'Positions 5 to 6 of 6' });
  });

  it('the residual stream at a position: norms, cosines with its end, strong neurons, of one row', async () => {
    const engine = new StreamEngine();
    const answers = new Answers(await about(engine));
    const outcome = await answers.to({ kind: 'stream', position: 1 });
    const length = (y: number) => 2 * Math.hypot(3, y);
    const cosineTo = (y: number) => (3 * 3 + 8 * y) / (Math.hypot(3, y) * Math.hypot(3, 8));
    const neurons = [5.5, -5, 4.5, -4, 3.5, -3, 2.5, -2, 1.5, -1].map((x) =>
      Number.isInteger(x) ? { layer: 0, neuron: -x, value: -2 * x } : { layer: 1, neuron: x - 0.5, value: -2 * x },
    );
    assert.deepEqual(outcome, {
      result: {
        norm: Float32Array.from([4, 6, 8], length),
        cosine: Float32Array.of(cosineTo(4), cosineTo(6), 1),
        attention: Float32Array.of(2, 2),
        mlp: Float32Array.of(2, 2),
        neurons,
      },
    });
    const [{ ids, from }] = engine.asked;
    assert.deepEqual([ids, from, engine.asked.length], [[1, 2], 1, 1]);
    await assert.rejects(answers.to({ kind: 'stream', position: 6 }), { where: 'Position 6' });
  });

  it('what changes in the model: the scores from before the change where they are kept, else those of a run', async () => {
    const subject = await about(new FakeEngine());
    const of = async (asked: Subject) => {
      const outcome = await new Answers(asked).to({ kind: 'difference', position: 2 });
      assert.ok(outcome && 'result' in outcome);
      return (outcome.result as Result<Extract<Question, { kind: 'difference' }>>).logprob;
    };
    const kept = Float32Array.of(Number.NaN, -1, -2, -3, -4, -5);
    const unchanged = new FakeEngine();
    for await (const _ of unchanged.load({ path: 'fake.gguf', precision: 'int8' }));
    let runs = 0;
    const { run } = unchanged;
    unchanged.run = (...args) => {
      runs++;
      return run.apply(unchanged, args);
    };
    assert.deepEqual(await of({ ...subject, unchanged, before: () => kept }), kept);
    assert.equal(runs, 0);
    assert.equal((await of({ ...subject, unchanged })).length, IDS.length);
    assert.equal(runs, 1);
  });

  describe('activation patching', () => {
    const patch = (more: Partial<Extract<Question, { kind: 'patch' }>> = {}): Question => ({
      ...{ kind: 'patch', other: 'abcdea', swap: false, at: 'resid', from: 1, count: 2 },
      ...more,
    });

    it('the text is the clean prompt, or the corrupt one; its rows, and the likeliest tokens where none are named', async () => {
      const engine = new PatchEngine();
      const answers = new Answers(await about(engine));
      const outcome = await answers.to(patch());
      assert.ok(outcome && 'result' in outcome);
      const { tokens, restored, pieces, likely, ...rest } = outcome.result as Result<
        Extract<Question, { kind: 'patch' }>
      >;
      // After a token the fake engine finds the token itself likeliest: 6 ends the text, 1 the other one.
      assert.deepEqual(rest, { answer: 6, against: 1, clean: 3, corrupt: -5 });
      assert.deepEqual([...likely].sort(), [0, 1, 2, 3, 4, 5, 6, 7]);
      assert.deepEqual(pieces[6], { text: '<6>' });
      assert.deepEqual(
        tokens.map(({ text }) => text),
        [...'abcdea'],
      );
      assert.deepEqual(restored, Float32Array.from([1, 2].flatMap((layer) => IDS.map((_, p) => 10 * layer + p / 10))));
      await answers.to(patch({ swap: true, answer: 7, against: 2, at: 'z' }));
      const other = [1, 2, 3, 4, 5, 1];
      assert.deepEqual(engine.asked, [
        { ids: other, clean: IDS, answer: 6, against: 1, at: 'resid', layers: [1, 3] },
        { ids: IDS, clean: other, answer: 7, against: 2, at: 'z', layers: [1, 3] },
      ]);
    });

    it('where both prompts go on alike, the answer is held against the next likeliest', async () => {
      const engine = new PatchEngine();
      await new Answers(await about(engine)).to(patch({ other: 'abcdef' }));
      const [{ answer, against }] = engine.asked;
      assert.deepEqual([answer, against], [6, 5]);
    });

    it('no other prompt, one that is too long, or a text that is: errors that say what to do', async () => {
      const answers = new Answers(await about(new PatchEngine()));
      await assert.rejects(answers.to(patch({ other: '' })), { what: 'There is no other prompt.' });
      await assert.rejects(answers.to(patch({ other: 'a'.repeat(401) })), { todo: 'Write at most 400 characters.' });
      const long = new Answers(await about(new PatchEngine(), new Array(65).fill(1)));
      await assert.rejects(long.to(patch()), { name: 'TokenscopeError', todo: 'Select at most 64 tokens.' });
    });
  });

  it('one head step by step: its own query, the keys and values it shares as far as the token', async () => {
    const engine = new StepsEngine();
    const answers = new Answers(await about(engine, IDS, { nHeads: 4 }));
    const asked = { kind: 'headSteps', position: 2, layer: 1, head: 3 } as const;
    const products = Float32Array.of(1 * 3 + 13 * 21, 2 * 3 + 13 * 21, 3 * 3 + 13 * 21);
    const simple = Float32Array.of(3, 6, 9);
    const raised = Array.from(simple, (s) => Math.exp(s - 9));
    const outcome = await answers.to(asked);
    assert.deepEqual(outcome, {
      result: {
        x: Float32Array.of(3, 0),
        normalized: undefined,
        q: Float32Array.of(3, 13),
        rotatedQ: undefined,
        kvHead: 1,
        keys: Float32Array.of(1, 21, 2, 21, 3, 21),
        rotatedKeys: undefined,
        values: Float32Array.of(1, 31, 2, 31, 3, 31),
        products,
        factor: 3.25 / products[2],
        scores: Float32Array.of(3, 3.125, 3.25),
        pattern: Float32Array.of(3, 3.125, 3.25),
        z: Float32Array.of(3, 43),
        out: Float32Array.of(3, 50),
        simple: {
          products: simple,
          pattern: Float32Array.from(raised, (x) => x / raised.reduce((a, b) => a + b)),
        },
      },
    });
    assert.deepEqual(
      engine.asked.map(({ ids, from }) => [ids, from]),
      [
        [[1, 2, 3], 2],
        [[1, 2, 3], 0],
      ],
    );
    await assert.rejects(answers.to({ ...asked, position: 6 }), {
      where: 'Position 6',
      todo: 'Choose one from 0 to 5.',
    });
    await assert.rejects(answers.to({ ...asked, layer: 2 }), { where: 'Layer 2', todo: 'Choose one from 0 to 1.' });
    await assert.rejects(answers.to({ ...asked, head: 4 }), { what: 'There is no such head.' });
    assert.equal(engine.asked.length, 2);
  });

  it('outside the text, outside the model, too large to hold: errors that say what to do', async () => {
    const answers = new Answers(await about(new FakeEngine()));
    await assert.rejects(answers.to(distribution(6)), { name: 'TokenscopeError', where: 'Position 6 of 6' });
    await assert.rejects(answers.to(pattern(2)), { name: 'TokenscopeError', todo: 'Choose one from 0 to 1.' });
    // 8 heads of n x n floats in 512 MiB: n is 4,096 at most.
    const long = (n: number) => about(new FakeEngine(), new Array(n).fill(1), { nHeads: 8 });
    await assert.rejects(new Answers(await long(4097)).to(pattern(0)), {
      what: 'The attention of 4,097 tokens is too large to hold.',
      todo: 'Select at most 4,096 tokens.',
    });
  });

  it('of five distributions under way the oldest is dropped, the others are answered', async () => {
    const engine = new SlowEngine();
    const answers = new Answers(await about(engine));
    const asked = [0, 1, 2, 3, 4].map((position) => answers.to(distribution(position)));
    assert.deepEqual(await asked[0], { dropped: true });
    for (const position of [1, 2, 3, 4]) engine.finish(position);
    for (const answer of asked.slice(1)) assert.ok('result' in (await answer)!);
    // Those that are answered count no more.
    const later = [0, 1, 2, 3].map((position) => answers.to(distribution(position)));
    for (const position of [0, 1, 2, 3]) engine.finish(position);
    for (const answer of later) assert.ok('result' in (await answer)!);
  });

  it('of two layers the later one is answered, even if the engine answers both', async () => {
    const answers = new Answers(await about(new FakeEngine()));
    const [first, second] = await Promise.all([answers.to(pattern(0)), answers.to(pattern(1))]);
    assert.deepEqual(first, { dropped: true });
    assert.ok(second && 'result' in second);
  });

  it('when the engine is stopped the question is dropped; any other failure is thrown', async () => {
    const engine = new FakeEngine();
    const answers = new Answers(await about(engine));
    engine.logits = () => Promise.reject(new DOMException('The engine was stopped', 'AbortError'));
    assert.deepEqual(await answers.to(distribution(0)), { dropped: true });
    engine.logits = () => Promise.reject(new RangeError('no memory'));
    await assert.rejects(answers.to(distribution(0)), { name: 'RangeError' });
  });

  it('who is gone is not answered, who asks after that is', async () => {
    const engine = new SlowEngine();
    const answers = new Answers(await about(engine));
    const before = answers.to(distribution(0));
    answers.forget();
    assert.equal(await before, undefined);
    const after = answers.to(distribution(1));
    engine.finish(1);
    assert.ok('result' in (await after)!);
  });
});
