import { named } from '../../errors.ts';

/** One part of a pattern outside a class of characters. */
const PART =
  /\\(?:[pPxu]\{[^}]*\}|x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|[\s\S])|\(\?(?:<[=!]|[^)]:?)|\{(?:\d+,?\d*|,\d+)\}|[?*+][+?]?|[\s\S]/uy;
/** Escapes and groups that the translation to JavaScript drops, or that mean something else there. */
const UNKNOWN_ESCAPE = /^\\[GKRXkgyYO1-9]$/;
const KNOWN_GROUP = /^\(\?(?:[:=!>]|<[=!]|i:)/;

/**
 * Writes what never gives back what it took (`a++`, `(?>a+)`) by what JavaScript has instead: a look ahead takes the
 * text, a back reference goes over it.
 * @throws Error for a construct that is not known
 */
export function withoutPossessives(pattern: string): string {
  let out = '';
  let count = 0;
  /** Where in `out` the part begins that a quantifier is about. */
  let atom = -1;
  const groups: { at: number; name?: string }[] = [];
  for (let i = 0; i < pattern.length; ) {
    PART.lastIndex = i;
    const part = pattern[i] === '[' ? pattern.slice(i, classEnd(pattern, i)) : PART.exec(pattern)![0];
    i += part.length;
    if (UNKNOWN_ESCAPE.test(part) || (part.startsWith('(?') && !KNOWN_GROUP.test(part)))
      throw new Error(`a pattern has ${named(part)} in it, which is not known`);
    if (part === '(?>') {
      const name = `_${count++}`;
      groups.push({ at: out.length, name });
      out += `(?:(?=(?<${name}>`;
    } else if (part[0] === '(') {
      // What follows (?: or (?= is no part of the opening.
      const opening = part.startsWith('(?') && !part.startsWith('(?<') && part !== '(?i:' ? part.slice(0, 3) : part;
      i -= part.length - opening.length;
      groups.push({ at: out.length });
      out += opening;
      atom = -1;
    } else if (part === ')') {
      const group = groups.pop();
      out += group?.name ? `))\\k<${group.name}>)` : ')';
      atom = group?.at ?? -1;
    } else if (/^[?*+]\+$/.test(part)) {
      if (atom < 0) throw new Error(`a pattern has ${named(part)} after nothing`);
      const name = `_${count++}`;
      out = `${out.slice(0, atom)}(?:(?=(?<${name}>${out.slice(atom)}${part[0]}))\\k<${name}>)`;
    } else {
      if (part === '|') atom = -1;
      else if (!/^(?:[?*+]|\{[\d,]+\})/.test(part)) atom = out.length;
      out += part;
    }
  }
  return out;
}

/** Where the class of characters ends that begins at `start`; classes lie in one another, and `]` may come first. */
function classEnd(pattern: string, start: number): number {
  let depth = 0;
  for (let i = start; i < pattern.length; i++) {
    if (pattern[i] === '\\') i++;
    else if (pattern[i] === '[') {
      depth++;
      if (pattern[i + 1] === '^') i++;
      if (pattern[i + 1] === ']') i++;
    } else if (pattern[i] === ']' && --depth === 0) return i + 1;
  }
  return pattern.length;
}
