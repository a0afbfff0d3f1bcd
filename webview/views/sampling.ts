/** Temperature, top-k and top-p: they act on the logits that are there, nothing is run again. */
import type { Actions } from '../actions.ts';
import { button, slider } from '../controls.ts';
import { el } from '../dom.ts';
import { t } from '../l10n.ts';
import type { State } from '../store.ts';
import { term } from '../terms.ts';

export const PLAIN: State['sampling'] = { temperature: 1, topK: 0, topP: 1 };
/** The largest top-k a slider reaches; more may be typed. */
const MOST_K = 200;

/** @param settled is called when a control is let go of */
export function samplingControls(actions: Actions, settled: () => void) {
  const temperature = slider({
    name: term('temperature', t('temperature')),
    label: t('temperature'),
    min: 0,
    max: 2,
    step: 0.05,
    decimals: 2,
    most: 10,
    onInput: (value) => actions.setSampling({ temperature: value }),
    onSettled: settled,
  });
  const topK = slider({
    name: term('top-k', t('top-k')),
    label: t('top-k'),
    min: 0,
    max: MOST_K,
    step: 1,
    off: 0,
    decimals: 0,
    most: 1_000_000,
    onInput: (value) => actions.setSampling({ topK: value }),
    onSettled: settled,
  });
  const topP = slider({
    name: term('top-p', t('top-p')),
    label: t('top-p'),
    min: 0.01,
    max: 1,
    step: 0.01,
    off: 1,
    decimals: 2,
    onInput: (value) => actions.setSampling({ topP: value }),
    onSettled: settled,
  });
  const reset = button(t('Reset'), () => {
    actions.setSampling(PLAIN);
    settled();
  });
  return {
    element: el(
      'div',
      { class: 'sampling', role: 'group', 'aria-label': t('Sampling') },
      temperature.element,
      topK.element,
      topP.element,
      reset,
    ),
    set(sampling: State['sampling']): void {
      temperature.set(sampling.temperature);
      topK.set(sampling.topK);
      topP.set(sampling.topP);
    },
  };
}
