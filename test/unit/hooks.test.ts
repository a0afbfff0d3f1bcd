import assert from 'node:assert/strict';
import { hookPoints, matchHooks } from '../../src/transformer/hooks.ts';
import { gpt2 } from '../../src/weights/families/gpt2.ts';
import { llama } from '../../src/weights/families/llama.ts';
import { fixture, readJson } from '../fixtures.ts';

const known = ['hook_embed', 'blocks.0.hook_resid_pre', 'blocks.0.attn.hook_z', 'blocks.10.attn.hook_z', 'logits'];

describe('names of hook points', () => {
  it('a star stands for any run of characters, the order is that of the computation', () => {
    assert.deepEqual(matchHooks(known, ['*.attn.hook_z', 'hook_*']), [known[0], known[2], known[3]]);
    assert.deepEqual(matchHooks(known, ['*']), known);
    assert.deepEqual(matchHooks(known, ['blocks.0.**z']), [known[2]]);
    assert.deepEqual(matchHooks(known, ['logits']), ['logits']);
  });

  it('letters of the name are used once', () => {
    for (const glob of ['logi*gits', 'logits*s', 'hook_embed*hook_embed', ''])
      assert.throws(() => matchHooks(known, [glob]), RangeError);
  });

  it('many stars are as quick as few', () => {
    assert.throws(() => matchHooks(['a'.repeat(2000)], [`${'*a'.repeat(500)}b`]), RangeError);
  });

  it('are what the graphs declare, with their shapes', () => {
    const read = (family: typeof gpt2, name: string) =>
      hookPoints(family.fromConfig(readJson(fixture('models', name, 'config.json')), new Map(), 'config.json'));
    const points = read(llama, 'llama_gqa_tied');
    assert.deepEqual(points.get('blocks.1.attn.hook_rot_k')!(7), [7, 2, 16]);
    assert.deepEqual(points.get('blocks.1.attn.hook_pattern')!(7), [4, 7, 7]);
    assert.deepEqual(points.get('logits')!(7), [7, 320]);
    const learned = read(gpt2, 'gpt2');
    assert.deepEqual([...learned.keys()].slice(0, 6), [
      'hook_embed',
      'hook_pos_embed',
      'blocks.0.hook_resid_pre',
      'blocks.0.ln1.hook_normalized',
      'blocks.0.attn.hook_q',
      'blocks.0.attn.hook_k',
    ]);
    assert.equal(learned.has('blocks.0.attn.hook_rot_q'), false);
    assert.deepEqual(learned.get('hook_pos_embed')!(3), [3, 32]);
  });
});
