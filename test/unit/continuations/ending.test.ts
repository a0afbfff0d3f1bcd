import assert from 'node:assert/strict';
import { endOf, type Surroundings } from '../../../src/continuations/ending.ts';

const at = (lineBefore: string, more: Partial<Surroundings> = {}): Surroundings => ({
  lineEnd: '\n',
  lineBefore,
  lineAfter: '',
  nextLine: '',
  multiline: true,
  ...more,
});
const ended = (text: string) => ({ text, complete: true });
const open = (text: string) => ({ text, complete: false });

describe('where a suggestion ends', () => {
  it('at the end of the line where it has only one', () => {
    const around = at('The cat', { multiline: false });
    assert.deepEqual(endOf(' sat', around), open(' sat'));
    assert.deepEqual(endOf(' sat.\nThen', around), ended(' sat.'));
    assert.deepEqual(endOf(' sat.\r\nThen', around), ended(' sat.'));
    assert.deepEqual(endOf('\nThen', around), ended(''));
  });

  it('before a blank line', () => {
    assert.deepEqual(endOf('\n    return 1\n\nprint(', at('def f():')), ended('\n    return 1'));
    assert.deepEqual(endOf('\n    return 1\n  \n', at('def f():')), ended('\n    return 1'));
    assert.deepEqual(endOf('\n    return 1\n', at('def f():')), open('\n    return 1\n'));
  });

  it('before a line that is less indented, unless that closes the block', () => {
    assert.deepEqual(endOf('a = 1\nb = 2', at('    ')), ended('a = 1'));
    assert.deepEqual(endOf('\ta()\n\tb()\nc()', at('\t')), ended('\ta()\n\tb()'));
    assert.deepEqual(endOf('a();\n}\n', at('    ')), ended('a();\n}'));
    assert.deepEqual(endOf('a()\nend\nb', at('  ')), ended('a()\nend'));
  });

  it('after the bracket that closes what the line opened', () => {
    assert.deepEqual(endOf('\n  return x;\n}\nf(', at('function f() {')), ended('\n  return x;\n}'));
    assert.deepEqual(endOf('\n  a: { b: 1 },\n});\nmore', at('g({')), ended('\n  a: { b: 1 },\n});'));
    assert.deepEqual(endOf('1, 2);\nnext', at('f(')), open('1, 2);\nnext'));
  });

  it('before what stands in the next line already', () => {
    assert.deepEqual(endOf('\n  total += v;\n}\n', at('for (;;) {', { nextLine: '}' })), ended('\n  total += v;'));
    assert.deepEqual(endOf('b = 2\n', at('', { nextLine: 'b = 2', multiline: false })), ended(''));
  });

  it('in the middle of a line, where it joins what follows', () => {
    const road = at('The fox ', { lineAfter: ' the road' });
    assert.deepEqual(endOf('crossed', road), { text: '', complete: false });
    assert.deepEqual(endOf('crossed the road', road), ended('crossed'));
    assert.deepEqual(endOf('slept.\n the road', road), ended(''));
    assert.deepEqual(endOf('cken', at('The chi', { lineAfter: 'cken' })), ended(''));
  });

  it('in the middle of a line, where the model knew what follows: as it is, without the rest of the line', () => {
    const road = at('The fox ', { lineAfter: ' the road' });
    assert.deepEqual(endOf('crossed', road, true), open('crossed'));
    assert.deepEqual(endOf('crossed\nThen', road, true), ended('crossed'));
    assert.deepEqual(endOf('crossed the road', road, true), ended('crossed '));
    const call = at('log(', { lineAfter: ');' });
    assert.deepEqual(endOf('f(x)', call, true), open('f(x)'));
    assert.deepEqual(endOf('f(x));', call, true), ended('f(x)'));
  });

  it('before closing brackets that stand there, which need not come', () => {
    const call = at('log(', { lineAfter: ');' });
    assert.deepEqual(endOf('name', call), open('name'));
    assert.deepEqual(endOf('f(1)', call), open('f(1)'));
    assert.deepEqual(endOf('name);', call), ended('name'));
    assert.deepEqual(endOf('a[0], b]', at('log(', { lineAfter: '"' })), ended('a[0], b'));
  });
});
