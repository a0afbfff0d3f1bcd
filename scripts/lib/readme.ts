import { readFileSync } from 'node:fs';
import { inRoot } from './paths.ts';

/** `[text](target)` or, with a mark before it, a picture; the target is none of the web. */
const LOCAL = /(!?)\[([^\]]*)\]\((?![a-z]+:|#)([^)\s]+)\)/g;

/**
 * The README as it goes into the package. VS Code shows it without the files beside it: pictures are put into the text
 * itself, and of a link to a file its path is left, to be read in a checkout.
 * @throws what reading a picture throws
 */
export const packagedReadme = (readme: string): string =>
  readme.replaceAll(LOCAL, (_, picture: string, text: string, path: string) => {
    if (picture) return `![${text}](data:image/png;base64,${readFileSync(inRoot(path)).toString('base64')})`;
    return text === path ? `\`${path}\`` : `${text} (\`${path}\`)`;
  });
