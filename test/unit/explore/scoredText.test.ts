import assert from 'node:assert/strict';
import { EngineEnded } from '../../../src/errors.ts';
import type { ScoredTextEvents } from '../../../src/explore/scoredRun.ts';
import { ScoredText } from '../../../src/explore/scoredText.ts';
import { ScoredTexts } from '../../../src/explore/scoredTexts.ts';
import { FakeChanges, FakePlace, FakeSource, next, silent } from './fakes.ts';

const names: (keyof ScoredTextEvents)[] = [
  'begun',
  'scored',
  'finished',
  'cancelled',
  'failed',
  'emptied',
  'stale',
  'notice',
];

describe('a scored text', () => {
  let source: FakeSource;
  let place: FakePlace;
  let text: ScoredText<FakePlace>;
  let heard: string[];

  let changes: FakeChanges;
  const services = () => ({ engines: source, log: silent, maxTokens: () => 8, changes });

  beforeEach(() => {
    source = new FakeSource();
    changes = new FakeChanges();
    place = new FakePlace('abcde');
    text = new ScoredText(place, 'text', services());
    heard = [];
    text.read(Object.fromEntries(names.map((name) => [name, () => heard.push(name)])));
  });

  afterEach(() => text.dispose());

  async function finished(): Promise<void> {
    const end = next(text, 'finished');
    text.begin();
    await end;
  }

  it('tells its tokens, then scores chunk by chunk, then the end', async () => {
    await finished();
    assert.deepEqual(heard, ['begun', 'scored', 'scored', 'scored', 'finished']);
    assert.deepEqual([text.state, text.run!.offset, text.run!.clipped], ['finished', 10, false]);
    assert.deepEqual(text.rangeOf(1), { start: 11, end: 12 });
    assert.deepEqual(text.rangeOf(5), { start: 15, end: 15 });
    assert.equal(text.rangeOf(6), undefined);
  });

  it('points at a token and at one that it looks at; at neither that is not there', async () => {
    await finished();
    const pointed: [number | null, number | null][] = [];
    text.read({ hovered: (token) => pointed.push([token, text.lookedAt]) });
    text.hover(3, 1);
    text.hover(3);
    text.hover(3, 6);
    text.hover(6, 1);
    assert.deepEqual(pointed, [
      [3, 1],
      [3, null],
      [3, null],
      [null, null],
    ]);
  });

  it('totals grow with the chunks; log-probs -1, -2, … have the mean of their sum', async () => {
    const means: number[] = [];
    text.read({ scored: ({ run }) => means.push(run.scores.totals.meanSurprisal) });
    await finished();
    assert.deepEqual(
      means,
      [1 / 1, 6 / 3, 10 / 4].map((nats) => nats / Math.LN2),
    );
    const { tokens, scored, perplexity } = text.run!.scores.totals;
    assert.deepEqual([tokens, scored], [5, 4]);
    assert.ok(Math.abs(perplexity - Math.exp(2.5)) < 1e-12);
  });

  it('who comes late reads all that is known', async () => {
    await finished();
    const { scores, tokens } = text.run!;
    const rows = scores.rows(0, scores.known);
    assert.equal(tokens.map((token) => token.text).join(''), 'abcde');
    assert.deepEqual([...rows.rank], [0, 1, 2, 3, 4]);
    assert.deepEqual([...rows.logprob].slice(1), [-1, -2, -3, -4]);
    assert.deepEqual([rows.topK, rows.topIds.length], [2, 10]);
  });

  it('a run that is cancelled is not heard of again, and what there is stays', async () => {
    text.read({ scored: () => text.cancel() });
    const cancelled = next(text, 'cancelled');
    text.begin();
    assert.deepEqual(await cancelled, { run: 1 });
    assert.deepEqual([text.state, text.run!.scores.known], ['cancelled', 2]);
    const end = next(text, 'begun');
    text.rerun();
    await end;
    assert.deepEqual(heard.slice(0, 4), ['begun', 'scored', 'cancelled', 'begun']);
  });

  it('an edit makes the numbers stale at once, then the text is run again and the choice stays at the end', async () => {
    await finished();
    assert.equal(text.choice.token, 4);
    const begun = next(text, 'begun');
    const again = next(text, 'loaded');
    place.edit('abcdefg');
    assert.ok(text.run!.stale);
    assert.equal(text.rangeOf(0), undefined);
    assert.equal((await begun).tokens.length, 7);
    assert.equal(text.choice.token, 6);
    await again;
    assert.equal(source.engine.runs.length, 2);
  });

  it('the newest run wins', async () => {
    text.begin();
    text.rerun();
    const end = next(text, 'finished');
    text.rerun();
    assert.equal((await end).number, 3);
    assert.deepEqual(heard.filter((name) => name === 'finished').length, 1);
  });

  it('a text without characters is empty, and nothing is run', () => {
    place.edit('');
    text.rerun();
    assert.deepEqual([heard, text.state, source.engine.runs.length], [['emptied'], 'empty', 0]);
  });

  it('a choice is told with who made it; of a place that is not there nothing is told', async () => {
    await finished();
    const told: unknown[] = [];
    text.read({ choice: ({ choice, by }) => told.push([choice, by]), caret: (token) => told.push(token) });
    text.choose({ token: 2 }, 'view');
    text.choose({ token: 9 }, 'view');
    text.choose({ layer: 1, head: 1 }, 'view');
    text.caretAt(2, 'editor');
    text.caretAt(null, 'editor');
    assert.deepEqual(told, [
      [{ token: 2, layer: 0, head: 0 }, 'view'],
      [{ token: 2, layer: 1, head: 1 }, 'view'],
      null,
    ]);
    assert.equal(text.choice.token, 2);
  });

  it('what is changed in the model goes with the run', async () => {
    await finished();
    const end = next(text, 'finished');
    const change = { hook: 'blocks.0.attn.hook_z', head: 1, set: 'zero' } as const;
    changes.become([change]);
    await end;
    assert.deepEqual(
      source.engine.runs.map(({ interventions }) => interventions),
      // The unchanged model's scores go first, to be compared with.
      [[], undefined, [change]],
    );
    assert.deepEqual(text.run!.interventions, [change]);
    assert.equal(text.run!.before!.known, text.run!.ids.length);
    changes.become([]);
    await next(text, 'finished');
    assert.equal(text.run!.before, undefined);
  });

  it('numbers of another model than the window has now are computed again', async () => {
    await finished();
    source.loaded(source.engine.model!);
    assert.equal(text.state, 'finished');
    source.path = 'other.gguf';
    const end = next(text, 'finished');
    source.loaded({ ...source.engine.model!, path: 'other.gguf' });
    assert.equal((await end).loaded!.model.path, 'other.gguf');
  });

  describe('while the first model loads', () => {
    beforeEach(() => {
      source.early = true;
      text.read({ loaded: () => heard.push('loaded') });
    });

    it('its tokens are there before the model, and may be chosen; they are read once', async () => {
      const begun = next(text, 'begun');
      text.begin();
      const run = await begun;
      assert.deepEqual([run.loaded, run.scores.known, text.state], [undefined, 0, 'loading']);
      assert.equal(run.tokens.map((token) => token.text).join(''), 'abcde');
      text.choose({ token: 2 }, 'view');
      assert.equal(text.choice.token, 2);
      await next(text, 'finished');
      assert.deepEqual(heard, ['begun', 'loaded', 'scored', 'scored', 'scored', 'finished']);
      assert.equal(text.run, run);
      assert.equal(text.choice.token, 2);
      assert.deepEqual([run.loaded!.model.path, source.engine.encoded], ['fake.gguf', 1]);
    });

    it('an edit meanwhile: the new tokens, and one run', async () => {
      const begun = next(text, 'begun');
      text.begin();
      await begun;
      place.edit('abcdefg');
      const end = next(text, 'finished');
      text.rerun();
      assert.equal((await end).tokens.length, 7);
      assert.equal(source.engine.runs.length, 1);
    });

    it('that it loads is told at once, before any step', () => {
      source.state = { state: 'loading' };
      text.begin();
      assert.deepEqual(text.progress, { run: 1, stage: 'load', done: 0, total: 1, label: '' });
    });

    it('a load that fails leaves the tokens, and says why', async () => {
      source.path = 'broken';
      const failed = next(text, 'failed');
      text.begin();
      assert.equal((await failed).run, 1);
      assert.deepEqual([text.state, text.run!.tokens.length, text.run!.loaded], ['failed', 5, undefined]);
    });
  });

  describe('when the engine dies', () => {
    it('in a run: the text is run again, and that is said once', async () => {
      source.engine.before = () => {
        if (source.engine.runs.length === 1) source.die();
      };
      await finished();
      assert.deepEqual(heard, ['begun', 'begun', 'notice', 'scored', 'scored', 'scored', 'finished']);
    });

    it('in every run: it stops after the second one, and says so', async () => {
      source.engine.before = () => source.die();
      const failed = next(text, 'failed');
      text.begin();
      const { error } = await failed;
      assert.ok(error instanceof EngineEnded && /second time/.test(error.what));
      assert.deepEqual([source.engine.runs.length, text.state], [2, 'failed']);
      source.crash();
      assert.equal(text.state, 'failed');
      // Asked for by the person it is tried again.
      source.engine.before = undefined;
      await finished();
    });

    it('by a question about each run: it is bounded too', async () => {
      await finished();
      const again = next(text, 'finished');
      source.crash();
      await again;
      source.crash();
      assert.deepEqual([source.engine.runs.length, text.state], [2, 'failed']);
    });

    it('what was cancelled is not begun again', async () => {
      text.read({ scored: () => text.cancel() });
      const cancelled = next(text, 'cancelled');
      text.begin();
      await cancelled;
      source.crash();
      assert.deepEqual([source.engine.runs.length, text.state], [1, 'cancelled']);
    });
  });
});

describe('scored texts of a window', () => {
  let source: FakeSource;
  let texts: ScoredTexts<FakePlace>;

  beforeEach(() => {
    source = new FakeSource();
    texts = new ScoredTexts({ engines: source, log: silent, maxTokens: () => 8, changes: new FakeChanges() });
  });

  afterEach(() => texts.dispose());

  it('two readers of one part of a document: one run', async () => {
    const first = texts.open(new FakePlace('abcde'));
    const end = next(first.text, 'finished');
    first.text.begin();
    const unused = new FakePlace('abcde');
    const second = texts.open(unused);
    second.text.begin();
    await end;
    texts.open(new FakePlace('abcde')).text.begin();
    assert.equal(second.text, first.text);
    assert.equal(source.engine.runs.length, 1);
    assert.ok(unused.disposed);
  });

  it('the last reader lets it go', () => {
    const place = new FakePlace('abcde');
    const first = texts.open(place);
    const second = texts.open(new FakePlace('abcde'));
    first.dispose();
    first.dispose();
    assert.deepEqual([texts.all.length, place.disposed], [1, false]);
    second.dispose();
    assert.deepEqual([texts.all.length, place.disposed], [0, true]);
  });

  it('two texts are run beside each other; it is busy until both are done', async () => {
    const told: boolean[] = [];
    texts.read({ busy: (busy) => told.push(busy) });
    const readings = [texts.open(new FakePlace('abcde')), texts.open(new FakePlace('fgh', 'b.md'))];
    const ends = readings.map(({ text }) => next(text, 'finished'));
    for (const { text } of readings) text.begin();
    await Promise.all(ends);
    assert.deepEqual(told, [true, false]);
    assert.equal(source.engine.runs.length, 2);
  });
});
