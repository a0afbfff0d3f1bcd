/** The line to the extension host. The only module that touches VS Code's webview API. */
import type { HostMessage, PageMessage, PageState } from '../src/panel/protocol.ts';

interface VsCodeApi {
  postMessage(message: PageMessage): void;
  getState(): PageState | undefined;
  setState(state: PageState): void;
}
declare function acquireVsCodeApi(): VsCodeApi;

const api = acquireVsCodeApi();

export const post = (message: PageMessage): void => api.postMessage(message);

/** What the page kept over a reload; undefined where it is not what this version writes. */
export function savedState(): PageState | undefined {
  const state = api.getState();
  if (typeof state !== 'object' || state === null) return undefined;
  const { sampling, view, layer = 0, head = 0 } = state;
  const numbers = [layer, head, sampling?.temperature, sampling?.topK, sampling?.topP];
  const whole = numbers.every((value) => typeof value === 'number' && Number.isFinite(value));
  return whole && typeof view === 'string' ? state : undefined;
}

let timer: ReturnType<typeof setTimeout> | undefined;

/** Keeps the state, once it has been still for a moment. */
export function keepState(state: PageState): void {
  clearTimeout(timer);
  timer = setTimeout(() => api.setState(state), 250);
}

export function listen(receive: (message: HostMessage) => void): void {
  window.addEventListener('message', (event: MessageEvent<HostMessage>) => {
    if (typeof event.data?.type === 'string') receive(event.data);
  });
}
