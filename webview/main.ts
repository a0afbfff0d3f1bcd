/** The page: makes its parts and wires them to the store. */
import './main.css';
import { Actions } from './actions.ts';
import { tabs } from './controls.ts';
import { el } from './dom.ts';
import { exportView } from './export.ts';
import { keepState, listen, post, savedState } from './host.ts';
import { listenToKeys } from './keyboard.ts';
import { t } from './l10n.ts';
import { receive } from './messages.ts';
import { pageState, restored } from './pageState.ts';
import { Asker, watchNeeds } from './requests.ts';
import { live } from './speech.ts';
import { type State, Store } from './store.ts';
import { exportMenu } from './views/exportMenu.ts';
import { views as makers } from './views/index.ts';
import { legendView } from './views/legend.ts';
import { searchField } from './views/search.ts';
import { statusView } from './views/status.ts';
import { stripView } from './views/strip.ts';
import { surprisesView } from './views/surprises.ts';
import { type MakeTints, surprisals } from './views/tints.ts';

const store = new Store();
const actions = new Actions(store);
const saved = savedState();
const asker = new Asker(post);

const views = makers.map((make) => make(actions));
const ids = views.map(({ id }) => id);
store.set(saved ? restored(saved, ids) : { view: ids[0] });
const openView = () => views.find(({ id }) => id === store.state.view)!;
const tintsOf: MakeTints = (state, palette) => (openView().tints ?? surprisals)(state, palette);
const menu = exportMenu(async (format) => {
  if (!(await exportView(openView(), store.state, format))) menu.say(t('There is nothing to export yet.'));
});
const status = statusView(actions, menu.element);
const strip = stripView(actions, tintsOf);
const surprises = surprisesView(actions);
const legend = legendView(tintsOf);
const search = searchField(actions, strip.find, () => strip.element.focus());
const panels = tabs(
  views.map(({ id, title, element }) => ({ id, title, panel: element })),
  (id) => actions.setView(id),
);
panels.element.classList.add('views');
const main = el('main', {}, search.element, strip.element, legend.element, surprises.element, panels.element);
document.body.append(status.element, main, live);

store.subscribe((state, changed) => {
  status.update(state, changed);
  strip.update(state, changed);
  legend.update(state, changed);
  surprises.update(state, changed);
  panels.select(state.view);
  panels.element.hidden = state.tokens.length === 0;
  openView().update(state, changed);
  const kept: (keyof State)[] = ['chosen', 'view', 'layer', 'head', 'sampling', 'pinned', 'tokens'];
  if (kept.some((key) => changed.has(key))) keepState(pageState(state));
});
watchNeeds(store, asker, (state) => openView().needs(state));
listenToKeys(actions, openView, search, surprises.step);
listen((message) => {
  if (message.type === 'answer') asker.receive(message);
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
