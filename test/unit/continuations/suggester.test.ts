import assert from 'node:assert/strict';
import type { Surroundings } from '../../../src/continuations/ending.ts';
import { type SuggestRequest, suggest } from '../../../src/continuations/suggester.ts';
import type { BranchesRequest, BranchToken, RunChunk, RunRequest } from '../../../src/runtime/api.ts';
import type { Piece, Token } from '../../../src/runtime/tokenizer/types.ts';
import { FakeEngine } from '../fakeEngine.ts';

/** Ids from here on are a space and the letter of the id less this. */
const SPACED = 1000;
const FILL_IN = { prefix: 2001, suffix: 2002, middle: 2003, ends: [2001, 2002, 2003, 2004] };
const BROKEN = 3000;

const letter = (id: number) => String.fromCharCode(id % SPACED);
const textOf = (id: number) => (id === BROKEN ? '\uFFFD' : id >= SPACED ? ` ${letter(id)}` : letter(id));
const idOf = (text: string) => (text.length > 1 ? SPACED : 0) + text.charCodeAt(text.length - 1);

/**
 * A token is a letter, with or without a space before it. After any text the likeliest tokens are ` a`, `b`, ` c`, `d` …
 * with log-probs -1, -2, -3 …; a branch goes on with what `goesOn` says, at -0.5 each.
 */
class Letters extends FakeEngine {
  asked: BranchesRequest[] = [];

  constructor(private readonly goesOn: (first: number) => number[]) {
    super();
  }

  override async encode(text: string): Promise<Token[]> {
    return [...text.matchAll(/ ?\S|\s/g)].map(([piece], i) => ({ id: idOf(piece), text: piece, start: i, end: i + 1 }));
  }

  override async pieces(ids: readonly number[]): Promise<Piece[]> {
    return ids.map((id) => ({ text: textOf(id) }));
  }

  override async *run({ ids, topK }: RunRequest): AsyncGenerator<RunChunk> {
    const likeliest = Array.from({ length: topK }, (_, i) => (i % 2 === 0 ? SPACED : 0) + 97 + (i % 26));
    const empty = new Float32Array(1);
    const of = { from: ids.length - 1, count: 1, logprob: empty, rank: new Int32Array(1), entropy: empty, lse: empty };
    const topLogprobs = Float32Array.from(likeliest, (_, i) => -1 - i);
    yield { ...of, topK, topIds: Int32Array.from(likeliest), topLogprobs, cached: false };
  }

  override async *branches(request: BranchesRequest, signal?: AbortSignal): AsyncGenerator<BranchToken[]> {
    this.asked.push(request);
    const firsts = request.firsts!;
    const goingOn = firsts.map(this.goesOn);
    for (let at = 0; ; at++) {
      signal?.throwIfAborted();
      const step = firsts.flatMap((first, branch): BranchToken[] => {
        const id = at === 0 ? first : goingOn[branch][at - 1];
        if (id === undefined || at >= request.maxTokens) return [];
        const last = at + 1 === request.maxTokens ? ('max' as const) : undefined;
        const stopped = last ?? (goingOn[branch][at] === undefined ? ('eos' as const) : undefined);
        return [{ branch, id, text: textOf(id), logprob: -0.5, ...(stopped && { stopped }) }];
      });
      if (step.length === 0) return;
      yield step;
    }
  }
}

const spelled = (text: string) => [...text].map((sign) => idOf(sign));
const around = (more: Partial<Surroundings> = {}): Surroundings => ({
  lineBefore: '',
  lineAfter: '',
  nextLine: '',
  multiline: false,
  lineEnd: '\n',
  ...more,
});
const request = (before: string, more: Partial<SuggestRequest> = {}): SuggestRequest => ({
  before,
  after: '',
  around: around(),
  count: 3,
  maxTokens: 8,
  ...more,
});

describe('suggestions', () => {
  const { signal } = new AbortController();
  const asked = async (engine: Letters, wanted: SuggestRequest, limit = 100) =>
    suggest(engine, wanted, { limit }, signal);

  it('one from each of the likeliest first tokens, with what follows it', async () => {
    const found = await asked(new Letters(() => spelled('x\n')), request('q'));
    assert.deepEqual(
      found!.map(({ text }) => text),
      [' ax', 'bx', ' cx'],
    );
    assert.deepEqual(
      found![0].tokens.map(({ id }) => id),
      [idOf(' a'), idOf('x')],
    );
    assert.ok(Math.abs(found![0].meanProbability - Math.exp(-0.5)) < 1e-6);
    assert.deepEqual(found![0].ids, [idOf('q')]);
  });

  it('a space before the caret belongs to the word that follows: only what begins with it is suggested', async () => {
    const engine = new Letters(() => spelled('x\n'));
    const found = await asked(engine, request('q '));
    assert.deepEqual(engine.asked[0].ids, [idOf('q')]);
    assert.deepEqual(
      found!.map(({ text, typed }) => [typed, text]),
      [
        [' ', 'ax'],
        [' ', 'cx'],
        [' ', 'ex'],
      ],
    );
    // At the beginning of a line it is indentation.
    await asked(engine, request('q\n '));
    assert.deepEqual(engine.asked[1].ids, [idOf('q'), idOf('\n'), 32]);
  });

  it('as many as are wanted, without the one that is there already', async () => {
    const engine = new Letters(() => []);
    await asked(engine, request('q', { count: 2, without: idOf('b') }));
    assert.deepEqual(engine.asked[0].firsts, [idOf(' a'), idOf(' c')]);
  });

  it('a context of more tokens than the limit: undefined; of none: nothing', async () => {
    const engine = new Letters(() => []);
    assert.equal(await asked(engine, request('abcde'), 4), undefined);
    assert.deepEqual(await asked(engine, request('')), []);
    assert.deepEqual(engine.asked, []);
  });

  it('an aborted signal is thrown', async () => {
    const abort = new AbortController();
    const engine = new Letters(() => {
      abort.abort(new DOMException('Typed on', 'AbortError'));
      return spelled('xyz');
    });
    await assert.rejects(suggest(engine, request('q'), { limit: 10 }, abort.signal), { message: 'Typed on' });
  });

  it('ends before a character that is broken, and never with half a line end', async () => {
    const broken = await asked(new Letters(() => [...spelled('x'), BROKEN]), request('q', { count: 1 }));
    assert.equal(broken![0].text, ' ax');
    const code = { count: 1, around: around({ multiline: true }) };
    const half = await asked(new Letters(() => spelled('x\r')), request('q', code));
    assert.equal(half![0].text, ' ax');
  });

  it('lines end as those of the document do', async () => {
    for (const lineEnd of ['\n', '\r\n'] as const)
      for (const made of ['\n', '\r\n']) {
        const engine = new Letters(() => spelled(`${made}y`));
        const found = await asked(engine, request('q', { count: 1, around: around({ multiline: true, lineEnd }) }));
        assert.equal(found![0].text, ` a${lineEnd}y`);
      }
  });

  describe('of a model that fills in', () => {
    const filled = (engine: Letters, wanted: SuggestRequest, limit = 100) =>
      suggest(engine, wanted, { fillIn: FILL_IN, limit }, signal);

    it('is given prefix, text before, suffix, text after, middle; and need not join up', async () => {
      const engine = new Letters(() => [...spelled('x'), 2004, ...spelled('z')]);
      const middle = { count: 1, after: 'rs', around: around({ lineAfter: 'rs' }) };
      const found = await filled(engine, request('q', middle));
      assert.deepEqual(engine.asked[0].ids, [2001, idOf('q'), 2002, idOf('r'), idOf('s'), 2003]);
      assert.deepEqual(
        found!.map(({ text, tokens }) => [text, tokens.length]),
        [[' ax', 2]],
      );
      assert.deepEqual(await asked(engine, request('q', middle)), []);
    });

    it('just goes on where only white space follows', async () => {
      const engine = new Letters(() => []);
      await filled(engine, request('q', { after: '\n\n' }));
      assert.deepEqual(engine.asked[0].ids, [idOf('q')]);
    });

    it('is given at most a quarter of what fits of the text after the caret', async () => {
      const engine = new Letters(() => []);
      await filled(engine, request('q', { after: 'rstuvw' }), 12);
      assert.deepEqual(engine.asked[0].ids, [2001, idOf('q'), 2002, ...spelled('rst'), 2003]);
      assert.equal(await filled(engine, request('abcdefg', { after: 'rstuvw' }), 12), undefined);
    });
  });
});
