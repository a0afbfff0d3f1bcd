/** What the host says, put into the store. Answers to an older run are dropped here. */
import { type HostMessage, type PieceView, sortLogits } from '../src/panel/protocol.ts';
import { addChunk, noScores, nothingComputed, type Pattern, type State } from './store.ts';

/** Distributions that are kept: a vocabulary's worth of numbers each. */
const MOST_DISTRIBUTIONS = 9;
/** Bytes of attention that are kept, unless one layer alone is larger. */
const MOST_PATTERN_BYTES = 96 * 2 ** 20;

/** What a message changes; nothing where it is of an older run. */
export function receive(state: Readonly<State>, message: HostMessage): Partial<State> {
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
        status: 'computing',
        run: message.run,
        busyRun: message.run,
        document: message.document,
        note: message.note ?? '',
        tokens: message.tokens,
        scores: noScores(message.tokens.length),
        chosen: Math.max(0, Math.min(message.chosen, message.tokens.length)),
      };
    case 'model':
      return {
        model: message.model,
        layer: Math.min(state.layer, message.model.nLayers - 1),
        head: Math.min(state.head, message.model.nHeads - 1),
      };
    case 'progress': {
      const { stage, done, total, label, run } = message;
      return {
        progress: { stage, done, total, label },
        busyRun: run,
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
        milliseconds: message.milliseconds,
        progress: null,
      };
    case 'cancelled':
      return { status: 'cancelled', progress: null };
    case 'stale':
      return { status: 'stale', outdated: true };
    case 'error':
      return { status: 'error', error: message.error, progress: null };
    case 'notice':
      return { notice: message.text };
    case 'distribution': {
      learn(state.pieces, message.pieces);
      const distributions = new Map(state.distributions).set(message.position, sortLogits(message.logits));
      for (const position of farthest([...distributions.keys()], state.chosen).slice(MOST_DISTRIBUTIONS)) {
        distributions.delete(position);
      }
      return { distributions };
    }
    case 'pattern': {
      const { layer, heads, n, pattern } = message;
      if (pattern.length !== heads * n * n || n !== state.tokens.length) return {};
      return { patterns: withPattern(state.patterns, { layer, heads, n, data: pattern }) };
    }
    case 'cursor':
      if (message.position === null || message.position > state.tokens.length) return {};
      return { chosen: message.position };
    case 'pinned':
      return { pinned: message.pinned };
  }
}

/** A newer run may say how far it is, or that it failed, before its tokens are known; all else is of the shown run. */
function isPast({ run }: Readonly<State>, message: HostMessage): boolean {
  if (!('run' in message) || message.run === undefined) return false;
  const early = ['run', 'progress', 'error', 'cancelled', 'notice'].includes(message.type);
  return early ? message.run < run : message.run !== run;
}

function learn(pieces: Map<number, PieceView>, news: Record<number, PieceView>): void {
  for (const [id, piece] of Object.entries(news)) pieces.set(Number(id), piece);
}

const farthest = (positions: number[], chosen: number): number[] =>
  positions.sort((a, b) => Math.abs(a - chosen) - Math.abs(b - chosen));

function withPattern(patterns: ReadonlyMap<number, Pattern>, pattern: Pattern): Map<number, Pattern> {
  const kept = new Map(patterns);
  kept.delete(pattern.layer);
  kept.set(pattern.layer, pattern);
  let bytes = 0;
  for (const { data } of kept.values()) bytes += data.byteLength;
  for (const [layer, { data }] of kept) {
    if (bytes <= MOST_PATTERN_BYTES || layer === pattern.layer) break;
    kept.delete(layer);
    bytes -= data.byteLength;
  }
  return kept;
}
