import type { EngineApi } from '../runtime/api.ts';
import type { Piece } from '../runtime/tokenizer/types.ts';

/** Texts of a loaded model's ids, each asked of the engine once. */
export class PieceTexts {
  private readonly known = new Map<number, Piece>();

  constructor(private readonly engine: Pick<EngineApi, 'pieces'>) {}

  /** The text of an id that has been learnt. */
  get(id: number): Piece | undefined {
    return this.known.get(id);
  }

  /** Afterwards the texts of these ids are known. @throws what the engine throws */
  async learn(ids: Iterable<number>): Promise<void> {
    const unknown = [...new Set(ids)].filter((id) => !this.known.has(id));
    if (unknown.length === 0) return;
    const pieces = await this.engine.pieces(unknown);
    for (const [i, id] of unknown.entries()) this.known.set(id, pieces[i]);
  }
}
