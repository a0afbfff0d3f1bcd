import { SplitPreTokenizer } from '@huggingface/tokenizers';
import { named } from '../../errors.ts';
import { pulse } from '../pulse.ts';
import { withoutPossessives } from './oniguruma.ts';
import { type Json, patternSource } from './step.ts';

/** What one regular expression has found: [start, end) of a text, or what lies between two finds. */
export interface Part {
  start: number;
  end: number;
  match: boolean;
}

/**
 * The pattern of a step: a text to be found as it is (`String`), or a regular expression of Oniguruma's (`Regex`),
 * which the library rewrites.
 * @throws Error for a pattern of another kind, or one that means something else in JavaScript
 */
export function patternOf(step: Json): RegExp {
  const source = patternSource(step);
  if (!source) throw new Error(`${named(step.type)} has a pattern of an unknown kind`);
  return source.kind === 'String' ? new RegExp(source.text.replace(SYNTAX, '\\$&'), 'gu') : rewritten(source.text);
}

const SYNTAX = /[\\^$.*+?()[\]{}|/]/g;

function rewritten(source: string): RegExp {
  const { pattern } = new SplitPreTokenizer({
    type: 'Split',
    pattern: { Regex: withoutPossessives(source) },
    behavior: 'Isolated',
    invert: false,
  });
  if (!pattern) throw new Error('a pattern cannot be read');
  return pattern;
}

/** Where a pattern matches, and what lies between; an empty match right after another one does not count. */
export function partsOf(text: string, pattern: RegExp): Part[] {
  const parts: Part[] = [];
  let end = -1;
  let covered = 0;
  for (const match of text.matchAll(pattern)) {
    pulse(); // a long text takes long; only a match that never comes is a fault
    const start = match.index;
    if (match[0] === '' && (start === end || insideCharacter(text, start))) continue;
    if (start > covered) parts.push({ start: covered, end: start, match: false });
    end = start + match[0].length;
    parts.push({ start, end, match: true });
    covered = end;
  }
  if (covered < text.length) parts.push({ start: covered, end: text.length, match: false });
  return parts;
}

/** V8 lets a pattern that only looks around match between the halves of a surrogate pair. */
function insideCharacter(text: string, at: number): boolean {
  const [before, after] = [text.charCodeAt(at - 1), text.charCodeAt(at)];
  return before >= 0xd800 && before < 0xdc00 && after >= 0xdc00 && after < 0xe000;
}
