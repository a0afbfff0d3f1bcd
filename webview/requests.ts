/** Asks the host for what the open view needs and does not have: each thing once a run. */
import { post } from './host.ts';
import { isKnown, type Store, sourceOf } from './store.ts';

/** As many whole distributions as the host works on at a time: of more, it gives up the oldest. */
const AT_A_TIME = 4;
/** Bytes of one layer's attention that a page can hold. */
export const MOST_LAYER_BYTES = 512 * 2 ** 20;

export function watchNeeds(store: Store): void {
  let run = -1;
  let distributions: number[] = [];
  let layer: number | null = null;

  const askDistribution = (position: number): void => {
    const { state } = store;
    if (!isKnown(state, position) || state.distributions.has(position) || distributions.includes(position)) return;
    distributions = [...distributions, position].slice(-AT_A_TIME);
    post({ type: 'getDistribution', run: state.run, position });
  };

  const update = (): void => {
    const { state } = store;
    if (run !== state.run) {
      run = state.run;
      distributions = [];
      layer = null;
    }
    distributions = distributions.filter((position) => !state.distributions.has(position));
    // The engine is busy until then, and a changed text is run again soon.
    if (state.outdated || (state.status !== 'done' && state.status !== 'cancelled')) {
      if (state.status === 'error') {
        distributions = [];
        layer = null;
      }
      return;
    }
    if (state.view === 'predict') {
      const position = sourceOf(state.chosen);
      askDistribution(position);
      if (state.distributions.has(position) || !isKnown(state, position)) {
        askDistribution(position + 1);
        askDistribution(position - 1);
      }
    } else if (!state.patterns.has(state.layer) && layer !== state.layer && fits(store)) {
      layer = state.layer;
      post({ type: 'getPattern', run, layer });
    } else if (state.patterns.has(state.layer)) {
      layer = null;
    }
  };
  store.subscribe(update);
}

/** Whether one layer's attention over these tokens can be held. */
export function fits({ state }: Store): boolean {
  const n = state.tokens.length;
  return n > 0 && state.model !== null && state.model.nHeads * n * n * 4 <= MOST_LAYER_BYTES;
}
