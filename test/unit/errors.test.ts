import assert from 'node:assert/strict';
import { ModelError, named, oneLine, TokenscopeError } from '../../src/errors.ts';

describe('errors', () => {
  it('are one line of bounded length, whatever a file calls its parts', () => {
    const name = 'x'.repeat(1 << 20);
    const error = new ModelError(`The tensor "${name}" is missing.`, name, 'Get the file again.');
    assert.ok(error instanceof TokenscopeError);
    assert.ok(error.message.length < 2500, String(error.message.length));
    assert.match(error.what, /^The tensor "x+ … x+" is missing\.$/);
    assert.equal(error.message, `${error.where}: ${error.what} Get the file again.`);
  });

  it('show control characters instead of sending them', () => {
    const { what } = new ModelError('\u001b[2J\u001b]0;title\u0007a\nb\r\u202egnp\u009b\ud800', 'file', 'Stop.');
    assert.equal(what, '\\u{1b}[2J\\u{1b}]0;title\\u{7}a\\u{a}b\\u{d}\\u{202e}gnp\\u{9b}\\u{d800}');
    assert.equal(oneLine('naïve 猫 🙂 ▁', 100), 'naïve 猫 🙂 ▁');
    assert.ok(oneLine('\u0007'.repeat(1000), 100).length <= 100);
  });

  it('name a value of any shape', () => {
    let deep: unknown = 1;
    for (let depth = 0; depth < 100_000; depth++) deep = { type: deep };
    assert.deepEqual(['a"', 7, null, undefined, [1], deep].map(named), [
      '"a""',
      '7',
      'null',
      'undefined',
      'a list',
      'an object',
    ]);
    assert.ok(named('y'.repeat(9000)).length <= 302);
  });
});
