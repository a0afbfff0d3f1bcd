import * as z from 'zod';
import { TokenscopeError } from '../../errors.ts';
import type { EngineApi, HookTensor, ModelInfo } from '../../runtime/api.ts';
import type { PieceView } from '../protocol.ts';

/** What a question is about: the tokens of one run, and what computes on them. */
export interface Subject {
  /** Speaks of the model as it is changed now. */
  engine: EngineApi;
  /** The model as it is. */
  unchanged: EngineApi;
  model: ModelInfo;
  ids: readonly number[];
  /** Log-probs of the tokens in the unchanged model, nats; undefined where they are not known. [n] */
  before(): Float32Array | undefined;
  /** Attention of a layer, [heads, n, n], computed once for all who ask. */
  pattern(layer: number, signal: AbortSignal): Promise<HookTensor>;
  /** Texts of ids of the model, each under its id. */
  texts(ids: readonly number[]): Promise<Record<number, PieceView>>;
}

/** A position, a layer, an id: whatever counts. */
export const whole = z.int().min(0).max(0x7fffffff);

/** The ids before a position, which are continued. @throws TokenscopeError if there are none, or no such position */
export function textBefore(ids: readonly number[], position: number): readonly number[] {
  if (position < 1 || position > ids.length) {
    const what = 'Nothing comes before this token, so nothing can be continued.';
    throw new TokenscopeError(what, `Position ${position}`, 'Choose a later token.');
  }
  return ids.slice(0, position);
}
