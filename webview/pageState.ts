/** What of the state outlives a reload of the window, and a page that VS Code drops while it is hidden. */
import type { PageState } from '../src/panel/protocol.ts';
import { MEASURES } from './heads.ts';
import type { State } from './store.ts';

export function pageState(state: Readonly<State>): PageState {
  const { document, tokens, chosen, view, headChosen, sampling, pinned } = state;
  const { measure, times, withoutFirst, arcs, compared, step, patching } = state;
  const { measure: depth, logitOf, mid, token } = state.depth;
  const { other, swap, at, pair } = patching;
  const { layer, head } = headChosen ? state : {};
  const place =
    document && tokens.length > 0
      ? { uri: document.uri, start: tokens[0].start, end: tokens[tokens.length - 1].end }
      : undefined;
  return {
    document: place,
    chosen: tokens.length > 0 ? chosen : undefined,
    view,
    layer,
    head,
    sampling,
    depth,
    logitOf,
    mid,
    token: token ?? undefined,
    pinned,
    attention: { measure, times, withoutFirst, arcs, compared, ...(step !== null && { step }) },
    patching: { other, swap, at, ...(pair && { pair }) },
  };
}

const within = (value: number, low: number, high: number) => Math.min(high, Math.max(low, value));

/**
 * The part of a kept state that is the page's own; the text and its tokens come from the host again.
 * @param views ids of the views there are; the first is open where the kept one is none of them
 */
export function restored(
  { view, layer, head, sampling, depth, logitOf, mid, token, pinned, attention, patching }: PageState,
  views: readonly string[],
): Partial<State> {
  return {
    view: views.includes(view) ? view : views[0],
    headChosen: layer !== undefined && head !== undefined,
    layer: Math.max(0, Math.floor(layer ?? 0)),
    head: Math.max(0, Math.floor(head ?? 0)),
    sampling: {
      temperature: within(sampling.temperature, 0, 2),
      topK: within(Math.floor(sampling.topK), 0, 200),
      topP: within(sampling.topP, 0.05, 1),
    },
    depth: {
      measure: depth ?? 'probability',
      seen: null,
      logitOf: logitOf ?? 'next',
      norms: false,
      mid: mid === true,
      token: token ?? null,
    },
    pinned: pinned === true,
    ...(patching && {
      patching: { ...patching, at: patching.at === 'z' ? 'z' : 'resid', pair: patching.pair ?? null },
    }),
    ...(attention && {
      measure: MEASURES.find(([measure]) => measure === attention.measure)?.[0] ?? 'head',
      times: attention.times === true,
      withoutFirst: attention.withoutFirst === true,
      arcs: attention.arcs === true,
      step: attention.step ?? null,
      compared: attention.compared && {
        layer: Math.max(0, Math.floor(attention.compared.layer)),
        head: Math.max(0, Math.floor(attention.compared.head)),
      },
    }),
  };
}
