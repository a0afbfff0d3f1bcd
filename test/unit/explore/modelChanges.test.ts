import assert from 'node:assert/strict';
import { withoutOverlap } from '../../../src/analysis/ablation.ts';
import { type Changed, ModelChanges } from '../../../src/explore/modelChanges.ts';
import { FakeSource } from './fakes.ts';

describe('what is switched off in the model', () => {
  let source: FakeSource;
  let changes: ModelChanges;
  let heard: Changed[];

  beforeEach(() => {
    source = new FakeSource();
    changes = new ModelChanges(source);
    heard = [];
    changes.onDidChange((changed) => heard.push(changed));
  });

  afterEach(() => changes.dispose());

  it('becomes interventions, without what the model has not and what is said twice', async () => {
    const { nLayers, nHeads } = (await source.ready(new AbortController().signal, () => {})).model;
    await changes.switchOff([
      { layer: 0, part: 1 },
      { layer: 0, part: 1 },
      { layer: 1, part: 'mlp' },
      { layer: nLayers, part: 'attn' },
      { layer: 0, part: nHeads },
    ]);
    assert.deepEqual(changes.interventions, [
      { hook: 'blocks.0.attn.hook_z', head: 1, set: 'zero' },
      { hook: 'blocks.1.hook_mlp_out', set: 'zero' },
    ]);
    assert.deepEqual(heard, [changes.state]);
  });

  it('means are over a fixed text, whatever is explored', async () => {
    await changes.switchOff([{ layer: 0, part: 'attn' }], true);
    const [intervention] = changes.interventions;
    assert.ok(intervention.set === 'mean' && intervention.over && intervention.over.length > 10);
    assert.equal(changes.state.mean, true);
  });

  it('the newest wins, and restoring is newer than what is under way', async () => {
    await Promise.all([changes.switchOff([{ layer: 0, part: 0 }]), changes.switchOff([{ layer: 0, part: 1 }])]);
    assert.deepEqual(changes.state.parts, [{ layer: 0, part: 1 }]);
    const late = changes.switchOff([{ layer: 1, part: 0 }]);
    changes.restore();
    await late;
    assert.deepEqual(changes.interventions, []);
    changes.restore();
    assert.equal(
      heard.filter(({ parts }) => parts.length === 0).length,
      1,
      'what is restored already is not told again',
    );
  });

  it('goes with its model', async () => {
    await changes.switchOff([{ layer: 0, part: 0 }]);
    const { model } = source.engine;
    source.loaded(model!);
    assert.equal(changes.state.parts.length, 1);
    source.loaded({ ...model!, path: 'another.gguf' });
    assert.deepEqual(changes.state.parts, []);
  });

  it('a layer’s attention as a whole has its heads in it', () => {
    const parts = [
      { layer: 2, part: 10 },
      { layer: 1, part: 3 },
      { layer: 1, part: 'attn' },
      { layer: 2, part: 9 },
      { layer: 1, part: 'mlp' },
    ] as const;
    assert.deepEqual(
      withoutOverlap(parts).map(({ layer, part }) => `${layer}.${part}`),
      ['1.attn', '1.mlp', '2.9', '2.10'],
    );
  });
});
