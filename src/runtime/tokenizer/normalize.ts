import { named } from '../../errors.ts';
import { partsOf, patternOf } from './pattern.ts';
import { flag, flatSteps, type Json, text as textOf } from './step.ts';

/**
 * A text and where it comes from: code unit i stands for [start[i], end[i]) of the text it was made from. Without
 * arrays it is that text itself.
 */
export interface Aligned {
  text: string;
  start?: Int32Array;
  end?: Int32Array;
}

type Step =
  | { kind: 'replace'; pattern: RegExp; content: string }
  | { kind: 'prepend'; content: string }
  /** Characters change each for itself or with their neighbours; nothing else is put in. */
  | { kind: 'map'; map: (text: string) => string };

export interface Normalizer {
  steps: Step[];
  /** The largest number of code units that a text of `length` may become. */
  limit(length: number): number;
}

/** What is put in front of a text and around its spaces fits; a rule that multiplies texts does not. */
const GROWTH = 4;
/** U+FDFA becomes 18 code units in Unicode's forms KC and KD, more than any other character in any form. */
const COMPATIBILITY_GROWTH = 18;
const SLACK = 1024;

/**
 * Reads `normalizer` of a tokenizer.json.
 * @returns nothing where there is none
 * @throws Error for a kind or an option that is not known
 */
export function normalizerOf(value: unknown): Normalizer | undefined {
  const json = flatSteps(value, 'normalizer', 'normalizers');
  if (json.length === 0) return undefined;
  const growth = json.some(({ type }) => type === 'NFKC' || type === 'NFKD') ? COMPATIBILITY_GROWTH : GROWTH;
  return { steps: json.map(stepOf), limit: (length) => growth * length + SLACK };
}

function stepOf(step: Json & { type: string }): Step {
  switch (step.type) {
    case 'Replace':
      return { kind: 'replace', pattern: patternOf(step), content: textOf(step, 'content') };
    case 'Prepend':
      return { kind: 'prepend', content: textOf(step, 'prepend') };
    case 'NFC':
    case 'NFD':
    case 'NFKC':
    case 'NFKD': {
      const form = step.type;
      return { kind: 'map', map: (text) => text.normalize(form) };
    }
    case 'Lowercase':
      // Character by character: a sigma at a word's end stays an ordinary one.
      return { kind: 'map', map: (text) => Array.from(text, (character) => character.toLowerCase()).join('') };
    case 'StripAccents':
      return { kind: 'map', map: (text) => text.replace(/\p{M}/gu, '') };
    case 'Strip': {
      const [left, right] = [flag(step, 'strip_left'), flag(step, 'strip_right')];
      return { kind: 'map', map: (text) => stripped(text, left, right) };
    }
    default:
      throw new Error(`the normalizer ${named(step.type)} is not known`);
  }
}

const isSpace = (unit: string): boolean => /\p{White_Space}/u.test(unit);

function stripped(text: string, left: boolean, right: boolean): string {
  let start = 0;
  let end = text.length;
  if (left) while (start < end && isSpace(text[start])) start++;
  if (right) while (end > start && isSpace(text[end - 1])) end--;
  return text.slice(start, end);
}

/**
 * Runs a normaliser step by step, keeping track of what came from where.
 * @param limit code units that the text may have after any step
 * @throws Error beyond the limit
 */
export function normalize(text: string, normalizer: Normalizer | undefined, limit: number): Aligned {
  let aligned: Aligned = { text };
  for (const step of normalizer?.steps ?? []) aligned = compose(aligned, apply(aligned.text, step, limit));
  return aligned;
}

function tooLong(limit: number): Error {
  return new Error(`its normalizer makes a text longer than ${limit} characters, many times what it is given`);
}

/** Ranges of `after` in the text that `before` was made from. */
function compose(before: Aligned, after: Aligned): Aligned {
  if (!before.start || !before.end || !after.start || !after.end) {
    return after.start ? after : { text: after.text, start: before.start, end: before.end };
  }
  const n = after.text.length;
  const start = new Int32Array(n);
  const end = new Int32Array(n);
  const last = before.text.length;
  for (let i = 0; i < n; i++) {
    const from = after.start[i];
    const to = after.end[i];
    // What was put in stands for nothing, at the place where it was put.
    start[i] = from < last ? before.start[from] : last > 0 ? before.end[last - 1] : 0;
    end[i] = to > from ? before.end[to - 1] : start[i];
  }
  return { text: after.text, start, end };
}

function apply(text: string, step: Step, limit: number): Aligned {
  if (step.kind === 'replace') return replaced(text, step.pattern, step.content, limit);
  if (step.kind === 'prepend') {
    if (text === '') return { text };
    const length = step.content.length + text.length;
    if (length > limit) throw tooLong(limit);
    const builder = new Builder(length);
    builder.stand(step.content.length, 0, 0);
    builder.copy(0, text.length);
    return builder.finish(step.content + text);
  }
  const result = step.map(text);
  if (result === text) return { text };
  if (result.length > limit) throw tooLong(limit);
  const builder = new Builder(result.length);
  const kept = result.length > 0 ? text.indexOf(result) : -1;
  if (kept < 0) return characterwise(text, result, step.map, builder);
  builder.copy(kept, kept + result.length);
  return builder.finish(result);
}

function replaced(text: string, pattern: RegExp, content: string, limit: number): Aligned {
  const parts = partsOf(text, pattern);
  let length = 0;
  for (const { start, end, match } of parts) length += match ? content.length : end - start;
  if (length > limit) throw tooLong(limit);
  const builder = new Builder(length);
  const pieces: string[] = [];
  for (const { start, end, match } of parts) {
    if (match) builder.stand(content.length, start, end);
    else builder.copy(start, end);
    pieces.push(match ? content : text.slice(start, end));
  }
  return builder.finish(pieces.join(''));
}

/** A character and what combines with it: marks, and the parts of a Hangul syllable. */
const CLUSTER = /(?:[\u1100-\u115F][\u1160-\u11FF]*|[^\p{M}])?\p{M}*[\u1160-\u11FF]*/gu;

function characterwise(text: string, result: string, map: (text: string) => string, builder: Builder): Aligned {
  let joined = '';
  let same = true;
  for (const match of text.matchAll(CLUSTER)) {
    const cluster = match[0];
    if (cluster === '') continue;
    const code = cluster.length === 1 ? cluster.charCodeAt(0) : 0x80;
    // ASCII mostly stays; asking the normaliser for each character costs a call.
    const piece = code < 0x80 && result[joined.length] === cluster ? cluster : map(cluster);
    joined += piece;
    const end = match.index + cluster.length;
    if (piece.length === cluster.length) builder.copy(match.index, end);
    else builder.stand(piece.length, match.index, end);
    if (builder.length > result.length) {
      same = false;
      break;
    }
  }
  if (same && joined === result) return builder.finish(result);
  // Characters that influence each other in another way: what differs in the middle is one range.
  let head = 0;
  while (head < text.length && head < result.length && text[head] === result[head]) head++;
  let tail = 0;
  const most = Math.min(text.length, result.length) - head;
  while (tail < most && text[text.length - 1 - tail] === result[result.length - 1 - tail]) tail++;
  builder.reset();
  builder.copy(0, head);
  builder.stand(result.length - head - tail, head, text.length - tail);
  builder.copy(text.length - tail, text.length);
  return builder.finish(result);
}

class Builder {
  length = 0;
  private start: Int32Array;
  private end: Int32Array;

  constructor(length: number) {
    this.start = new Int32Array(length);
    this.end = new Int32Array(length);
  }

  reset(): void {
    this.length = 0;
  }

  /** Units [from, to) of the text, each standing for itself. */
  copy(from: number, to: number): void {
    for (let i = from; i < to; i++) {
      this.start[this.length] = i;
      this.end[this.length++] = i + 1;
    }
  }

  /** `count` units that together stand for [from, to). */
  stand(count: number, from: number, to: number): void {
    for (let i = 0; i < count; i++) {
      this.start[this.length] = from;
      this.end[this.length++] = to;
    }
  }

  finish(text: string): Aligned {
    return { text, start: this.start, end: this.end };
  }
}
