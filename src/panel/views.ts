import type { TextTotals } from '../analysis/surprisal.ts';
import { firstHead } from '../explore/firstHead.ts';
import type { PieceTexts } from '../explore/pieceTexts.ts';
import type { ModelInfo } from '../runtime/api.ts';
import type { Piece, Token } from '../runtime/tokenizer/types.ts';
import type { ModelView, PieceView, TokenView, Totals } from './protocol.ts';

/** A token at its place in the document: `offset` is where the tokenised text starts there. */
export function tokenView(token: Token, offset: number): TokenView {
  return { id: token.id, ...pieceView(token), start: token.start + offset, end: token.end + offset };
}

export function pieceView(piece: Piece): PieceView {
  return {
    text: piece.text,
    ...(piece.bytes && { bytes: [...piece.bytes] }),
    ...(piece.special && { special: true }),
  };
}

/** Texts of ids, each under its id. @throws what the engine throws */
export async function textsOf(pieces: PieceTexts, ids: readonly number[]): Promise<Record<number, PieceView>> {
  await pieces.learn(ids);
  return Object.fromEntries(ids.map((id) => [id, pieceView(pieces.get(id)!)]));
}

export function modelView(info: ModelInfo, bosPolicy: string): ModelView {
  const { name, precision, vocabSize, nLayers, nHeads, contextLength } = info;
  return { name, precision, vocabSize, nLayers, nHeads, contextLength, bosPolicy, firstHead: firstHead(info) };
}

export function totalsView({ tokens, scored, meanSurprisal, perplexity }: TextTotals): Totals {
  const none = scored === 0;
  return { tokens, scored, meanSurprisal: none ? null : meanSurprisal, perplexity: none ? null : perplexity };
}

/** Ids of the `count` largest logits, the largest first; NaN is never among them. */
export function likeliest(logits: Float32Array, count: number): number[] {
  // Few of a vocabulary ever come in: sorting all of it would take the extension host's thread for tens of ms.
  const ids: number[] = [];
  for (let id = 0; id < logits.length; id++) {
    const value = logits[id];
    if (Number.isNaN(value) || (ids.length === count && !(value > logits[ids[count - 1]]))) continue;
    let [low, high] = [0, ids.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (logits[ids[middle]] >= value) low = middle + 1;
      else high = middle;
    }
    ids.splice(low, 0, id);
    if (ids.length > count) ids.pop();
  }
  return ids;
}
