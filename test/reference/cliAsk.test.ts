import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildParts } from '../../scripts/build.ts';
import { type Question, questions } from '../../src/panel/questions/index.ts';
import { fixture, readArrays } from '../fixtures.ts';
import { CommandLine } from './commandLine.ts';
import { close } from './compare.ts';

const IDS = [5, 6, 7, 8, 9, 40];
const VOCABULARY = 320;

/** One of each kind, as a view asks it. */
const ASKED: { [Kind in Question['kind']]: Omit<Extract<Question, { kind: Kind }>, 'kind'> } = {
  attribution: { position: 3 },
  cacheTimes: { position: 3 },
  copying: {},
  difference: { position: 4 },
  distribution: { position: 5 },
  facts: {},
  fewShot: { examples: ['# $', '% &'], query: '& ', answer: 'F' },
  headSteps: { position: 3, layer: 1, head: 2 },
  lens: { from: 0, count: 2 },
  neighbours: { id: 40, top: 2 },
  patch: { other: '#$%&(F', swap: false, at: 'resid', from: 0, count: 1 },
  pattern: { layer: 1 },
  positions: { far: 8 },
  repeated: {},
  roles: { seed: 1 },
  rollout: { layer: 0 },
  sample: { position: 6, sampling: { temperature: 1, topK: 0, topP: 1 }, seed: 1, samples: 2, tokens: 3 },
  stream: { position: 3 },
  thumbnails: { layer: 0 },
  token: { text: '#' },
  tree: { position: 6, paths: [[]], top: 2 },
  values: { layer: 1 },
};

describe('command line, what the views ask', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tokenscope-cli-'));
  const commandLine = new CommandLine(folder);
  const model = ['--model', fixture('models', 'llama_gqa_tied'), '--precision', 'fp32', '--threads', '2'];
  const input = ['--ids', IDS.join(',')];
  const json = async (...args: string[]) => {
    const { code, out, err } = await commandLine.call([...args, ...model, ...input, '--json']);
    assert.equal(code, 0, err);
    return JSON.parse(out);
  };
  const ask = async <Kind extends Question['kind']>(kind: Kind, ...args: string[]) => {
    const question = { kind, ...ASKED[kind] };
    const answer = await json('ask', JSON.stringify(question), ...args);
    assert.deepEqual(answer.question, question);
    return answer.result;
  };

  before(() => buildParts(['cli', 'worker']));
  after(() => rmSync(folder, { recursive: true, force: true }));

  for (const kind of Object.keys(questions) as Question['kind'][])
    it(`${kind} is answered`, async () => {
      const result = await ask(kind);
      const told = Object.keys(result);
      assert.ok(told.length > 0);
      // An array of numbers that JSON took for an object has keys 0, 1, …
      const lists = JSON.stringify(result).match(/\{"0":-?\d/);
      assert.equal(lists, null);
    });

  it('the same numbers as the calls that have a name', async () => {
    const file = join(folder, 'trace.safetensors');
    await json('trace', '--hooks', 'blocks.1.attn.hook_pattern', '--out', file);
    const traced = (await readArrays(file)).get('blocks.1.attn.hook_pattern')!;
    const pattern = await ask('pattern');
    assert.deepEqual(pattern.shape, [4, IDS.length, IDS.length]);
    close(pattern.data, Array.from(traced.data as Float32Array), 1e-6, 'pattern');

    const { logits } = await ask('distribution');
    assert.equal(logits.length, VOCABULARY);
    const { top } = (await json('predict', '--top', '5')).next;
    const largest = [...logits.keys()].sort((a, b) => logits[b] - logits[a]);
    assert.deepEqual(
      top.map(({ id }: { id: number }) => id),
      largest.slice(0, 5),
    );

    const named = await json('attribute', '--position', '3');
    const { parts } = await ask('attribution');
    close(
      parts.map(({ value }: { value: number }) => value),
      named.parts.map(({ value }: { value: number }) => value),
      1e-5,
      'parts',
    );
  });

  it('learned positions, of a model that has them', async () => {
    const gpt2 = ['--model', fixture('models', 'gpt2'), '--precision', 'fp32', '--text', 'a'];
    const { out, err } = await commandLine.call(['ask', JSON.stringify({ kind: 'positions', far: 8 }), ...gpt2]);
    assert.equal(err, '');
    const { cosines } = JSON.parse(out).result;
    assert.equal(cosines.length, 9);
    close([cosines[0]], [1], 1e-6, 'of a row with itself');
  });

  it('of a changed model, beside the unchanged one', async () => {
    const off = ['--ablate', '1.0,0.mlp'];
    const { before, after, logprob } = await ask('difference', ...off);
    assert.notDeepEqual(before, after);
    const plain = await json('score');
    close(
      logprob.slice(1),
      plain.tokens.slice(1).map((token: { logprob: number }) => token.logprob),
      1e-5,
      'unchanged',
    );
    assert.notDeepEqual(await ask('distribution', ...off), await ask('distribution'));
  });

  it('says what is wrong with a question, in a line', async () => {
    const wrong = async (question: string, says: RegExp, ...args: string[]) => {
      const { code, out, err } = await commandLine.call(['ask', question, ...model, ...input, ...args]);
      assert.equal(code, 2, err);
      assert.equal(out, '');
      assert.match(err, says);
      assert.equal(err.trim().split('\n').length, 1, err);
    };
    await wrong('x', /is no JSON/);
    await wrong('null', /one of attribution, /);
    await wrong('{"kind":"toString"}', /one of attribution, /);
    await wrong('{"kind":"values"}', /the question values\.layer: /);
    await wrong('{"kind":"values","layer":1}', /--mean needs --ablate/, '--mean');
    const { code, err } = await commandLine.call(['ask', '{"kind":"values","layer":2}', ...model, ...input]);
    assert.equal(code, 1);
    assert.match(err, /There is no such layer/);
  });
});
