import assert from 'node:assert/strict';
import { Engine } from '../../src/runtime/engine.ts';
import { fixture } from '../fixtures.ts';

const TEXT = 'The chicken';

// Tokens need no weights: of the first model they are there while it loads.
describe('tokens of a model that is being loaded', () => {
  let engine: Engine;
  const options = { path: fixture('models', 'llama_gqa_tied'), precision: 'fp32' } as const;

  beforeEach(() => {
    engine = new Engine();
  });
  afterEach(() => engine.unload());

  it('are told from the first step on, the same as those of the loaded model', async () => {
    const load = engine.load(options);
    const first = await load.next();
    assert.ok(!first.done && first.value.tokens);
    assert.equal(first.value.done, 0);
    const early = await engine.encode(TEXT);
    const ids = early.map(({ id }) => id);
    assert.equal((await engine.describe(ids)).text, TEXT);
    const pieces = await engine.pieces(ids);
    await assert.rejects(engine.logits(ids, 0), /No model is loaded/);
    let step = await load.next();
    for (; !step.done; step = await load.next()) assert.deepEqual(step.value.tokens, first.value.tokens);
    assert.equal(first.value.tokens.contextLength, step.value.contextLength);
    assert.deepEqual(await engine.encode(TEXT), early);
    assert.deepEqual(await engine.pieces(ids), pieces);
  });

  it('go with a load that is given up', async () => {
    const abort = new AbortController();
    const load = engine.load(options, abort.signal);
    await load.next();
    abort.abort(new Error('given up'));
    await assert.rejects(async () => {
      for await (const _ of load);
    }, /given up/);
    await assert.rejects(engine.encode(TEXT), /No model is loaded/);
  });

  it('are those of the loaded model while another one takes its place', async () => {
    for await (const _ of engine.load(options));
    const before = await engine.encode(TEXT);
    const load = engine.load({ ...options, path: fixture('models', 'gpt2') });
    const first = await load.next();
    assert.ok(!first.done);
    assert.equal(first.value.tokens, undefined);
    assert.deepEqual(await engine.encode(TEXT), before);
    await load.return(undefined as never);
  });
});
