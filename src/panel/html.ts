import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import { bundleBlock } from './bundleBlock.ts';
import { pagePolicy } from './policy.ts';

/** Folders a page may load from. */
export const resourceRoots = (root: vscode.Uri): vscode.Uri[] => [
  vscode.Uri.joinPath(root, 'dist', 'webview'),
  vscode.Uri.joinPath(root, 'media'),
];

/** What runs in a page and lays it out: the whole instrument, or attention alone for a side bar. */
export type PageScript = 'main' | 'side';

/** The page's document with its sentences, under a policy that lets nothing in but our own files. */
export function pageHtml(webview: vscode.Webview, root: vscode.Uri, script: PageScript): string {
  const nonce = randomBytes(16).toString('base64');
  const file = (name: string) => webview.asWebviewUri(vscode.Uri.joinPath(root, 'dist', 'webview', name));
  const policy = pagePolicy(webview.cspSource, nonce);
  return `<!DOCTYPE html>
<html lang="${vscode.env.language}">
  <head>
    <meta charset="utf-8">
    <meta http-equiv="Content-Security-Policy" content="${policy}">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <link rel="stylesheet" href="${file('codicon.css')}" nonce="${nonce}">
    <link rel="stylesheet" href="${file(`${script}.css`)}" nonce="${nonce}">
    <title>Tokenscope</title>
  </head>
  <body>
    ${bundleBlock(vscode.l10n.bundle)}
    <script type="module" nonce="${nonce}" src="${file(`${script}.js`)}"></script>
  </body>
</html>
`;
}
