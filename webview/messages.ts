/** What the host says by itself, put into the store. What is of an older run is dropped here. */
import type { AnswerMessage, HostMessage, ModelView, PieceView } from '../src/panel/protocol.ts';
import { addChunk, isOvertaken, noScores, nothingComputed, type State } from './store.ts';

export type HostEvent = Exclude<HostMessage, AnswerMessage | { type: 'saved' | 'keep' | 'restore' }>;

/** What an event changes; nothing where it is of an older run. */
export function receive(state: Readonly<State>, message: HostEvent): Partial<State> {
  if (isPast(state, message)) return {};
  switch (message.type) {
    case 'empty':
      return {
        ...nothingComputed(),
        status: 'empty',
        reason: message.reason,
        document: null,
        note: '',
        tokens: [],
        scores: noScores(0),
        chosen: 0,
      };
    case 'run':
      return {
        ...nothingComputed(),
        status: message.loading ? 'loading' : 'computing',
        run: message.run,
        busyRun: message.run,
        document: message.document,
        note: message.note ?? '',
        tokens: message.tokens,
        scores: noScores(message.tokens.length),
        chosen: Math.max(0, Math.min(message.chosen, message.tokens.length)),
        ...(message.head && chosenHead(state, message.head)),
      };
    case 'model':
      return {
        model: message.model,
        ...(state.headChosen ? withinModel(state, message.model) : beginsWith(message.model)),
        compared: state.compared && withinModel(state.compared, message.model),
        // An id is another token of another model.
        ...(state.model && state.model.name !== message.model.name && { depth: { ...state.depth, token: null } }),
      };
    case 'progress': {
      const { stage, done, total, label, run } = message;
      return {
        progress: { stage, done, total, label },
        ...newest(state, run),
        status: stage === 'load' ? 'loading' : 'computing',
        error: null,
      };
    }
    case 'scores': {
      const { from, count } = message.chunk;
      if (!addChunk(state.scores, message.chunk)) return {};
      learn(state.pieces, message.pieces);
      return { scores: { ...state.scores }, chunk: { from, count }, totals: message.totals };
    }
    case 'done':
      return {
        status: state.outdated ? 'stale' : 'done',
        totals: message.totals,
        before: message.before ?? null,
        milliseconds: message.milliseconds,
        progress: null,
      };
    case 'cancelled':
      return { status: 'cancelled', progress: null };
    case 'stale':
      return { status: 'stale', outdated: true };
    case 'error':
      return { ...newest(state, message.run), status: 'error', error: message.error, progress: null };
    case 'notice':
      return { notice: message.text };
    case 'cursor':
      if (message.position === null || message.position > state.tokens.length) return {};
      return { chosen: message.position };
    case 'head':
      return chosenHead(state, message);
    case 'pointed':
      return { hovered: message.position, target: null };
    case 'changed':
      return { changed: { parts: message.parts, mean: message.mean } };
    case 'whatIf':
      return { whatIf: message.line ?? null };
    case 'tour':
      return { tour: message.step ?? null };
    case 'view':
      return { view: message.view };
    case 'pinned':
      return { pinned: message.pinned };
  }
}

const chosenHead = ({ model }: Readonly<State>, { layer, head }: { layer: number; head: number }) => ({
  ...(model ? withinModel({ layer, head }, model) : { layer, head }),
  headChosen: true,
});

const withinModel = ({ layer, head }: { layer: number; head: number }, { nLayers, nHeads }: ModelView) => ({
  layer: Math.min(layer, nLayers - 1),
  head: Math.min(head, nHeads - 1),
});

/** The head that is known; else the middle layer, in which the view finds one. */
const beginsWith = ({ firstHead, nLayers }: ModelView) => firstHead ?? { layer: Math.floor(nLayers / 2), head: 0 };

/** What is shown is of an older run as long as the tokens of the newest one are not known. */
function newest(state: Readonly<State>, run = state.busyRun): Partial<State> {
  return { busyRun: run, outdated: state.outdated || isOvertaken({ ...state, busyRun: run }) };
}

/** A newer run may say how far it is, or that it failed, before its tokens are known; all else is of the shown run. */
function isPast({ run }: Readonly<State>, message: HostEvent): boolean {
  if (!('run' in message) || message.run === undefined) return false;
  const early = ['run', 'progress', 'error', 'cancelled', 'notice'].includes(message.type);
  return early ? message.run < run : message.run !== run;
}

function learn(pieces: Map<number, PieceView>, news: Record<number, PieceView>): void {
  for (const [id, piece] of Object.entries(news)) pieces.set(Number(id), piece);
}
