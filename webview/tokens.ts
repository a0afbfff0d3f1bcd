/** Tokens as text on the page. */
import { thousands, visibleToken } from '../src/analysis/format.ts';
import type { TokenView } from '../src/panel/protocol.ts';
import { el } from './dom.ts';
import { t, tNodes } from './l10n.ts';

/** The place after the last token. */
export const NEXT = `⟨${t('next')}⟩`;

export const tokenCount = (count: number): string =>
  count === 1 ? t('{0} token', count) : t('{0} tokens', thousands(count));

type Shown = Pick<TokenView, 'text' | 'bytes' | 'special'>;

/** One line, nothing invisible in it. */
export const shown = (token: Pick<TokenView, 'text' | 'bytes'> | undefined): string =>
  token ? visibleToken(token) : NEXT;

/** One line of at most `most` characters. */
export function shortened(token: Shown | undefined, most: number): string {
  const characters = [...shown(token)];
  return characters.length <= most ? characters.join('') : `${characters.slice(0, most - 1).join('')}…`;
}

/** As in running text: a newline is shown, and breaks the line. */
export function inText(token: Shown): (Node | string)[] {
  if (token.bytes || !token.text.includes('\n')) return marked(shown(token));
  return token.text.split('\n').flatMap((line, i) => {
    const text = line === '' ? [] : marked(visibleToken({ text: line }));
    return i === 0 ? text : [mark('⏎'), el('br'), ...text];
  });
}

/** Leading spaces fainter than the letters. */
function marked(text: string): (Node | string)[] {
  const spaces = /^·+/.exec(text)?.[0].length ?? 0;
  return spaces === 0 || spaces === text.length ? [text] : [mark(text.slice(0, spaces)), text.slice(spaces)];
}

const mark = (text: string): HTMLElement => el('span', { class: 'mark', 'aria-hidden': 'true' }, text);

/** A token named inside a sentence. */
export function chip(token: Shown | undefined): HTMLElement {
  return el('span', { class: token?.special ? 'chip pill' : 'chip' }, shown(token));
}

/** A token that might come after another, and why it is looked at. */
export function tokenAfter(why: 'next' | 'likeliest' | 'followed', token: Node, after: Node): (Node | string)[] {
  if (why === 'next') return tNodes('{0} after {1}, the token of the text', token, after);
  if (why === 'likeliest') return tNodes('{0} after {1}, the likeliest of the output', token, after);
  return tNodes('{0} after {1}, the followed token', token, after);
}
