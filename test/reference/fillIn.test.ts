import assert from 'node:assert/strict';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suggest } from '../../src/continuations/suggester.ts';
import { fixture } from '../fixtures.ts';
import { loadedEngine } from './compare.ts';

/** The first ids that the fixture's tokenizer leaves free. */
const FREE = 352;

describe('filling in', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tokenscope-fill-in-'));
    await cp(fixture('models/qwen2'), folder, { recursive: true });
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  /** The fixture's model, with some more added tokens. */
  async function loadedWith(contents: string[], special: boolean) {
    const path = join(folder, 'tokenizer.json');
    const json = JSON.parse(await readFile(path, 'utf8')) as { added_tokens: object[] };
    const [like] = json.added_tokens;
    json.added_tokens.push(...contents.map((content, i) => ({ ...like, content, id: FREE + i, special })));
    await writeFile(path, JSON.stringify(json));
    return loadedEngine(folder, { precision: 'fp32' });
  }

  const FAMILIES: Record<string, { contents: string[]; special: boolean }> = {
    'Qwen2.5-Coder': {
      contents: ['<|fim_prefix|>', '<|fim_middle|>', '<|fim_suffix|>', '<|fim_pad|>'],
      special: false,
    },
    StarCoder: { contents: ['<fim_prefix>', '<fim_middle>', '<fim_suffix>', '<fim_pad>'], special: true },
    'Code Llama': { contents: ['\u2581<PRE>', '\u2581<MID>', '\u2581<SUF>', '\u2581<EOT>'], special: true },
  };
  for (const [name, { contents, special }] of Object.entries(FAMILIES))
    it(`the tokens are read from the tokenizer: ${name}`, async () => {
      const { engine, info: model } = await loadedWith(contents, special);
      const [prefix, middle, suffix, end] = [0, 1, 2, 3].map((i) => FREE + i);
      assert.deepEqual(model.fillIn, { prefix, suffix, middle, ends: [prefix, suffix, middle, end] });
      await engine.unload();
    });

  it('a tokenizer without all three fills nothing in', async () => {
    const { engine, info: model } = await loadedWith(['<|fim_prefix|>', '<|fim_middle|>'], false);
    assert.equal(model.fillIn, undefined);
    await engine.unload();
  });

  it('the model is given the text after the caret: between its tokens', async () => {
    const { engine, info: model } = await loadedWith(FAMILIES['Qwen2.5-Coder'].contents, false);
    const limit = model.contextLength - 8;
    const around = { lineBefore: 'a = f(', lineAfter: ')', nextLine: '', multiline: false, lineEnd: '\n' as const };
    const { signal } = new AbortController();
    let given: readonly number[] | undefined;
    const branches = engine.branches.bind(engine);
    engine.branches = (asked, ...more) => {
      given = asked.ids;
      return branches(asked, ...more);
    };
    const idsFor = async (after: string) => {
      const request = { before: around.lineBefore, after, around, count: 2, maxTokens: 4 };
      await suggest(engine, request, { fillIn: model.fillIn, limit }, signal);
      return given!;
    };
    const ids = async (text: string) => (await engine.encode(text)).map(({ id }) => id);
    const { prefix, suffix, middle } = model.fillIn!;
    for (const after of [')\nprint(a)', ')\nreturn'])
      assert.deepEqual(await idsFor(after), [prefix, ...(await ids('a = f(')), suffix, ...(await ids(after)), middle]);
    await engine.unload();
  });
});
