/** What a run says of positions [from, from + count); see RunChunk. */
export interface ScoreRows {
  from: number;
  count: number;
  logprob: Float32Array;
  rank: Int32Array;
  entropy: Float32Array;
  topK: number;
  topIds: Int32Array;
  topLogprobs: Float32Array;
}

/** A token's score, beside the distribution it was drawn from. */
export interface ScoreRow {
  position: number;
  /** Nats. */
  logprob: number;
  /** 1-based. */
  rank: number;
  /** Nats. */
  entropy: number;
  /** The chunk and row of the distribution. */
  before: { chunk: ScoreRows; row: number };
}

/**
 * Puts each token beside the distribution it was drawn from: the one after the position before, maybe in the chunk
 * before.
 */
export class ScoreReader {
  private before: { chunk: ScoreRows; row: number } | undefined;

  /** @param chunk the next one of the run. @returns a row for each position but the text's first */
  *read(chunk: ScoreRows): Generator<ScoreRow> {
    for (let row = 0; row < chunk.count; row++) {
      const { before } = this;
      this.before = { chunk, row };
      if (!before) continue;
      yield {
        position: chunk.from + row,
        logprob: chunk.logprob[row],
        rank: chunk.rank[row],
        entropy: before.chunk.entropy[before.row],
        before,
      };
    }
  }
}
