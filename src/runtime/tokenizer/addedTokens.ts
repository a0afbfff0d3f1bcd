import type { AddedToken } from './definition.ts';

/** A part of a text: [start, end) and the added token that stands there, if one does. */
export interface Section {
  start: number;
  end: number;
  token?: AddedToken;
}

interface Node {
  children: Map<number, Node>;
  token?: AddedToken;
}

const WORD_BEFORE = /[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}]$/u;
const WORD_AFTER = /^[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}]/u;
const isSpace = (unit: string): boolean => /\s/u.test(unit);

/** Finds added tokens in a text: the leftmost first, of those the longest. */
export class AddedTokenFinder {
  private readonly root: Node = { children: new Map() };

  constructor(tokens: readonly (readonly [string, AddedToken])[]) {
    for (const [content, token] of tokens) {
      let node = this.root;
      for (let i = 0; i < content.length; i++) {
        const unit = content.charCodeAt(i);
        let child = node.children.get(unit);
        if (!child) {
          child = { children: new Map() };
          node.children.set(unit, child);
        }
        node = child;
      }
      if (content !== '') node.token = token;
    }
  }

  /** The text cut at its added tokens; no section is empty. */
  split(text: string): Section[] {
    const sections: Section[] = [];
    let from = 0;
    for (let i = 0; i < text.length; ) {
      const match = this.matchAt(text, i);
      if (!match || (match.token.singleWord && insideWord(text, i, match.end))) {
        i = match ? match.end : i + 1;
        continue;
      }
      let start = i;
      let end = match.end;
      if (match.token.lstrip) while (start > from && isSpace(text[start - 1])) start--;
      if (match.token.rstrip) while (end < text.length && isSpace(text[end])) end++;
      if (start > from) sections.push({ start: from, end: start });
      sections.push({ start, end, token: match.token });
      from = i = end;
    }
    if (from < text.length) sections.push({ start: from, end: text.length });
    return sections;
  }

  private matchAt(text: string, at: number): { end: number; token: AddedToken } | undefined {
    let node: Node | undefined = this.root;
    let found: { end: number; token: AddedToken } | undefined;
    for (let i = at; node; i++) {
      if (node.token) found = { end: i, token: node.token };
      node = i < text.length ? node.children.get(text.charCodeAt(i)) : undefined;
    }
    return found;
  }
}

function insideWord(text: string, start: number, end: number): boolean {
  return WORD_BEFORE.test(text.slice(Math.max(0, start - 2), start)) || WORD_AFTER.test(text.slice(end, end + 2));
}
