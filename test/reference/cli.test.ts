import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildParts } from '../../scripts/build.ts';
import { fixture, readArrays, readJson } from '../fixtures.ts';
import { CommandLine } from './commandLine.ts';
import { close } from './compare.ts';

// The bundled command line as a script would call it, on small models.
describe('command line', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tokenscope-cli-'));
  const llama = ['--model', fixture('models', 'llama_gqa_tied'), '--precision', 'fp32', '--threads', '2'];
  const reference = readJson<{
    prompts: { short: { text: string; input_ids: number[]; perplexity: number; greedy_12: number[] } };
  }>(fixture('models', 'llama_gqa_tied', 'reference.json'));
  const { text, input_ids: ids, perplexity, greedy_12 } = reference.prompts.short;

  const commandLine = new CommandLine(folder);
  const json = async (args: string[], input?: string) => {
    const { code, out, err } = await commandLine.call([...args, '--json'], input);
    assert.equal(code, 0, err);
    assert.equal(err, '', 'no progress where nobody watches');
    return JSON.parse(out);
  };

  before(() => buildParts(['cli', 'worker']));
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('predict: the plain distribution, and what sampling may choose from', async () => {
    const { tokens, next } = await json([
      'predict',
      ...llama,
      '--text',
      text,
      '--top',
      '5',
      '--temperature',
      '0.5',
      '--top-k',
      '3',
    ]);
    assert.deepEqual(
      tokens.map((t: { id: number }) => t.id),
      ids,
    );
    const arrays = await readArrays(fixture('models', 'llama_gqa_tied', 'reference.safetensors'));
    const V = 320;
    const logits = [...arrays.get('short.logits')!.data.subarray(-V)].map(Number);
    const order = logits.map((_, id) => id).sort((a, b) => logits[b] - logits[a]);
    assert.deepEqual(
      next.top.map((t: { id: number }) => t.id),
      order.slice(0, 5),
    );
    const lse = Math.log(logits.reduce((sum, x) => sum + Math.exp(x), 0));
    close(
      next.top.map((t: { logprob: number }) => t.logprob),
      order.slice(0, 5).map((id) => logits[id] - lse),
      1e-3,
      'log-probs',
    );
    const halved = order.slice(0, 3).map((id) => Math.exp(2 * (logits[id] - logits[order[0]])));
    const sum = halved.reduce((a, b) => a + b);
    assert.deepEqual(
      next.candidates.map((t: { id: number }) => t.id),
      order.slice(0, 3),
    );
    close(
      next.candidates.map((t: { prob: number }) => t.prob),
      halved.map((p) => p / sum),
      1e-3,
      'renormalised',
    );
  });

  it('score: the first token has no score, perplexity is exp of the mean loss; input from a file, ids or standard input', async () => {
    const file = join(folder, 'input.txt');
    writeFileSync(file, text);
    const scored = await Promise.all([
      json(['score', ...llama, '--file', file]),
      json(['score', ...llama, '--ids', ids.join(',')]),
      json(['score', ...llama], text),
    ]);
    for (const { tokens, count, loss, perplexity: found } of scored) {
      assert.deepEqual(
        tokens.map((t: { id: number }) => t.id),
        ids,
      );
      const [{ logprob, rank, entropy }] = tokens;
      assert.deepEqual([logprob, rank, entropy], [null, null, null]);
      assert.equal(count, ids.length - 1);
      assert.ok(Math.abs(found / perplexity - 1) < 1e-3 && Math.abs(Math.exp(loss) - found) < 1e-6 * found);
    }
  });

  it('score --window: a window scores what no earlier one did, never its own first token', async () => {
    const many = Array.from({ length: 20 }, (_, i) => (i * 7) % 300);
    const { tokens, count } = await json([
      'score',
      ...llama,
      '--ids',
      many.join(','),
      '--window',
      '8',
      '--stride',
      '8',
    ]);
    const scored = tokens.map((t: { logprob: number | null }) => t.logprob !== null);
    assert.deepEqual(
      scored,
      many.map((_, i) => i % 8 !== 0),
    );
    assert.equal(count, 17);
    const alone = await json(['score', ...llama, '--ids', many.slice(8, 16).join(',')]);
    const logprobs = (list: { logprob: number }[]) => list.map((t) => t.logprob);
    close(logprobs(tokens.slice(9, 16)), logprobs(alone.tokens.slice(1)), 1e-4, 'run alone');
    const overlapping = await json(['score', ...llama, '--ids', many.join(','), '--window', '8', '--stride', '4']);
    assert.equal(overlapping.count, 19);
  });

  it('generate: greedy as the reference, the stop text, the same text for a seed', async () => {
    const greedy = await json(['generate', ...llama, '--text', text, '--max', '12', '--temperature', '0']);
    assert.deepEqual(
      greedy.tokens.map((t: { id: number }) => t.id),
      greedy_12.slice(0, greedy.tokens.length),
    );
    assert.ok(['max', 'eos'].includes(greedy.stopped));
    const sampled = ['generate', ...llama, '--text', text, '--max', '8', '--seed', '7', '--top-p', '0.9'];
    assert.deepEqual(await json(sampled), await json(sampled));
    const first = (await json(sampled)).tokens[0].text;
    const stopped = await json([...sampled, '--stop', first]);
    assert.deepEqual([stopped.tokens.length, stopped.stopped], [1, 'stop']);
  });

  it('trace: arrays under their hook names, with tokens, ablated when asked', async () => {
    const file = join(folder, 'trace.safetensors');
    const args = ['trace', ...llama, '--text', text, '--hooks', 'logits,blocks.*.attn.hook_pattern', '--out', file];
    const { tokens, hooks } = await json([...args, '--ablate', '1.0']);
    assert.deepEqual(tokens, ids);
    assert.deepEqual(hooks['blocks.0.attn.hook_pattern'], [4, 12, 12]);
    const arrays = await readArrays(file);
    assert.deepEqual([...arrays.get('tokens')!.data].map(Number), ids);
    const expected = await readArrays(fixture('models', 'llama_gqa_tied', 'reference.safetensors'));
    const logits = arrays.get('logits')!.data as Float32Array;
    close(logits, expected.get('short.ablate_L1H0.logits')!.data as Float32Array, 1e-3, 'ablated logits');
  });

  it('lens: a layer for every residual, the last one is the prediction', async () => {
    const { layers } = await json(['lens', ...llama, '--text', text, '--top', '2']);
    assert.deepEqual(
      layers.map((l: { hook: string }) => l.hook),
      ['blocks.0.hook_resid_pre', 'blocks.1.hook_resid_pre', 'blocks.1.hook_resid_post'],
    );
    const last = layers[2].positions;
    assert.equal(last.length, 12);
    assert.deepEqual([last[11].targetRank, last[11].targetLogprob], [null, null]);
    const predicted = await json(['predict', ...llama, '--text', text, '--top', '2']);
    assert.deepEqual(
      last[11].top.map((t: { id: number }) => t.id),
      predicted.next.top.map((t: { id: number }) => t.id),
    );
  });

  it('says what is wrong in one line: 1 for what cannot be done, 2 for a wrong call', async () => {
    const fails = async (code: number, message: RegExp, ...args: string[]) => {
      const called = await commandLine.call(args);
      assert.equal(called.code, code, called.err);
      assert.match(called.err, message);
      assert.equal(called.out, '');
      if (code === 1) assert.equal(called.err.trimEnd().split('\n').length, 1);
    };
    await fails(1, /There is no model/, 'predict', '--model', join(folder, 'none'), '--text', 'a');
    await fails(1, /does not exist: the vocabulary has ids 0 to 319/, 'score', ...llama, '--ids', '1,999');
    await fails(1, /has no tokens/, 'score', ...llama, '--text', '');
    await fails(1, /cannot be read/, 'score', ...llama, '--file', join(folder, 'none.txt'));
    await fails(2, /only one of/, 'score', ...llama, '--text', 'a', '--ids', '1');
    await fails(2, /unknown option/, 'predict', '--colour', 'red');
    await fails(2, /at most 1/, 'predict', '--top-p', '1.5');
    await fails(2, /would have no score/, 'score', ...llama, '--text', 'a', '--window', '4', '--stride', '5');
    await fails(2, /no hook point/, 'trace', ...llama, '--text', 'a', '--hooks', 'nothing', '--out', join(folder, 'x'));
    for (const hooks of ['', ' ', 'logits,', 'logits,,hook_embed'])
      await fails(
        2,
        /none of them empty/,
        'trace',
        ...llama,
        '--text',
        'a',
        '--hooks',
        hooks,
        '--out',
        join(folder, 'x'),
      );
  });
});
