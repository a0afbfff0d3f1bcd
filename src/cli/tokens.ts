import type { EngineApi, RunChunk } from '../runtime/api.ts';
import type { Piece, Token } from '../runtime/tokenizer/types.ts';

/** A token as the command line's JSON has it. */
export function tokenJson({ id, text, start, end, bytes }: Token) {
  return { id, text, start, end, ...(bytes && { bytes: [...bytes] }) };
}

/** Texts of vocabulary entries, asked for once each. */
export class PieceTable {
  private readonly known = new Map<number, Piece>();

  constructor(private readonly engine: EngineApi) {}

  async learn(ids: Iterable<number>): Promise<void> {
    const missing = [...new Set(ids)].filter((id) => !this.known.has(id));
    const pieces = await this.engine.pieces(missing);
    for (const [i, id] of missing.entries()) this.known.set(id, pieces[i]);
  }

  piece(id: number): Piece {
    return this.known.get(id)!;
  }

  /** Row `i` of a list of candidates, as JSON. */
  top({ topK, topIds, topLogprobs }: Pick<RunChunk, 'topK' | 'topIds' | 'topLogprobs'>, i: number) {
    return Array.from(topIds.subarray(i * topK, (i + 1) * topK), (id, j) => {
      const { text, bytes } = this.piece(id);
      return { id, text, ...(bytes && { bytes: [...bytes] }), logprob: topLogprobs[i * topK + j] };
    });
  }
}
