import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildParts } from '../../scripts/build.ts';
import { fixture } from '../fixtures.ts';
import { CommandLine } from './commandLine.ts';
import { close } from './compare.ts';

// The calls that look inside a model, as a script would make them.
describe('command line, inside the model', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tokenscope-cli-'));
  const commandLine = new CommandLine(folder);
  const model = ['--model', fixture('models', 'llama_gqa_tied'), '--precision', 'fp32', '--threads', '2'];
  const ids = ['--ids', '5,6,7,8,9,40'];

  const json = async (...args: string[]) => {
    const { code, out, err } = await commandLine.call([...args, ...model, '--json']);
    assert.equal(code, 0, err);
    assert.equal(err, '');
    return JSON.parse(out);
  };
  const wrong = async (pattern: RegExp, ...args: string[]) => {
    const { code, out, err } = await commandLine.call([...args, ...model, '--json']);
    assert.equal(code, 2, `${args.join(' ')}: ${err}`);
    assert.equal(out, '');
    assert.match(err, pattern);
    assert.equal(err.trim().split('\n').length, 1, err);
  };

  before(() => buildParts(['cli', 'worker']));
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('predict, score and generate speak of the changed model', async () => {
    const plain = await json('score', ...ids);
    const off = await json('score', ...ids, '--ablate', '1.0,0.mlp');
    const mean = await json('score', ...ids, '--ablate', '1.0,0.mlp', '--mean');
    assert.equal(off.tokens[0].logprob, null);
    assert.notEqual(off.loss, plain.loss);
    assert.notEqual(mean.loss, off.loss);
    const next = await json('predict', ...ids, '--ablate', '1.0,0.mlp');
    const made = await json('generate', ...ids, '--ablate', '1.0,0.mlp', '--max', '1', '--temperature', '0');
    assert.equal(made.tokens[0].id, next.next.top[0].id);
    close([made.tokens[0].logprob], [next.next.top[0].logprob], 1e-4, 'the next token');
    const longer = await json('score', '--ids', `5,6,7,8,9,40,${made.tokens[0].id}`, '--ablate', '1.0,0.mlp');
    close([longer.tokens[6].logprob], [made.tokens[0].logprob], 1e-4, 'scored');
  });

  it('the mean is over each window', async () => {
    const windows = await json('score', ...ids, '--window', '3', '--ablate', '1.0', '--mean');
    const second = await json('score', '--ids', '8,9,40', '--ablate', '1.0', '--mean');
    close([windows.tokens[5].logprob], [second.tokens[2].logprob], 1e-4, 'second window');
  });

  it('what is switched off is there, once, and not overlapping', async () => {
    await wrong(/overlap/, 'predict', ...ids, '--ablate', '1.0,1.attn');
    await wrong(/overlap/, 'predict', ...ids, '--ablate', '1.0,1.0');
    await wrong(/layers 0 to 1/, 'score', ...ids, '--ablate', '2.mlp');
    await wrong(/heads 0 to 3/, 'generate', ...ids, '--ablate', '1.4');
    await wrong(/--mean needs --ablate/, 'score', ...ids, '--mean');
    await wrong(/layer\.head, layer\.attn or layer\.mlp/, 'score', ...ids, '--ablate', '1');
    await wrong(/Give it once/, 'score', ...ids, ...ids);
    await wrong(/Give it once/, 'score', '--text', 'a', '--text', 'b');
  });

  it('heads: a row a head, means over the sequences given', async () => {
    const one = await json('heads', '--ids', '5,6,7,5,6,7');
    const other = await json('heads', '--ids', '9,8,9,8');
    const both = await json('heads', '--ids', '5,6,7,5,6,7', '--ids', '9,8,9,8');
    assert.match(both.definition, /half/);
    assert.equal(both.heads.length, 8);
    for (const [i, head] of both.heads.entries()) {
      assert.deepEqual([head.layer, head.head], [Math.floor(i / 4), i % 4]);
      for (const name of ['induction', 'previousToken', 'duplicateToken', 'firstToken', 'entropy'])
        close([head[name]], [(one.heads[i][name] + other.heads[i][name]) / 2], 1e-6, name);
      assert.ok(Math.abs(head.copying) <= 1 && head.copying === one.heads[i].copying);
    }
    const drawn = await json('heads', '--seeds', '1', '--length', '5');
    assert.equal(drawn.heads.length, 8);
    await wrong(/3 tokens are not a sequence twice/, 'heads', '--ids', '1,2,3');
    await wrong(/token 1 is 2, but 3/, 'heads', '--ids', '1,2,1,3');
    await wrong(/leave them out/, 'heads', '--ids', '1,1', '--seeds', '2');
    await wrong(/unknown option/, 'heads', '--text', 'a');
  });

  it('attribute: parts that sum to the logit', async () => {
    const { logprob } = (await json('score', ...ids, '--top', '1')).tokens[4];
    assert.ok(logprob < 0);
    const found = await json('attribute', ...ids, '--position', '3', '--target', '9', '--against', '7');
    assert.deepEqual([found.target, found.against], [9, 7]);
    assert.equal(found.parts[0].name, 'embed');
    close([found.sum], [found.logit], 1e-3, 'sum');
    const likeliest = await json('attribute', ...ids, '--position', '5');
    assert.equal(likeliest.target, (await json('predict', ...ids)).next.top[0].id);
    const int8 = await commandLine.call(['attribute', ...ids, ...model.slice(0, 2), '--position', '3', '--json']);
    const rounding = JSON.parse(int8.out).parts.at(-1);
    assert.equal(rounding.name, 'rounding');
    await wrong(/not in the input of 6 tokens/, 'attribute', ...ids, '--position', '6');
    await wrong(/does not exist/, 'attribute', ...ids, '--position', '1', '--target', '999');
  });

  it('patch: rows are layers, columns positions or heads', async () => {
    const prompts = ['--clean', 'The letter says', '--corrupt', 'The letter said', '--answer', '17', '--against', '40'];
    const tokens = async (text: string) => (await json('predict', '--text', text)).tokens.length;
    const n = await tokens('The letter says');
    assert.equal(await tokens('The letter said'), n);
    const found = await json('patch', ...prompts);
    assert.deepEqual([found.map.length, found.map[0].length], [2, n]);
    assert.notEqual(found.clean, found.corrupt);
    const heads = await json('patch', ...prompts, '--at', 'z', '--ablate', '0.mlp');
    assert.deepEqual([heads.map.length, heads.map[0].length], [2, 4]);
    const unequal = await commandLine.call([
      'patch',
      '--clean',
      'a b',
      '--corrupt',
      'a',
      '--answer',
      '1',
      '--against',
      '2',
      ...model,
    ]);
    assert.equal(unequal.code, 1);
    assert.match(unequal.err, /clean prompt has \d+ tokens, the corrupt one \d+/);
  });

  it('neighbours: of one token, itself left out', async () => {
    const found = await json('neighbours', '--id', '40', '--top', '3');
    assert.equal(found.tied, true);
    assert.equal(found.token.id, 40);
    assert.equal(found.E.length, 3);
    assert.deepEqual(found.U, found.E);
    assert.ok(found.E.every(({ id, cosine }: { id: number; cosine: number }) => id !== 40 && cosine <= 1));
    await wrong(/must be one token/, 'neighbours', '--text', 'The letter says');
    await wrong(/one of --id and --text/, 'neighbours');
    await wrong(/one of --id and --text/, 'neighbours', '--id', '1', '--text', 'a');
  });

  it('lens --target: the rank of that token, after the last one too', async () => {
    const { layers } = await json('lens', ...ids, '--target', '7', '--top', '64');
    for (const { positions } of layers)
      for (const { top, targetRank, targetLogprob } of positions) {
        const at = top.findIndex(({ id }: { id: number }) => id === 7);
        if (at < 0) assert.ok(targetRank > top.length);
        else assert.deepEqual([targetRank, targetLogprob], [at + 1, top[at].logprob]);
      }
    await wrong(/does not exist/, 'lens', ...ids, '--target', '999');
  });

  it('lens --mid: one layer more for each block', async () => {
    const plain = await json('lens', ...ids);
    const mid = await json('lens', ...ids, '--mid');
    assert.equal(mid.layers.length, plain.layers.length + 2);
    assert.equal(mid.layers[1].hook, 'blocks.0.hook_resid_mid');
  });
});
