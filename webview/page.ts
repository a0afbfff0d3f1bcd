/** What every page has: its store, views behind tabs, what they need of the host, keys, and the export menu. */
import { Actions } from './actions.ts';
import { tabs } from './controls.ts';
import { el } from './dom.ts';
import { keepState, listen, post, savedState } from './host.ts';
import { listenToKeys } from './keyboard.ts';
import { t } from './l10n.ts';
import { receive } from './messages.ts';
import { pageState, restored } from './pageState.ts';
import { Asker, watchNeeds } from './requests.ts';
import { type Changed, type State, Store } from './store.ts';
import { exportMenu } from './views/exportMenu.ts';
import type { LazyView, View } from './views/view.ts';

/** What pageState reads. */
const KEPT: (keyof State)[] = [
  ...(['chosen', 'view', 'layer', 'head', 'sampling', 'depth', 'pinned', 'tokens'] as const),
  ...(['measure', 'times', 'withoutFirst', 'arcs', 'compared', 'step', 'patching'] as const),
];

/** @param views in the order of the tabs; the first is open at first */
export function makePage(views: readonly LazyView[]) {
  const store = new Store();
  const actions = new Actions(store);
  const saved = savedState();
  const ids = views.map(({ id }) => id);
  store.set(saved ? restored(saved, ids) : { view: ids[0] });
  const places = new Map(ids.map((id) => [id, el('div', { class: 'view-place' })]));
  const loaded = new Map<string, View>();
  const open = () => loaded.get(store.state.view);
  const menu = exportMenu(async (format) => {
    const { view: id } = store.state;
    const view = open();
    const { exportView } = await import('./export.ts');
    if (!view || !(await exportView(id, view, store.state, format))) menu.say(t('There is nothing to export yet.'));
  });
  const panels = tabs(
    views.map(({ id, title }) => ({ id, title, panel: places.get(id)! })),
    (id) => actions.setView(id),
  );
  panels.element.classList.add('views');
  const loading = new Set<string>();

  /** A view's code is loaded when it is first opened. */
  async function load({ id, load }: LazyView): Promise<void> {
    if (loading.has(id)) return;
    loading.add(id);
    const place = places.get(id)!;
    try {
      const view = (await load())(actions);
      loaded.set(id, view);
      place.replaceChildren(view.element);
      if (store.state.view === id) store.refresh();
    } catch (error) {
      // It is tried again when the tab is opened again.
      loading.delete(id);
      const said = error instanceof Error ? error.message : String(error);
      place.replaceChildren(
        el('p', { role: 'alert' }, t('This view could not be loaded: {0}. Close it and open it again.', said)),
      );
    }
  }

  /**
   * Begins to show and to listen.
   * @param update shows the parts of this page that are not its views
   * @param keys what keys do here beside those of every page
   */
  function start(update: (state: Readonly<State>, changed: Changed) => void, keys: Record<string, () => void>): void {
    store.subscribe((state, changed) => {
      update(state, changed);
      panels.select(state.view);
      panels.element.hidden = state.tokens.length === 0;
      const view = open();
      if (view) view.update(state, changed);
      else if (changed.has('view')) void load(views.find(({ id }) => id === state.view)!);
      if (KEPT.some((key) => changed.has(key))) keepState(pageState(state));
    });
    const asker = new Asker(post);
    watchNeeds(store, asker, (state) => open()?.needs(state) ?? []);
    listenToKeys(actions, open, keys);
    listen((message) => {
      if (message.type === 'answer') asker.receive(message);
      else if (message.type === 'keep') post({ type: 'kept', state: pageState(store.state) });
      else if (message.type === 'restore') store.set(restored(message.state, ids));
      else if (message.type === 'saved') menu.say(t('Saved as {0}', message.file));
      else store.set(receive(store.state, message));
    });

    // VS Code changes the body's class, and the variables of the root, when the theme changes.
    new MutationObserver(() => store.set({ theme: store.state.theme + 1 })).observe(document.body, {
      attributes: true,
      attributeFilter: ['data-vscode-theme-id', 'data-vscode-theme-kind'],
    });
    store.refresh();
    post({ type: 'ready' });
  }

  return { actions, open, exportMenu: menu.element, tabs: panels.element, start };
}
