import assert from 'node:assert/strict';
import { crc32, inflateSync } from 'node:zlib';
import type { PageMessage } from '../../src/panel/protocol.ts';
import type { OpenPage } from './harness.ts';
import { byLikelihood, openText, type RealText, realText, softmax } from './real.ts';

type Saved = Extract<PageMessage, { type: 'save' }>;
type Cell = string | number | null;

const CHOSEN = 8;
const sampling = { temperature: 0.7, topK: 3, topP: 1 };

describe('exported files read back', () => {
  let text: RealText;
  let opened: OpenPage;

  before(async () => {
    text = await realText("The chicken didn't cross the road because it was too tired.");
  });

  beforeEach(async () => {
    opened = await openText(text, { state: { view: 'predict', layer: 13, head: 8, sampling, pinned: false } }, CHOSEN);
  });

  afterEach(() => opened.close());

  async function save(item: RegExp): Promise<Saved> {
    const from = opened.sent().length;
    await opened.page.getByRole('button', { name: 'Export' }).click();
    await opened.page.getByRole('menuitem', { name: item }).click();
    return opened.waitForMessage('save', from);
  }

  /** Comment lines with JSON behind their names, then RFC 4180 with texts as JSON strings. */
  function readCsv({ data }: Saved): { about: Record<string, unknown>; columns: Cell[]; rows: Cell[][] } {
    const lines = new TextDecoder().decode(data).split('\r\n').slice(0, -1);
    const comments = lines.filter((line) => line.startsWith('# '));
    const cells = (line: string): Cell[] =>
      [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^",]*))/g)].map(([, quoted, bare]) =>
        quoted !== undefined ? quoted.replaceAll('""', '"') : bare === '' ? null : Number(bare),
      );
    const [columns, ...rows] = lines.slice(comments.length).map(cells);
    return {
      about: Object.fromEntries(
        comments.map((line) => {
          const at = line.indexOf(': ');
          return [line.slice(2, at), JSON.parse(line.slice(at + 2))];
        }),
      ),
      columns,
      rows: rows.map((row) => row.map((cell) => (typeof cell === 'string' ? (JSON.parse(cell) as string) : cell))),
    };
  }

  const near = (actual: Cell, expected: number, what: string) =>
    assert.ok(Math.abs((actual as number) - expected) < 1e-4, `${what}: ${actual}, computed ${expected}`);

  /** Of the likeliest first: plain, and as the settings leave them. */
  async function computed(): Promise<{ ids: number[]; plain: number[]; sampled: number[] }> {
    const ids = await byLikelihood(text, CHOSEN - 1);
    const logits = await text.logits(CHOSEN - 1);
    return {
      ids,
      plain: softmax(ids.map((id) => logits[id])),
      sampled: softmax(ids.slice(0, sampling.topK).map((id) => logits[id] / sampling.temperature)),
    };
  }

  const tokens = () => text.tokens.map(({ id }) => id);

  async function checkCandidates(columns: Cell[], rows: Cell[][]): Promise<void> {
    const { ids, plain, sampled } = await computed();
    const at = (name: string) => {
      assert.ok(columns.includes(name), name);
      return columns.indexOf(name);
    };
    assert.ok(rows.length >= 200);
    for (const row of rows) {
      const index = (row[at('rank')] as number) - 1;
      assert.equal(row[at('id')], ids[index]);
      near(row[at('probability')], plain[index], `rank ${index + 1}`);
      near(row[at('logprob')], Math.log(plain[index]), `rank ${index + 1}`);
      near(row[at('sampled')], sampled[index] ?? 0, `rank ${index + 1}`);
    }
  }

  it('numbers of the view as CSV: the settings above, and each candidate as computed', async () => {
    const { about, columns, rows } = readCsv(await save(/Numbers of this view/));
    assert.deepEqual([about.view, about.position, about.sampling], ['predict', CHOSEN - 1, sampling]);
    assert.deepEqual(about.ids, tokens());
    await checkCandidates(columns, rows);
  });

  it('all of it as JSON: model, text and settings to make it again, and each candidate as computed', async () => {
    const { mime, data } = await save(/JSON/);
    assert.equal(mime, 'application/json');
    const all = JSON.parse(new TextDecoder().decode(data)) as Record<string, unknown>;
    assert.deepEqual(all.model, { name: text.model.name, precision: 'int8', bos: 'no BOS is added' });
    assert.equal(all.text, text.tokens.map((token) => token.text).join(''));
    assert.deepEqual([all.ids, all.sampling, all.hook], [tokens(), sampling, 'logits']);
    await checkCandidates(all.columns as string[], all.rows as Cell[][]);
  });

  it('tokens as CSV: offsets, and the log-probability of each from all logits before it', async () => {
    const { columns, rows } = readCsv(await save(/Tokens/));
    const value = (i: number, name: string) => rows[i][columns.indexOf(name)];
    assert.equal(rows.length, text.tokens.length);
    for (const [i, token] of text.tokens.entries()) {
      const written = ['position', 'id', 'text', 'start', 'end'].map((name) => value(i, name));
      assert.deepEqual(written, [i, token.id, token.text, token.start, token.end]);
      if (i === 0) {
        assert.deepEqual([value(i, 'logprob'), value(i, 'rank')], [null, null]);
        continue;
      }
      const probabilities = softmax([...(await text.logits(i - 1))]);
      const p = probabilities[token.id];
      near(value(i, 'logprob'), Math.log(p), token.text);
      near(value(i, 'surprisal_bits'), -Math.log2(p), token.text);
      assert.equal(value(i, 'rank'), 1 + probabilities.filter((other) => other > p).length);
      const entropy = probabilities.reduce((sum, q) => (q > 0 ? sum - q * Math.log(q) : sum), 0);
      near(value(i, 'entropy_nats_before'), entropy, token.text);
    }
  });

  it('a picture is a sound PNG whose description says how to make it again', async () => {
    const { data, mime } = await save(/PNG/);
    assert.equal(mime, 'image/png');
    const png = Buffer.from(data);
    assert.equal(png.subarray(0, 8).toString('latin1'), '\x89PNG\r\n\x1a\n');
    const chunks: { type: string; body: Buffer }[] = [];
    for (let at = 8; at < png.length; ) {
      const length = png.readUInt32BE(at);
      const typed = png.subarray(at + 4, at + 8 + length);
      assert.equal(png.readUInt32BE(at + 8 + length), crc32(typed), 'checksum');
      chunks.push({ type: typed.subarray(0, 4).toString('latin1'), body: typed.subarray(4) });
      at += 12 + length;
    }
    assert.deepEqual([chunks[0].type, chunks.at(-1)!.type], ['IHDR', 'IEND']);
    const [width, height] = [chunks[0].body.readUInt32BE(0), chunks[0].body.readUInt32BE(4)];
    const pixels = inflateSync(Buffer.concat(chunks.flatMap(({ type, body }) => (type === 'IDAT' ? [body] : []))));
    const channels = { 2: 3, 6: 4 }[chunks[0].body[9]]!;
    assert.equal(pixels.length, height * (1 + width * channels));
    const { body } = chunks.find(({ type }) => type === 'iTXt')!;
    const [keyword] = body.toString('latin1').split('\0');
    assert.equal(keyword, 'Description');
    const about = JSON.parse(body.subarray(keyword.length + 5).toString('utf8')) as Record<string, unknown>;
    assert.deepEqual([about.view, about.ids, about.sampling], ['predict', tokens(), sampling]);
    assert.equal(about.text, text.tokens.map((token) => token.text).join(''));
  });
});
