import { type Normalizer, ReplaceNormalizer, SequenceNormalizer } from '@huggingface/tokenizers';

/**
 * A text and where it comes from: code unit i stands for [start[i], end[i]) of the text it was made from. Without
 * arrays it is that text itself.
 */
export interface Aligned {
  text: string;
  start?: Int32Array;
  end?: Int32Array;
}

/** Runs a normaliser step by step, keeping track of what came from where. */
export function normalize(text: string, normalizer: Normalizer | null): Aligned {
  let aligned: Aligned = { text };
  for (const step of steps(normalizer)) aligned = compose(aligned, apply(aligned.text, step));
  return aligned;
}

function steps(normalizer: Normalizer | null): Normalizer[] {
  if (normalizer === null) return [];
  return normalizer instanceof SequenceNormalizer ? normalizer.normalizers.flatMap(steps) : [normalizer];
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

function apply(text: string, step: Normalizer): Aligned {
  const result = step.normalize(text);
  if (result === text) return { text };
  const builder = new Builder(result.length);
  if (step instanceof ReplaceNormalizer && step.pattern) {
    const content = String(step.config.content ?? '');
    let from = 0;
    for (const match of text.matchAll(step.pattern)) {
      builder.copy(from, match.index);
      builder.stand(content.length, match.index, match.index + match[0].length);
      from = match.index + match[0].length;
    }
    builder.copy(from, text.length);
    if (builder.length === result.length) return builder.finish(result);
  }
  const inside = text.length > 0 ? result.indexOf(text) : -1;
  if (inside >= 0) {
    // Prepended (or appended) text.
    builder.reset();
    builder.stand(inside, 0, 0);
    builder.copy(0, text.length);
    builder.stand(result.length - builder.length, text.length, text.length);
    return builder.finish(result);
  }
  const kept = result.length > 0 ? text.indexOf(result) : -1;
  if (kept >= 0) {
    // Stripped text.
    builder.reset();
    builder.copy(kept, kept + result.length);
    return builder.finish(result);
  }
  return characterwise(text, result, step, builder);
}

/** A character and what combines with it: marks, and the parts of a Hangul syllable. */
const CLUSTER = /(?:[\u1100-\u115F][\u1160-\u11FF]*|[^\p{M}])?\p{M}*[\u1160-\u11FF]*/gu;

function characterwise(text: string, result: string, step: Normalizer, builder: Builder): Aligned {
  builder.reset();
  let joined = '';
  let same = true;
  for (const match of text.matchAll(CLUSTER)) {
    const cluster = match[0];
    if (cluster === '') continue;
    const code = cluster.length === 1 ? cluster.charCodeAt(0) : 0x80;
    // ASCII mostly stays; asking the normaliser for each character costs a call.
    const piece = code < 0x80 && result[joined.length] === cluster ? cluster : step.normalize(cluster);
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
