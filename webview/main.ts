/** The page of the panel: makes its parts and wires them to the store. */
import './main.css';
import { el } from './dom.ts';
import { makePage } from './page.ts';
import { live } from './speech.ts';
import { views } from './views/index.ts';
import { legendView } from './views/legend.ts';
import { searchField } from './views/search.ts';
import { statusView } from './views/status.ts';
import { stripView } from './views/strip.ts';
import { surprisesView } from './views/surprises.ts';
import { type MakeTints, surprisals } from './views/tints.ts';
import { tourView } from './views/tour.ts';

const page = makePage(views);
const { actions } = page;
const tintsOf: MakeTints = (state, palette) => (page.open()?.tints ?? surprisals)(state, palette);
const status = statusView(actions, page.exportMenu);
const strip = stripView(actions, tintsOf);
const surprises = surprisesView(actions);
const legend = legendView(tintsOf);
const search = searchField(actions, strip.find, () => strip.element.focus());
const tour = tourView(actions);
const main = el('main', {}, tour.element, search.element, strip.element, legend.element, surprises.element, page.tabs);
document.body.append(status.element, main, live);

page.start(
  (state, changed) => {
    status.update(state, changed);
    strip.update(state, changed);
    legend.update(state, changed);
    surprises.update(state, changed);
    tour.update(state, changed);
  },
  { '/': () => search.open(), s: () => surprises.step(1), S: () => surprises.step(-1) },
);
