/** The page's sentences in the language of the editor. */
import { config, t } from '@vscode/l10n';

export { t };

// The host leaves the language's sentences in the document. They are read before a part of the page says any.
config({ contents: document.getElementById('l10n')?.textContent || '{}' });

/** As t, with elements at the places of the sentence: where they stand in it is the language's. */
export function tNodes(message: string, ...parts: (Node | string)[]): (Node | string)[] {
  return t(message)
    .split(/\{(\d+)\}/)
    .map((piece, i) => (i % 2 === 0 ? piece : (parts[Number(piece)] ?? '')));
}
