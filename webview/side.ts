/** The page of the side bar: attention of the token at the editor's caret. */
import './side.css';
import { el } from './dom.ts';
import { lookOf } from './heads.ts';
import { makePage } from './page.ts';
import { live } from './speech.ts';
import type { State } from './store.ts';
import { sideHeader } from './views/sideHeader.ts';
import { sideViews } from './views/sideIndex.ts';

const page = makePage(sideViews);
const { actions } = page;
const header = sideHeader(actions, page.exportMenu);
document.body.append(header.element, el('main', {}, page.tabs), live);

let told: { run: number; row: number; weights: Float32Array; max: number } | null = null;

/** What the token looks at is tinted in the editor: as it is shown here. */
function tell(state: Readonly<State>): void {
  const look = state.outdated ? null : lookOf(state);
  const { run } = state;
  if (!look) {
    if (told?.run === run) actions.send({ type: 'attend', run, position: told.row, max: 0 });
    told = null;
    return;
  }
  const { row, weights, max } = look;
  const same = told?.weights.buffer === weights.buffer && told.weights.byteOffset === weights.byteOffset;
  if (same && told?.run === run && told.row === row && told.max === max) return;
  told = { run, row, weights, max };
  actions.send({ type: 'attend', run, position: row, weights: weights.slice(), max });
}

page.start((state, changed) => {
  header.update(state, changed);
  tell(state);
}, {});
