/** Characters whose bytes are spread over several tokens. */
import { visibleBytes, visibleToken } from '../src/analysis/format.ts';
import type { TokenView } from '../src/panel/protocol.ts';
import { t } from './l10n.ts';

export interface SplitCharacter {
  /** Its parts are the tokens [from, to). */
  from: number;
  to: number;
  /** The text of all parts together; null where bytes are missing. */
  text: string | null;
}

/** By the position of each first part, in the order of the text. */
export function splitCharacters(tokens: readonly TokenView[]): Map<number, SplitCharacter> {
  const found = new Map<number, SplitCharacter>();
  for (let from = 0; from < tokens.length; from++) {
    if (!tokens[from].bytes) continue;
    let to = from + 1;
    while (to < tokens.length && tokens[to].bytes && tokens[to].start < tokens[to - 1].end) to++;
    if (to - from > 1) found.set(from, { from, to, text: textOf(tokens.slice(from, to)) });
    from = to - 1;
  }
  return found;
}

/** E.g. "part 1 of 2 of 猫, bytes E7 8C"; undefined for a token that is no such part. */
export function partName(tokens: readonly TokenView[], position: number): string | undefined {
  const bytes = tokens[position]?.bytes;
  if (!bytes) return undefined;
  let first = position;
  while (first > 0 && tokens[first - 1].bytes && tokens[first].start < tokens[first - 1].end) first--;
  const character = splitCharacters(tokens.slice(first, position + bytesOfLongest)).get(0);
  const written = visibleBytes(bytes).slice(1, -1);
  if (!character) return t('part of a character, bytes {0}', written);
  const { to: parts, text } = character;
  const part = position - first + 1;
  if (text === null) return t('part {0} of {1} of a character, bytes {2}', part, parts, written);
  const whole = visibleToken({ text }).replace(/^·+/, '');
  return t('part {0} of {1} of {2}, bytes {3}', part, parts, whole, written);
}

/** Parts behind a position that are looked at: no character has more bytes. */
const bytesOfLongest = 4;

function textOf(parts: readonly TokenView[]): string | null {
  try {
    const bytes = Uint8Array.from(parts.flatMap(({ bytes = [] }) => bytes));
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}
