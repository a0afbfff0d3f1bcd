/** Languages of running text. */
const PROSE = new Set([
  'plaintext',
  'markdown',
  'latex',
  'tex',
  'restructuredtext',
  'asciidoc',
  'git-commit',
  'search-result',
]);

/** Whether a document is running text rather than code: code is shown in the editor's font, and goes on over lines. */
export const isProse = (languageId: string): boolean => PROSE.has(languageId);
