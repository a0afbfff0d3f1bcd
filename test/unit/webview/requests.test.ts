import assert from 'node:assert/strict';
import type { PageMessage } from '../../../src/panel/protocol.ts';
import { answerTo, errorOf, keyOf, type Question, resultOf, withAnswer } from '../../../webview/answers.ts';
import { Asker, watchNeeds } from '../../../webview/requests.ts';
import { Store } from '../../../webview/store.ts';

type Ask = Extract<PageMessage, { type: 'ask' }>;

const pattern = (layer: number) => ({ kind: 'pattern', layer }) as const satisfies Question;
const weights = (size = 1) => ({ shape: [1, 1, size], data: new Float32Array(size) });

describe('what a view needs', () => {
  let store: Store;
  let asker: Asker;
  let asked: Ask[];
  let needed: Question[];

  /** Layers asked for so far. */
  const layers = () => asked.map(({ question }) => ('layer' in question ? question.layer : undefined));
  const need = (...wanted: number[]) => {
    needed = wanted.map(pattern);
    store.refresh();
  };
  /** Answers the question that was asked as the i-th; resolves when it is in the state. */
  const answer = async (i: number, reply: { result: unknown } | { dropped: true } | { error: typeof ERROR }) => {
    const { run, id } = asked[i];
    asker.receive({ type: 'answer', run, id, ...reply });
    await Promise.resolve();
    await Promise.resolve();
  };
  const ERROR = { what: 'Too large.', where: 'Layer 0', todo: 'Select less.' };

  beforeEach(() => {
    asked = [];
    needed = [];
    store = new Store();
    asker = new Asker((message) => message.type === 'ask' && asked.push(message));
    watchNeeds(store, asker, () => needed);
    store.set({ run: 1, status: 'done' });
  });

  it('is asked once, and its answer is kept under the question', async () => {
    need(3);
    store.refresh();
    assert.deepEqual(
      asked.map(({ run, question }) => [run, question]),
      [[1, pattern(3)]],
    );
    const result = weights();
    await answer(0, { result });
    assert.equal(resultOf(store.state, pattern(3)), result);
    assert.equal(answerTo(store.state, pattern(2)), undefined);
    store.refresh();
    assert.equal(asked.length, 1);
  });

  it('is asked when the run is done, not while it computes or the text has changed', () => {
    store.set({ status: 'computing' });
    need(0);
    store.set({ status: 'done', outdated: true });
    assert.deepEqual(layers(), []);
    store.set({ outdated: false });
    assert.deepEqual(layers(), [0]);
  });

  it('an error is an answer: it is there to be shown, and the question is not asked again', async () => {
    need(0);
    await answer(0, { error: ERROR });
    assert.deepEqual(errorOf(store.state, pattern(0)), ERROR);
    assert.equal(resultOf(store.state, pattern(0)), undefined);
    store.refresh();
    assert.deepEqual(layers(), [0]);
  });

  it('another run asks anew, and answers of the older one are dropped', async () => {
    need(0);
    const [{ id }] = asked;
    store.set({ run: 2 });
    assert.deepEqual(layers(), [0, 0]);
    await answer(0, { result: weights() });
    asker.receive({ type: 'answer', run: 1, id: id + 1, result: weights() });
    await Promise.resolve();
    assert.equal(store.state.answers.size, 0);
    await answer(1, { result: weights() });
    assert.equal(store.state.answers.size, 1);
  });

  it('what was dropped after one left it is asked again when one comes back', async () => {
    need(3);
    need(4);
    await answer(0, { dropped: true });
    need(3);
    assert.deepEqual(layers(), [3, 4, 3]);
    // The late word about the first question does not concern the one that is asked now.
    await answer(1, { dropped: true });
    await answer(2, { result: weights() });
    assert.ok(resultOf(store.state, pattern(3)));
    assert.equal(asked.length, 3);
  });

  it('more than the host works on at a time: what it dropped is asked again once it has answered something', async () => {
    need(0, 1);
    await answer(0, { dropped: true });
    store.refresh();
    assert.deepEqual(layers(), [0, 1]);
    await answer(1, { result: weights() });
    assert.deepEqual(layers(), [0, 1, 0]);
  });

  it('equal questions have one key, whatever the order of their arguments', () => {
    assert.equal(keyOf({ kind: 'pattern', layer: 2 }), keyOf({ layer: 2, kind: 'pattern' }));
    assert.notEqual(keyOf(pattern(2)), keyOf(pattern(12)));
  });

  it('of too many numbers the oldest that nobody needs go', () => {
    const size = (40 * 2 ** 20) / Float32Array.BYTES_PER_ELEMENT;
    let answers: ReturnType<typeof withAnswer> = new Map();
    for (const key of ['a', 'b', 'c']) {
      answers = withAnswer(answers, key, { result: weights(size) }, new Set(['a', key]));
    }
    assert.deepEqual([...answers.keys()], ['a', 'c']);
    answers = withAnswer(answers, 'huge', { result: weights(3 * size) }, new Set(['huge']));
    assert.deepEqual([...answers.keys()], ['huge']);
  });
});
