import { existsSync, readFileSync } from 'node:fs';

export const themes = ['light', 'dark', 'hc-dark', 'hc-light'] as const;
export type Theme = (typeof themes)[number];

/** What VS Code tells a webview about the theme: classes and attributes of its body, CSS variables of its root. */
export interface ThemeFacts {
  bodyClass: string;
  kind: string;
  id: string;
  variables: Record<string, string>;
}

const cache = new Map<Theme, ThemeFacts>();

/** The theme as VS Code gives it, read from test/browser/themes (made by `npm run dump-themes`). */
export function themeFacts(theme: Theme): ThemeFacts {
  let facts = cache.get(theme);
  if (!facts) {
    const file = new URL(`./themes/${theme}.json`, import.meta.url);
    if (!existsSync(file)) throw new Error(`no theme file ${theme}.json: run npm run dump-themes`);
    facts = JSON.parse(readFileSync(file, 'utf8')) as ThemeFacts;
    cache.set(theme, facts);
  }
  return facts;
}
