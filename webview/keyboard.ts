/** Keys of the whole page. What a focused control takes for itself never gets here. */
import type { Actions } from './actions.ts';
import { watchPointer } from './pointer.ts';
import type { View } from './views/view.ts';

/** Whether what has the focus needs this key itself. */
function takesKey(event: KeyboardEvent): boolean {
  const [target] = event.composedPath();
  if (!(target instanceof HTMLElement)) return false;
  if (target.matches('input[type=range]')) return event.key.startsWith('Arrow') || /^(Home|End|Page)/.test(event.key);
  if (target.matches('input, textarea, select')) return true;
  const tag = (target.getRootNode() as ShadowRoot).host?.localName ?? target.localName;
  if (/^vscode-(panel-tab|dropdown|option)$/.test(tag)) return event.key !== 'Escape' && !/^[[\]{}/]$/.test(event.key);
  const pressed = event.key === 'Enter' || event.key === ' ';
  return pressed && (/^(button|summary|a)$/.test(target.localName) || /^vscode-(button|checkbox)$/.test(tag));
}

/** Ctrl+Z, on a Mac Cmd+Z. */
const undoes = (event: KeyboardEvent): boolean =>
  event.key.toLowerCase() === 'z' && (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey;

/** @param more what else keys do on this page */
export function listenToKeys(
  actions: Actions,
  openView: () => View | undefined,
  more: Record<string, () => void>,
): void {
  const { store } = actions;
  const keys: Record<string, () => void> = {
    ArrowLeft: () => actions.choose(store.state.chosen - 1),
    ArrowRight: () => actions.choose(store.state.chosen + 1),
    Home: () => actions.choose(0),
    End: () => actions.choose(store.state.tokens.length),
    '[': () => actions.setLayer(store.state.layer - 1),
    ']': () => actions.setLayer(store.state.layer + 1),
    '{': () => actions.setHead(store.state.head - 1),
    '}': () => actions.setHead(store.state.head + 1),
    ...more,
    Escape: () => actions.send({ type: 'focusEditor' }),
  };
  watchPointer(() => actions.hover(null));
  document.addEventListener('keydown', (event) => {
    if (undoes(event) && !takesKey(event)) {
      actions.send({ type: 'undo' });
      return event.preventDefault();
    }
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (takesKey(event)) return;
    if (openView()?.key?.(event)) return event.preventDefault();
    const act = keys[event.key];
    if (!act || (event.shiftKey && event.key.length > 1)) return;
    act();
    event.preventDefault();
  });
}
