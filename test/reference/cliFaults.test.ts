import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildParts } from '../../scripts/build.ts';
import { fixture, readJson } from '../fixtures.ts';
import { type Called, CommandLine } from './commandLine.ts';

// What a script or a person may do to the bundled command line: it ends with one line and a status, whatever it was.
describe('command line under attack', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tokenscope-cli-'));
  const llama = ['--model', fixture('models', 'llama_gqa_tied'), '--precision', 'fp32', '--threads', '1'];
  const commandLine = new CommandLine(folder);
  const inFolder = (name: string) => join(folder, name);

  before(() => buildParts(['cli', 'worker']));
  after(() => rmSync(folder, { recursive: true, force: true }));

  /** A model that differs from a fixture in one of its files. */
  function changed(name: string, file: string, change: (json: Record<string, unknown>) => object): string {
    const model = inFolder(name);
    cpSync(fixture('models', 'llama_gqa_tied'), model, { recursive: true });
    writeFileSync(join(model, file), JSON.stringify(change(readJson(join(model, file)))));
    return model;
  }

  /** A call that goes on until it is ended. */
  function endless(): string[] {
    const model = changed('long', 'config.json', (json) => ({ ...json, max_position_embeddings: 1 << 20 }));
    const generate = ['generate', '--model', model, '--precision', 'fp32', '--threads', '1', '--text', 'The'];
    return [...generate, '--temperature', '0', '--max', '1000000'];
  }

  function fails({ code, out, err }: Called, message: RegExp, expected = 1): void {
    assert.equal(code, expected, err);
    assert.equal(out, '');
    assert.match(err, message);
    assert.match(err, /^[^\n]+\n$/, 'one line');
  }

  it("ends by itself where a tokenizer's pattern backtracks for ever", async () => {
    const split = { type: 'Split', pattern: { Regex: '(a+)+$' }, behavior: 'Isolated', invert: false };
    const hostile = changed('hostile', 'tokenizer.json', (json) => ({
      ...json,
      pre_tokenizer: { type: 'Sequence', pretokenizers: [split, json.pre_tokenizer] },
    }));
    const model = ['--model', hostile, '--precision', 'fp32', '--threads', '1'];
    fails(
      await commandLine.call(['predict', ...model, '--text', `${'a'.repeat(60)}b`]),
      /no sign of life for 5 seconds/,
    );
    const { code, err } = await commandLine.call(['predict', ...model, '--text', 'The']);
    assert.equal(code, 0, err);
  });

  it('an interrupt ends it at once and quietly', async () => {
    assert.deepEqual(await commandLine.signalled('SIGINT', endless()), { code: 130, err: '' });
  });

  it('--file takes files only, and at once', async () => {
    execFileSync('mkfifo', [inFolder('fifo')]);
    const predict = (file: string) => commandLine.call(['predict', ...llama, '--file', file]);
    fails(await predict(inFolder('fifo')), /fifo: It is a pipe, not a file\./);
    fails(await predict('/dev/zero'), /It is a device/);
    fails(await predict(folder), /It is a folder/);
    fails(await commandLine.shell(`$CLI < ${folder}`, ['predict', ...llama]), /Standard input: It is a folder/);
    writeFileSync(inFolder('large'), '');
    truncateSync(inFolder('large'), (4 << 20) + 1);
    fails(await predict(inFolder('large')), /It is longer than 4 MB/);
    fails(
      await commandLine.shell(`$CLI < ${inFolder('large')}`, ['predict', ...llama]),
      /Standard input: It is longer than 4 MB/,
    );
    fails(await commandLine.shell('$CLI < /dev/zero', ['predict', ...llama]), /It is longer than 4 MB/);
  });

  it('standard output that cannot be written: one line and 1, or the status of a broken pipe', async () => {
    const predict = ['predict', ...llama, '--text', 'The', '--json', '--top', '320'];
    fails(await commandLine.shell('$CLI > /dev/full', predict), /Standard output: It cannot be written\. ENOSPC/);
    fails(await commandLine.shell('$CLI >&-', predict), /Standard output: It cannot be written\. It is closed/);
    fails(await commandLine.shell('$CLI > /dev/full', ['--help']), /Standard output: It cannot be written/);
    const cut = `ulimit -f 8; $CLI > ${inFolder('cut.json')}`;
    fails(await commandLine.shell(cut, predict), /Standard output: It cannot be written/);
    const { code, err } = await commandLine.shell('$CLI > /dev/null', predict);
    assert.deepEqual([code, err], [0, '']);
    const nobodyReads = await commandLine.shell('($CLI; echo $? >&2) | true', predict);
    assert.deepEqual([nobodyReads.out, nobodyReads.err], ['', '141\n']);
    const head = '($CLI; echo $? >&2) | head -c 1';
    assert.equal((await commandLine.shell(head, endless())).err, '141\n');
  });

  it('trace writes a file and nothing else, and does not print where nobody reads', async () => {
    const trace = (out: string) => ['trace', ...llama, '--text', 'The', '--hooks', 'logits', '--out', out];
    fails(await commandLine.call(trace('/dev/full')), /\/dev\/full: It is a device/);
    fails(await commandLine.call(trace(folder)), /It is a folder/);
    const { code, err } = await commandLine.shell('$CLI >&-', trace(inFolder('closed.safetensors')));
    assert.deepEqual([code, err, existsSync(inFolder('closed.safetensors'))], [0, '', true]);
  });

  it('a byte order mark is no part of a text, and bad UTF-8 is refused, from a file as from standard input', async () => {
    const score = ['score', ...llama, '--json'];
    const both = async (bytes: Uint8Array) => {
      writeFileSync(inFolder('text'), bytes);
      return [await commandLine.call([...score, '--file', inFolder('text')]), await commandLine.call(score, bytes)];
    };
    const plain = await commandLine.call(score, 'Once upon');
    for (const { code, out, err } of await both(Buffer.from('\ufeffOnce upon'))) {
      assert.equal(code, 0, err);
      assert.deepEqual(JSON.parse(out), JSON.parse(plain.out));
    }
    const bad: [Buffer, number][] = [
      [Buffer.from([0xff]), 0],
      [Buffer.from([0x61, 0xef, 0xbf, 0xbd, 0xe2, 0x82, 0x41]), 4], // after a U+FFFD of its own
      [Buffer.from([0xef, 0xbb, 0xbf, 0x61, 0xc3]), 4], // after a mark, cut short
    ];
    for (const [bytes, at] of bad)
      for (const called of await both(bytes)) fails(called, new RegExp(`not UTF-8 text: byte ${at} is wrong`));
  });

  it('what it quotes cannot steer a terminal', async () => {
    const steering = '\u001b[2J\u009b1m\u202e';
    fails(await commandLine.call(['predict', '--top', steering]), /argument '\\u\{1b\}\[2J\\u\{9b\}1m\\u\{202e\}'/, 2);
    fails(await commandLine.call(['predict', ...llama, '--file', steering]), /\\u\{1b\}\[2J\\u\{9b\}1m\\u\{202e\}: It/);
    const score = ['score', ...llama, '--text', steering];
    const { out } = await commandLine.call(score);
    assert.doesNotMatch(out.replaceAll('\n', ''), /[\p{Cc}\p{Bidi_Control}]/u);
    const json = (await commandLine.call([...score, '--json'])).out;
    assert.doesNotMatch(json.trimEnd(), /[\p{Cc}\p{Bidi_Control}]/u);
    const { tokens } = JSON.parse(json) as { tokens: { end: number }[] };
    assert.equal(tokens.at(-1)!.end, steering.length);
  });
});
