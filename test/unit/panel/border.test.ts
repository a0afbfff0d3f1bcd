import assert from 'node:assert/strict';
import { Outbox } from '../../../src/panel/outbox.ts';
import { pagePolicy } from '../../../src/panel/policy.ts';
import type { HostMessage, PageMessage, PageState, ScoreChunk } from '../../../src/panel/protocol.ts';
import { readPageMessage, readPageState } from '../../../src/panel/validate.ts';
import { likeliest, tokenView, totalsView } from '../../../src/panel/views.ts';

const STATE: PageState = {
  document: { uri: 'file:///a.md', start: 3, end: 9 },
  chosen: 2,
  view: 'attention',
  layer: 4,
  head: 1,
  sampling: { temperature: 0.7, topK: 40, topP: 0.9 },
  pinned: true,
  patching: { other: 'The key', swap: true, at: 'z' },
};

describe('messages of the page at the border', () => {
  const good: PageMessage[] = [
    { type: 'ready' },
    { type: 'hover', run: 1, position: null },
    { type: 'hover', run: 1, position: 7, target: 2 },
    { type: 'choose', run: 1, position: 7 },
    { type: 'tryCandidate', run: 1, position: 7, id: 49151 },
    { type: 'ask', run: 1, id: 0, question: { kind: 'distribution', position: 0 } },
    { type: 'ask', run: 1, id: 1, question: { kind: 'pattern', layer: 29 } },
    { type: 'cancel', run: 1 },
    { type: 'rerun' },
    { type: 'pin', pinned: true },
    { type: 'openExample' },
    { type: 'focusEditor' },
    { type: 'help', topic: 'attention' },
    { type: 'openSettings', query: 'tokenscope.model' },
    { type: 'save', name: 'figure', mime: 'image/png', data: Uint8Array.of(1, 2) },
    { type: 'save', name: 'figure', mime: 'image/svg+xml', data: Uint8Array.of(60) },
  ];

  for (const [i, message] of good.entries()) {
    it(`passes ${message.type} (${i})`, () => assert.deepEqual(readPageMessage(message), { message }));
  }

  for (const [what, value] of [
    ['nothing', undefined],
    ['a string', 'rerun'],
    ['an unknown type', { type: 'execute', command: 'x' }],
    ['a type of the prototype', { type: 'constructor' }],
    ['a negative position', { type: 'choose', run: 1, position: -1 }],
    ['a fraction', { type: 'ask', run: 1, id: 0, question: { kind: 'pattern', layer: 0.5 } }],
    ['a question of no kind', { type: 'ask', run: 1, id: 0, question: { kind: 'secrets' } }],
    ['a question of the prototype', { type: 'ask', run: 1, id: 0, question: { kind: 'constructor' } }],
    ['arguments of another question', { type: 'ask', run: 1, id: 0, question: { kind: 'pattern', position: 0 } }],
    ['a question without an id', { type: 'ask', run: 1, question: { kind: 'pattern', layer: 0 } }],
    ['NaN', { type: 'choose', run: 1, position: Number.NaN }],
    ['a number beyond 31 bits', { type: 'choose', run: 1, position: 2 ** 31 }],
    ['a path as a help topic', { type: 'help', topic: '../../README' }],
    ['another kind of file', { type: 'save', name: 'x', mime: 'text/html', data: new Uint8Array(1) }],
    ['data that are no bytes', { type: 'save', name: 'x', mime: 'text/csv', data: [1, 2] }],
    ['a long query', { type: 'openSettings', query: 'x'.repeat(201) }],
  ] as const) {
    it(`refuses ${what} and says why`, () => {
      const read = readPageMessage(value);
      assert.ok('problem' in read && read.problem.length > 0 && read.problem.length <= 500);
    });
  }

  it('a state that is none of ours is no state', () => {
    assert.equal(readPageState({ view: 'heads' }), undefined);
    assert.equal(readPageState({ ...STATE, view: 7 }), undefined);
    assert.equal(readPageState({ ...STATE, sampling: { temperature: -1, topK: 0, topP: 1 } }), undefined);
    assert.deepEqual(readPageState(STATE), STATE);
    const { layer, head, ...unchosen } = STATE;
    assert.deepEqual(readPageState(unchosen), unchosen);
  });
});

describe("the page's policy", () => {
  const directives = pagePolicy('https://files.test', 'abc').split('; ');

  it('lets nothing in that is not named, no form out, and no base be set', () => {
    for (const refused of ["default-src 'none'", "base-uri 'none'", "form-action 'none'"]) {
      assert.ok(directives.includes(refused), refused);
    }
  });

  it('runs only the script with the nonce of this page', () => {
    assert.deepEqual(
      directives.filter((directive) => directive.startsWith('script-src')),
      ["script-src 'nonce-abc'"],
    );
    assert.ok(directives.every((directive) => !directive.includes('unsafe')));
  });
});

const chunkOf = (ids: number[], from = 0): ScoreChunk => ({
  from,
  count: 1,
  logprob: new Float32Array(1),
  rank: new Int32Array(1),
  entropy: new Float32Array(1),
  lse: new Float32Array(1),
  topK: ids.length,
  topIds: Int32Array.from(ids),
  topLogprobs: new Float32Array(ids.length),
});

describe('what is kept for a page that comes later', () => {
  const totals = { tokens: 1, scored: 0, meanSurprisal: null, perplexity: null };
  const runMessage = (run: number): HostMessage => ({
    type: 'run',
    run,
    document: { name: 'a', uri: 'file:///a' },
    tokens: [],
    chosen: 0,
  });
  const texts = { get: (id: number) => ({ text: `<${id}>` }) };
  let delivered: HostMessage[];
  let outbox: Outbox;
  const types = () => delivered.map(({ type }) => type);

  beforeEach(() => {
    delivered = [];
    outbox = new Outbox((message) => delivered.push(message));
    outbox.useTexts(texts);
  });

  const scores = (run: number, ids: number[]) => {
    const chunk = chunkOf(ids);
    outbox.post({ type: 'scores', run, chunk, pieces: outbox.tell(chunk), totals });
  };

  it('nothing is delivered before the page is there, then all that holds, in order', () => {
    outbox.post({ type: 'pinned', pinned: true });
    outbox.post(runMessage(1));
    outbox.post(runMessage(2));
    scores(2, [5, 6]);
    outbox.post({ type: 'progress', run: 2, stage: 'compute', done: 0, total: 1, label: '' });
    assert.deepEqual(types(), []);
    outbox.connect();
    assert.deepEqual(types(), ['pinned', 'run', 'scores', 'progress']);
    assert.deepEqual(delivered[1], runMessage(2));
  });

  it('a view that is to be opened is opened once: by the page that is there, or by the next one', () => {
    outbox.post({ type: 'view', view: 'generate' });
    for (let page = 0; page < 2; page++) outbox.connect();
    outbox.post({ type: 'view', view: 'generate' });
    outbox.connect();
    assert.deepEqual(types(), ['view', 'view']);
  });

  it('a page that starts again is told all texts again', () => {
    outbox.connect();
    outbox.post(runMessage(1));
    scores(1, [5, 6]);
    scores(1, [6, 7]);
    outbox.post({ type: 'done', run: 1, totals, milliseconds: 1 });
    delivered.length = 0;
    outbox.connect();
    assert.deepEqual(types(), ['run', 'scores', 'scores', 'done']);
    const told = delivered.map((message) => (message.type === 'scores' ? Object.keys(message.pieces) : []));
    assert.deepEqual(told, [[], ['5', '6'], ['7'], []]);
  });

  it('of a run that ended no progress is left', () => {
    outbox.post(runMessage(1));
    outbox.post({ type: 'progress', run: 1, stage: 'compute', done: 0, total: 1, label: '' });
    outbox.post({ type: 'cancelled', run: 1 });
    outbox.connect();
    assert.deepEqual(types(), ['run', 'cancelled']);
  });

  it('another model has other texts, which are told again', () => {
    const chunk = chunkOf([5]);
    assert.deepEqual(outbox.tell(chunk), { 5: { text: '<5>' } });
    assert.deepEqual(outbox.tell(chunk), {});
    assert.equal(outbox.useTexts(texts), false);
    assert.equal(outbox.useTexts({ get: () => ({ text: 'other' }) }), true);
    assert.deepEqual(outbox.tell(chunk), { 5: { text: 'other' } });
  });
});

describe('what is shown of tokens and logits', () => {
  it('bytes become plain numbers', () => {
    const token = { id: 3, text: '\uFFFD', start: 1, end: 3, bytes: Uint8Array.of(0xe7, 0x8c) };
    assert.deepEqual(tokenView(token, 5), { id: 3, text: '\uFFFD', bytes: [0xe7, 0x8c], start: 6, end: 8 });
  });

  it('tokens stand at their place in the document', () => {
    assert.deepEqual(tokenView({ id: 97 % 8, text: 'a', start: 0, end: 1 }, 10), {
      id: 97 % 8,
      text: 'a',
      start: 10,
      end: 11,
    });
  });

  it('where nothing is scored the totals say null, not NaN', () => {
    const nothing = { tokens: 1, scored: 0, meanSurprisal: Number.NaN, perplexity: Number.NaN };
    assert.deepEqual(totalsView(nothing), { tokens: 1, scored: 0, meanSurprisal: null, perplexity: null });
  });

  it('the likeliest ids, the largest first, equal ones by id, never NaN', () => {
    const logits = Float32Array.of(1, 3, Number.NaN, 2, 3, -Infinity);
    assert.deepEqual(likeliest(logits, 3), [1, 4, 3]);
    assert.deepEqual(likeliest(logits, 1), [1]);
    assert.deepEqual(likeliest(logits, 4), [1, 4, 3, 0]);
  });

  it('the likeliest of a vocabulary are those that sorting all of it finds', () => {
    const logits = Float32Array.from({ length: 49152 }, (_, id) => Math.sin(id * id) * (id % 7));
    const sorted = Array.from(logits.keys()).sort((a, b) => logits[b] - logits[a] || a - b);
    assert.deepEqual(likeliest(logits, 256), sorted.slice(0, 256));
  });
});
