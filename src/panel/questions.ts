import type { ModelInfo } from '../runtime/api.ts';
import type { EngineClient } from '../runtime/worker/client.ts';
import type { Outbox } from './outbox.ts';
import type { PageMessage } from './protocol.ts';
import { likeliest, pieceView } from './views.ts';

export type Question = Extract<PageMessage, { type: 'getDistribution' | 'getPattern' }>;

/** Ids whose texts come with a whole distribution. */
const NAMED_CANDIDATES = 256;
/** Distributions that are computed at a time; of more, the oldest request is given up. */
const MOST_DISTRIBUTIONS = 4;

/** What the page asks about the tokens of one run: whole distributions and attention patterns. */
export class Questions {
  private readonly life = new AbortController();
  private distributions: AbortController[] = [];

  constructor(
    private readonly engine: EngineClient,
    private readonly model: ModelInfo,
    private readonly run: number,
    private readonly ids: readonly number[],
    private readonly outbox: Outbox,
  ) {}

  /** Posts the answer; of a question that a newer one overtook there is none. @throws what the engine throws */
  async ask(question: Question): Promise<void> {
    try {
      if (question.type === 'getPattern') await this.pattern(question.layer);
      else await this.distribution(question.position);
    } catch (error) {
      if (!(error instanceof Error && error.name === 'AbortError')) throw error;
    }
  }

  /** Gives up what is not answered yet: another run is shown. */
  dispose(): void {
    this.life.abort();
  }

  private async pattern(layer: number): Promise<void> {
    if (layer >= this.model.nLayers) return;
    // Of two layers asked for, only the later one is looked at.
    const { shape, data } = await this.engine.channel('pattern').pattern(this.ids, layer, this.life.signal);
    this.outbox.post({ type: 'pattern', run: this.run, layer, heads: shape[0], n: shape[1], pattern: data });
  }

  private async distribution(position: number): Promise<void> {
    if (position >= this.ids.length) return;
    const abort = new AbortController();
    this.distributions.push(abort);
    if (this.distributions.length > MOST_DISTRIBUTIONS) this.distributions.shift()!.abort();
    try {
      const signal = AbortSignal.any([abort.signal, this.life.signal]);
      const logits = await this.engine.logits(this.ids, position, signal);
      const ids = likeliest(logits, NAMED_CANDIDATES);
      const unknown = this.outbox.unknown(ids);
      if (unknown.length > 0) this.outbox.learn(unknown, (await this.engine.pieces(unknown)).map(pieceView));
      const pieces = this.outbox.texts(ids);
      this.outbox.post({ type: 'distribution', run: this.run, position, logits, pieces });
    } finally {
      this.distributions = this.distributions.filter((other) => other !== abort);
    }
  }
}
