/**
 * The sentences of the current language as a block of data in the page's document: it does not execute, so that no
 * policy is asked for it. webview/l10n.ts reads it.
 * @param bundle by the English sentence; undefined where the language is English
 */
export function bundleBlock(bundle: Record<string, string> = {}): string {
  // No markup can begin inside of it, nor end it.
  const json = JSON.stringify(bundle).replaceAll('<', '\\u003c');
  return `<script type="application/json" id="l10n">${json}</script>`;
}
