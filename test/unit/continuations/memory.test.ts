import assert from 'node:assert/strict';
import { type Place, SuggestionMemory } from '../../../src/continuations/memory.ts';
import type { Suggestion } from '../../../src/continuations/suggester.ts';

const place = (before: string, more: Partial<Place> = {}): Place => ({
  document: 'a',
  start: 0,
  before,
  lineAfter: '',
  ...more,
});
const suggestion = (text: string): Suggestion => ({ text, typed: '', tokens: [], ids: [1], meanProbability: 0.5 });
const texts = (memory: SuggestionMemory, at: Place) => memory.at(at)?.suggestions.map(({ text }) => text);

describe('what was suggested', () => {
  it('is kept by who types through it, and found again by who goes back', () => {
    const memory = new SuggestionMemory();
    memory.add(place('The cat'), [suggestion(' sat down'), suggestion(' slept')], true);
    assert.deepEqual(texts(memory, place('The cat s')), ['at down', 'lept']);
    assert.equal(memory.at(place('The cat s'))!.suggestions[0].typed, ' s');
    assert.deepEqual(texts(memory, place('The cat')), [' sat down', ' slept']);
    assert.deepEqual(texts(memory, place('The cat sat')), [' down']);
  });

  it('the other suggestions that fit what was typed stay beside the shown one', () => {
    const memory = new SuggestionMemory();
    memory.add(place('The cat'), [suggestion(' sat'), suggestion(' slept'), suggestion(' ran')], true);
    assert.deepEqual(memory.at(place('The cat s')), {
      suggestions: [
        { ...suggestion('at'), typed: ' s' },
        { ...suggestion('lept'), typed: ' s' },
      ],
      all: false,
    });
  });

  it('who types into another one than the first goes on with that', () => {
    const memory = new SuggestionMemory();
    memory.add(place('The cat'), [suggestion(' sat'), suggestion(' ran off'), suggestion(' ran away')], true);
    assert.deepEqual(texts(memory, place('The cat r')), ['an off', 'an away']);
    assert.deepEqual(texts(memory, place('The cat ran aw')), ['ay']);
  });

  it('is not there once something else, or all of it, was typed', () => {
    const memory = new SuggestionMemory();
    memory.add(place('The cat'), [suggestion(' sat')], true);
    for (const before of ['The cat r', 'The cat sat', 'The ca', 'A cat'])
      assert.equal(memory.at(place(before)), undefined);
  });

  it('belongs to its document, its context and the rest of its line', () => {
    const memory = new SuggestionMemory();
    memory.add(place('The cat'), [suggestion(' sat')], true);
    for (const other of [{ document: 'b' }, { start: 3 }, { lineAfter: ')' }])
      assert.equal(memory.at(place('The cat', other)), undefined);
  });

  it('that nothing was to be offered is remembered for just that place', () => {
    const memory = new SuggestionMemory();
    memory.add(place('The cat'), [], true);
    assert.deepEqual(memory.at(place('The cat')), { ...place('The cat'), suggestions: [], all: true });
    assert.equal(memory.at(place('The cat ')), undefined);
  });

  it('the newest of two that fit wins', () => {
    const memory = new SuggestionMemory();
    memory.add(place('The cat'), [suggestion(' sat down')], true);
    memory.add(place('The cat sat'), [suggestion(' up')], true);
    assert.deepEqual(texts(memory, place('The cat sat')), [' up']);
    assert.deepEqual(texts(memory, place('The cat sa')), ['t down']);
  });

  it('of a document that is closed is forgotten, and of another is not', () => {
    const memory = new SuggestionMemory();
    memory.add(place('The cat'), [suggestion(' sat')], true);
    memory.add(place('The cat', { document: 'b' }), [suggestion(' ran')], true);
    memory.forget('a');
    assert.equal(memory.at(place('The cat')), undefined);
    assert.deepEqual(texts(memory, place('The cat', { document: 'b' })), [' ran']);
  });
});
