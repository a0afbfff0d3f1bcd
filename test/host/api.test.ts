import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type * as esbuild from 'esbuild';
import * as vscode from 'vscode';
import type { TokenscopeApi } from '../../src/api.ts';
import { publicApi, setting } from './explore.ts';

const root = process.env.TOKENSCOPE_TEST_ROOT!;

interface Prompt {
  name: string;
  decoded: string;
  ids: number[];
  /** Entry j is of token j + 1. */
  nll: number[];
  /** 0-based. */
  rank: number[];
  entropy: number;
  perplexity: number;
  top10: [number, string, number, number][];
}

const fixture = <T>(name: string): T =>
  JSON.parse(readFileSync(join(root, 'test/fixtures/smollm2', `${name}.json`), 'utf8'));
const prompts = fixture<{ prompts: Prompt[] }>('prompts').prompts;
const prompt = (name: string) => prompts.find((one) => one.name === name)!;
const close = (value: number | null, wanted: number, within: number) =>
  assert.ok(value !== null && Math.abs(value - wanted) < within, `${value}, not ${wanted}`);

describe('what other extensions get', () => {
  let api: TokenscopeApi;

  before(async () => {
    await setting('precision', 'fp32');
    api = await publicApi();
  });
  after(() => setting('precision', undefined));

  it('tokens with their ranges', async () => {
    const { decoded, ids } = prompt('emoji');
    const tokens = await api.tokens(decoded);
    assert.deepEqual(
      tokens.map(({ id }) => id),
      ids,
    );
    for (const { text, start, end, bytes } of tokens) if (!bytes) assert.equal(decoded.slice(start, end), text);
    assert.ok(tokens.some(({ bytes }) => bytes));
  });

  it("scores of the reference, each beside its distribution's likeliest", async () => {
    const { decoded, nll, rank, perplexity } = prompt('chicken_tired');
    const score = await api.score(decoded, { topK: 3 });
    const [first, ...others] = score.tokens;
    assert.deepEqual([first.logprob, first.rank, first.entropy, first.top], [null, null, null, []]);
    for (const [i, token] of others.entries()) {
      close(token.logprob, -nll[i], 1e-3);
      assert.equal(token.rank, rank[i] + 1);
      assert.equal(token.top.length, 3);
      // Where the token is among the likeliest, it is there with its own number.
      if (token.rank! <= 3) close(token.top[token.rank! - 1].logprob, token.logprob!, 1e-5);
    }
    assert.deepEqual([score.precision, score.count], ['fp32', nll.length]);
    close(score.perplexity, perplexity, 1e-3 * perplexity);
    close(score.loss, Math.log(perplexity), 1e-3);
    assert.deepEqual((await api.score('')).tokens, []);
  });

  it('what comes next', async () => {
    const { decoded, entropy, top10 } = prompt('prose2');
    const next = await api.next(decoded, { top: 10 });
    assert.deepEqual(
      next.top.map(({ id, text }) => [id, text]),
      top10.map(([id, text]) => [id, text.replace('Ġ', ' ')]),
    );
    for (const [i, { logprob }] of next.top.entries()) close(Math.exp(logprob), top10[i][2], 1e-4);
    close(next.entropy, entropy, 1e-3);
    await assert.rejects(api.next(''), { name: 'TokenscopeError' });
    await assert.rejects(api.next('a', { top: -1 }), { name: 'TokenscopeError' });
  });

  it('patterns of the reference', async () => {
    const [wanted] = fixture<{
      patterns: { prompt: string; layer: number; head: number; n: number; pattern: number[][] }[];
    }>('attention').patterns;
    const { head, n } = wanted;
    const { shape, data } = await api.pattern(prompt(wanted.prompt).decoded, wanted.layer);
    assert.deepEqual([shape, data.length], [[9, n, n], 9 * n * n]);
    for (const [i, p] of wanted.pattern.flat().entries()) close(data[head * n * n + i], p, 1e-4);
    await assert.rejects(api.pattern('a', 30), /layer 30/);
  });

  it('a call whose signal aborts ends, and the others go on', async () => {
    const ended = AbortSignal.abort();
    await assert.rejects(api.tokens('a', ended), { name: 'AbortError' });
    const leaving = new AbortController();
    const left = api.score('A long text. '.repeat(400), { signal: leaving.signal });
    const stayed = api.score('Another text.');
    leaving.abort();
    await assert.rejects(left, { name: 'AbortError' });
    assert.equal((await stayed).count, 2);
  });

  it("the README's example runs", async () => {
    const readme = readFileSync(join(root, 'README.md'), 'utf8');
    const code = /```ts\n([\s\S]*?)```/.exec(readme)![1];
    const { transform } = createRequire(join(root, 'package.json'))('esbuild') as typeof esbuild;
    const compiled = await transform(code, { loader: 'ts', format: 'cjs' });
    const module = { exports: {} as { leastExpected(text: string): Promise<object> } };
    new Function('module', 'require', compiled.code)(module, (name: string) => {
      assert.equal(name, 'vscode');
      return vscode;
    });
    const { decoded, nll } = prompt('chicken_tired');
    const least = nll.indexOf(Math.max(...nll)) + 1;
    const { tokens } = await api.score(decoded, { topK: 1 });
    assert.deepEqual(await module.exports.leastExpected(decoded), {
      text: tokens[least].text,
      bits: -tokens[least].logprob! / Math.LN2,
      expected: tokens[least].top[0].text,
    });
  });
});
