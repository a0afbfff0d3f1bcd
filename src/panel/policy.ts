/**
 * The page's content security policy: nothing but our script, style sheets and font may load, nothing may connect
 * anywhere, and no markup can send a form or move the base of addresses.
 * @param source where the page's files are
 */
export function pagePolicy(source: string, nonce: string): string {
  return [
    "default-src 'none'",
    "base-uri 'none'",
    "form-action 'none'",
    `script-src 'nonce-${nonce}'`,
    `style-src ${source} 'nonce-${nonce}'`,
    `font-src ${source}`,
    `img-src ${source} data: blob:`,
  ].join('; ');
}
