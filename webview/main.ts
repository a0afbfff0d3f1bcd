/** The page: makes its parts and wires them to the store. */
import './main.css';
import { Actions } from './actions.ts';
import { tabs } from './controls.ts';
import { el } from './dom.ts';
import { exportView } from './export.ts';
import { keepState, listen, post, savedState } from './host.ts';
import { listenToKeys } from './keyboard.ts';
import { receive } from './messages.ts';
import { pageState, restored } from './pageState.ts';
import { watchNeeds } from './requests.ts';
import { announce, live } from './speech.ts';
import { type State, Store, type ViewId } from './store.ts';
import { exportMenu } from './views/exportMenu.ts';
import { views as makers } from './views/index.ts';
import { legendView } from './views/legend.ts';
import { searchField } from './views/search.ts';
import { statusView } from './views/status.ts';
import { stripView } from './views/strip.ts';

const store = new Store();
const actions = new Actions(store);
const saved = savedState();
if (saved) store.set(restored(saved));

const views = makers.map((make) => make(actions));
const openView = () => views.find(({ id }) => id === store.state.view) ?? views[0];
const menu = exportMenu(async (format) => {
  if (!(await exportView(openView(), store.state, format))) announce('There is nothing to export yet');
});
const status = statusView(actions, menu);
const strip = stripView(actions);
const legend = legendView();
const search = searchField(actions, strip.find, () => strip.element.focus());
const panels = tabs(
  views.map(({ id, title, element }) => ({ id, title, panel: element })),
  (id) => actions.setView(id as ViewId),
);
panels.element.classList.add('views');
const main = el('main', {}, search.element, strip.element, legend.element, panels.element);
document.body.append(status.element, main, live);

store.subscribe((state, changed) => {
  status.update(state, changed);
  strip.update(state, changed);
  legend.update(state, changed);
  panels.select(state.view);
  panels.element.hidden = state.tokens.length === 0;
  openView().update(state, changed);
  const kept: (keyof State)[] = ['chosen', 'view', 'layer', 'head', 'sampling', 'pinned', 'tokens'];
  if (kept.some((key) => changed.has(key))) keepState(pageState(state));
});
watchNeeds(store);
listenToKeys(actions, openView, search);
listen((message) => store.set(receive(store.state, message)));

// VS Code changes the body's class, and the variables of the root, when the theme changes.
new MutationObserver(() => store.set({ theme: store.state.theme + 1 })).observe(document.body, {
  attributes: true,
  attributeFilter: ['data-vscode-theme-id', 'data-vscode-theme-kind'],
});

store.refresh();
post({ type: 'ready', state: saved });
