/** Temperature, top-k and top-p: they act on the logits that are there, nothing is run again. */
import type { Actions } from '../actions.ts';
import { button, slider } from '../controls.ts';
import { el } from '../dom.ts';
import type { State } from '../store.ts';

export const PLAIN: State['sampling'] = { temperature: 1, topK: 0, topP: 1 };
/** The largest top-k a slider reaches; one step below its start means no limit. */
const MOST_K = 200;

export function samplingControls(actions: Actions) {
  const temperature = slider({
    label: 'temperature',
    min: 0,
    max: 2,
    step: 0.05,
    format: (value) => value.toFixed(2),
    onInput: (value) => actions.setSampling({ temperature: value }),
  });
  const topK = slider({
    label: 'top-k',
    min: 0,
    max: MOST_K,
    step: 1,
    format: (value) => (value === 0 ? 'off' : String(value)),
    onInput: (value) => actions.setSampling({ topK: value }),
  });
  const topP = slider({
    label: 'top-p',
    min: 0.05,
    max: 1,
    step: 0.01,
    format: (value) => (value >= 1 ? 'off' : value.toFixed(2)),
    onInput: (value) => actions.setSampling({ topP: value }),
  });
  const reset = button('Reset', () => actions.setSampling(PLAIN));
  return {
    element: el(
      'div',
      { class: 'sampling', role: 'group', 'aria-label': 'Sampling' },
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
