import { ScoreReader, type ScoreRows } from '../analysis/scores.ts';
import { totals } from '../analysis/surprisal.ts';
import type {
  CallOptions,
  Candidate,
  NextToken,
  Pattern,
  ScoredToken,
  TextScore,
  TextToken,
  TokenscopeApi,
} from '../api.ts';
import { TokenscopeError } from '../errors.ts';
import type { Piece, Token } from '../runtime/tokenizer/types.ts';
import type { PieceTexts } from './pieceTexts.ts';
import type { EngineSource, LoadedEngine } from './windowEngine.ts';

/** The window's engine for other extensions. Their work stands back while the person's own is under way. */
export class TextApi implements TokenscopeApi {
  readonly version = 1;

  constructor(private readonly engines: Pick<EngineSource, 'ready'>) {}

  async tokens(text: string, signal?: AbortSignal): Promise<TextToken[]> {
    return (await this.read(text, { signal })).tokens.map(plainToken);
  }

  async score(text: string, options: { topK?: number; signal?: AbortSignal } = {}): Promise<TextScore> {
    const topK = candidateCount(options.topK ?? 0, 'topK');
    const { engine, model, pieces, tokens, ids } = await this.read(text, options);
    const scored: ScoredToken[] = tokens.map((token) => ({
      ...plainToken(token),
      ...{ logprob: null, rank: null, entropy: null, top: [] },
    }));
    const reader = new ScoreReader();
    const run = { ids, topK, priority: 'background' } as const;
    // A run of no tokens is an error; their scores are none.
    for await (const chunk of ids.length > 0 ? engine.run(run, options.signal) : []) {
      await pieces.learn(chunk.topIds);
      for (const { position, logprob, rank, entropy, before } of reader.read(chunk))
        Object.assign(scored[position], { logprob, rank, entropy, top: candidates(before.chunk, before.row, pieces) });
    }
    const { scored: count, perplexity } = totals(scored.map(({ logprob }) => logprob));
    const known = count > 0;
    return {
      model: model.name,
      precision: model.precision,
      tokens: scored,
      loss: known ? Math.log(perplexity) : null,
      perplexity: known ? perplexity : null,
      count,
    };
  }

  async next(text: string, options: { top?: number; signal?: AbortSignal } = {}): Promise<NextToken> {
    const topK = candidateCount(options.top ?? 10, 'top');
    const { engine, model, pieces, ids } = await this.read(text, options);
    const run = { ids, topK, scoreFrom: ids.length - 1, priority: 'background' } as const;
    for await (const chunk of engine.run(run, options.signal)) {
      await pieces.learn(chunk.topIds);
      const row = chunk.count - 1;
      const { name, precision } = model;
      return { model: name, precision, entropy: chunk.entropy[row], top: candidates(chunk, row, pieces) };
    }
    throw new Error('a run of some tokens has a last one');
  }

  async pattern(text: string, layer: number, options: CallOptions = {}): Promise<Pattern> {
    const { engine, ids } = await this.read(text, options);
    const { shape, data } = await engine.pattern(ids, layer, undefined, options.signal);
    return { shape: [shape[0], shape[1], shape[2]], data };
  }

  private async read(
    text: string,
    { signal }: CallOptions,
  ): Promise<LoadedEngine & { tokens: Token[]; ids: number[] }> {
    const loaded = await this.engines.ready(signal ?? new AbortController().signal, () => {});
    const tokens = await loaded.engine.encode(text, signal);
    return { ...loaded, tokens, ids: tokens.map(({ id }) => id) };
  }
}

/** @throws TokenscopeError for what is no whole number from 0 on: other extensions may be written without types */
function candidateCount(count: number, option: string): number {
  if (Number.isSafeInteger(count) && count >= 0) return count;
  throw new TokenscopeError(`${count} is no count.`, `The option ${option}`, 'Give a whole number, 0 or more.');
}

const plainBytes = ({ bytes }: Pick<Piece, 'bytes'>) => (bytes ? { bytes: [...bytes] } : {});

const plainToken = (token: Token): TextToken => {
  const { id, text, start, end } = token;
  return { id, text, start, end, ...plainBytes(token) };
};

/** The candidates of a chunk's row, whose texts have been learnt. */
function candidates({ topK, topIds, topLogprobs }: ScoreRows, row: number, pieces: PieceTexts): Candidate[] {
  return Array.from(topIds.subarray(row * topK, (row + 1) * topK), (id, i) => {
    const piece = pieces.get(id)!;
    return { id, text: piece.text, ...plainBytes(piece), logprob: topLogprobs[row * topK + i] };
  });
}
