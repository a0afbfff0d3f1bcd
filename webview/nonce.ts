/**
 * The toolkit tries a style sheet of its own while it loads, and looks for the page's nonce in a meta element. It is
 * there as long as the page's script runs for the first time, and this module has to come before the toolkit.
 */
const meta = document.createElement('meta');
meta.setAttribute('property', 'csp-nonce');
meta.content = document.querySelector<HTMLScriptElement>('script[nonce]')?.nonce ?? '';
document.head.append(meta);
queueMicrotask(() => meta.remove());

export {};
