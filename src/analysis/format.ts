/** How numbers and tokens are written, the same in the panel, the editor and the terminal. */

/** Shown where there is no number. */
const NONE = '–';

/** A probability in percent with three significant digits; `<0.001 %` below. */
export function percent(probability: number): string {
  if (!Number.isFinite(probability)) return NONE;
  const value = probability * 100;
  if (value <= 0) return '0 %';
  if (value < 0.001) return '<0.001 %';
  // 99.99 would round to 100, which says "certain".
  if (value < 100 && value >= 99.95) return '>99.9 %';
  return `${value.toPrecision(3)} %`;
}

/** Surprisal in bits with one decimal. */
export const bits = (value: number): string => (Number.isNaN(value) ? NONE : `${fixed(value, 1)} bits`);

/** A log-probability or an entropy in nats with two decimals. */
export const nats = (value: number): string => (Number.isNaN(value) ? NONE : `${fixed(value, 2)} nats`);

/** Perplexity: three significant digits, whole numbers with thousands separators from a hundred on. */
export function perplexity(value: number): string {
  if (Number.isNaN(value)) return NONE;
  if (value === Infinity) return '∞';
  return value >= 99.95 ? thousands(Math.round(value)) : value.toPrecision(3);
}

/** A 1-based rank with thousands separators; 0 is "no rank". */
export const rank = (value: number): string => (value >= 1 ? thousands(value) : NONE);

/** A whole number with thousands separators. */
export const thousands = (value: number): string => String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ',');

function fixed(value: number, decimals: number): string {
  if (!Number.isFinite(value)) return value > 0 ? '∞' : '-∞';
  const text = value.toFixed(decimals);
  return Number(text) === 0 ? text.replace('-', '') : text;
}

/** A token as far as showing it goes. */
export interface ShownToken {
  text: string;
  /** Bytes of a token that holds only part of a character. */
  bytes?: ArrayLike<number>;
}

/** Characters that would not be seen, or would move those beside them: spaces, format characters, private use. */
const INVISIBLE =
  /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Zs}\p{Co}\p{Cs}\p{Noncharacter_Code_Point}\u115F\u1160\u3164\uFFA0]|\u034F|[\uFE00-\uFE0F]/u;
/** What holds an emoji together: joiners, variation selectors, tags. */
const JOINING = /\u200D|[\uFE00-\uFE0F]|[\u{E0020}-\u{E007F}]/u;
const MARK = /\p{M}/u;
/** What moves a terminal's cursor or turns the direction of what follows, but for newline and tab. */
const MOVING = /(?![\n\t])[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\p{Bidi_Control}]/gu;

/**
 * A token made visible: a leading space `·`, newline `⏎`, tab `⇥`, other controls as their Unicode pictures, characters
 * nobody sees as their code points, part of a character as its bytes. The result is plain text, to be escaped wherever
 * it is put into markup.
 */
export function visibleToken(token: ShownToken): string {
  if (token.bytes) return visibleBytes(token.bytes);
  if (token.text === '') return '∅';
  const allSpaces = /^ +$/.test(token.text);
  const leading = /^ */.exec(token.text)![0].length;
  let shown = '';
  let index = 0;
  for (const character of token.text) {
    const isSpace = character === ' ';
    shown += isSpace && (allSpaces || index < leading) ? '·' : visibleCharacter(character, shown !== '');
    index++;
  }
  // A space at the end would be lost too.
  return shown.replace(/ +$/, (spaces) => '·'.repeat(spaces.length));
}

/** A text as a terminal may have it: only the controls that would steer it are written as {@link visibleToken} does. */
export function visibleControls(text: string): string {
  return text.replace(MOVING, (character) => visibleCharacter(character, false));
}

/** Bytes in hexadecimal, `⟨E7 8C⟩`. */
export function visibleBytes(bytes: ArrayLike<number>): string {
  return `⟨${Array.from(bytes, (byte) => byte.toString(16).toUpperCase().padStart(2, '0')).join(' ')}⟩`;
}

function visibleCharacter(character: string, inside: boolean): string {
  const code = character.codePointAt(0)!;
  if (character === '\n') return '⏎';
  if (character === '\t') return '⇥';
  if (character === ' ') return ' ';
  if (code < 0x20) return String.fromCodePoint(0x2400 + code);
  if (code === 0x7f) return '␡';
  if (inside && JOINING.test(character)) return character;
  if (INVISIBLE.test(character)) return `⟨U+${code.toString(16).toUpperCase().padStart(4, '0')}⟩`;
  // A mark without its letter would sit on whatever comes before the token.
  return !inside && MARK.test(character) ? `◌${character}` : character;
}
