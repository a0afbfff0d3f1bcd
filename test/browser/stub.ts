/** Runs in the page before its own script: stands for what VS Code gives a webview. */
export interface StubOptions {
  state: unknown;
}

declare global {
  interface Window {
    tokenscopeSent(message: unknown): void;
    tokenscopeState?: unknown;
    tokenscopeViolations?: string[];
    acquireVsCodeApi(): unknown;
  }
}

/** Installs acquireVsCodeApi. As in VS Code it can be called only once, and messages are cloned on their way. */
export function installStub(options: StubOptions): void {
  let acquired = false;
  window.tokenscopeState = options.state;
  window.tokenscopeViolations = [];
  document.addEventListener('securitypolicyviolation', (event) => {
    window.tokenscopeViolations?.push(`${event.violatedDirective} refused ${event.blockedURI || event.sample}`);
  });
  window.acquireVsCodeApi = () => {
    if (acquired) throw new Error('acquireVsCodeApi was called a second time');
    acquired = true;
    return Object.freeze({
      postMessage: (message: unknown) => window.tokenscopeSent(structuredClone(message)),
      getState: () => window.tokenscopeState,
      setState: (state: unknown) => {
        window.tokenscopeState = structuredClone(state);
        return state;
      },
    });
  };
}
