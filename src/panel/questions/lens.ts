/** What each layer already believes, for a window of the text: the logit lens (nostalgebraist 2020). */
import * as z from 'zod';
import { TokenscopeError } from '../../errors.ts';
import type { LensLayer } from '../../runtime/api.ts';
import type { PieceView } from '../protocol.ts';
import { type Subject, whole } from './subject.ts';

/** Positions of one answer at most, so that the first numbers do not wait for all. */
const MOST_POSITIONS = 64;

export const schema = z.object({
  kind: z.literal('lens'),
  from: whole,
  count: z.int().min(1).max(MOST_POSITIONS),
  /** An id that is taken to come after the window's last token, in place of the text's own. */
  follow: whole.optional(),
  /** The token whose rank and log-prob are wanted, in place of the next one everywhere. */
  target: whole.optional(),
  /** After attention too, where a layer has such a place. */
  mid: z.boolean().optional(),
  /** Divergences from the output's distribution too. */
  kl: z.boolean().optional(),
});

/** Arrays are [residuals, count]; entry i of a row speaks of what comes after the token at `from + i`. */
export interface Result {
  /** Hook names of the residuals, from the first layer's entry to the last one's end. */
  hooks: string[];
  topIds: Int32Array;
  /** Nats. */
  topLogprobs: Float32Array;
  /** Nats. */
  entropy: Float32Array;
  /** Of the next token of the text, NaN / 0 where there is none; or of the target. Nats. */
  targetLogprob: Float32Array;
  targetRank: Int32Array;
  /** KL(output || this residual's), nats, where it was asked for. */
  kl?: Float32Array;
  pieces: Record<number, PieceView>;
}

/** The engine works on one at a time; the page asks for the windows one after the other. */
export const atMost = 1;

/** @throws TokenscopeError for a window that is not in the text; what the engine throws */
export async function handle(
  { from, count, follow, target, mid, kl }: z.infer<typeof schema>,
  { engine, ids, texts }: Subject,
  signal: AbortSignal,
): Promise<Result> {
  const end = from + count;
  if (end > ids.length) {
    throw new TokenscopeError(
      'There are no such tokens.',
      `Positions ${from} to ${end - 1} of ${ids.length}`,
      'Choose others.',
    );
  }
  const positions = Array.from({ length: count }, (_, i) => from + i);
  const asked = follow === undefined ? ids : [...ids.slice(0, end), follow];
  const layers: LensLayer[] = [];
  const more = { ...(target !== undefined && { target }), ...(mid && { mid }), ...(kl && { kl }) };
  for await (const layer of engine.lens({ ids: asked, topK: 1, positions, ...more }, signal)) layers.push(layer);
  const topIds = Int32Array.from(layers.flatMap((layer) => [...layer.topIds]));
  const floats = (of: (layer: LensLayer) => Float32Array) =>
    Float32Array.from(layers.flatMap((layer) => [...of(layer)]));
  return {
    hooks: layers.map(({ hook }) => hook),
    topIds,
    topLogprobs: floats((layer) => layer.topLogprobs),
    entropy: floats((layer) => layer.entropy),
    targetLogprob: floats((layer) => layer.targetLogprob),
    targetRank: Int32Array.from(layers.flatMap((layer) => [...layer.targetRank])),
    ...(kl && { kl: floats((layer) => layer.kl!) }),
    pieces: await texts([...new Set(target === undefined ? topIds : [...topIds, target])]),
  };
}
