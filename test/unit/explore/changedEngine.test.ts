import assert from 'node:assert/strict';
import { changedEngine } from '../../../src/explore/changedEngine.ts';
import type { CallName, EngineApi, Intervention } from '../../../src/runtime/api.ts';
import { ForwardingEngine } from '../../../src/runtime/worker/forwarding.ts';

const OFF: Intervention[] = [{ hook: 'blocks.1.attn.hook_z', head: 2, set: 'zero' }];

/** Keeps what it was asked. */
class Recorder extends ForwardingEngine implements EngineApi {
  readonly model = undefined;
  readonly asked: [CallName, readonly unknown[], AbortSignal | undefined][] = [];
  override once(name: CallName, args: readonly unknown[], signal?: AbortSignal): Promise<unknown> {
    this.asked.push([name, args, signal]);
    return Promise.resolve(name);
  }
  override async *stream(name: CallName, args: readonly unknown[], signal?: AbortSignal) {
    await this.once(name, args, signal);
    yield name;
  }
}

describe('the engine of a changed model', () => {
  it('is the engine itself where nothing is changed', () => {
    const engine = new Recorder();
    assert.equal(changedEngine(engine, []), engine);
  });

  it('what is asked of a text carries the change, what is asked of the model does not; signals go through', async () => {
    const engine = new Recorder();
    const changed = changedEngine(engine, OFF);
    const { signal } = new AbortController();
    for await (const _ of changed.run({ ids: [1, 2], topK: 3 }, signal));
    await changed.valueNorms({ ids: [1], layer: 0 });
    await changed.pattern([1, 2], 5);
    await changed.pattern([1, 2], 5, undefined, signal);
    await changed.headScores({ seed: 1, length: 4 }, signal);
    await changed.neighbours({ id: 7, top: 2 });
    await changed.copyingScores(signal);
    assert.deepEqual(engine.asked, [
      ['run', [{ ids: [1, 2], topK: 3, interventions: OFF }], signal],
      ['valueNorms', [{ ids: [1], layer: 0, interventions: OFF }], undefined],
      ['pattern', [[1, 2], 5, OFF], undefined],
      ['pattern', [[1, 2], 5, OFF], signal],
      ['headScores', [{ seed: 1, length: 4 }], signal],
      ['neighbours', [{ id: 7, top: 2 }], undefined],
      ['copyingScores', [], signal],
    ]);
  });
});
