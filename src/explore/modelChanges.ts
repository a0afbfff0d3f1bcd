import { type Ablated, ablationOf, withoutOverlap } from '../analysis/ablation.ts';
import type { Intervention } from '../runtime/api.ts';
import { Emitter, type Event } from './events.ts';
import { MEAN_TEXT } from './meanText.ts';
import type { EngineSource } from './windowEngine.ts';

/** What is switched off in the model of the window. */
export interface Changed {
  readonly parts: readonly Ablated[];
  /** Whether it is replaced by its mean over a fixed text, or by zero. */
  readonly mean: boolean;
}

const NOTHING: Changed = { parts: [], mean: false };

/** What the person changes in the model: all that is shown of any text speaks of the model so. */
export class ModelChanges {
  private now = NOTHING;
  private made: readonly Intervention[] = [];
  /** The model that it was chosen for. */
  private path: string | undefined;
  private attempts = 0;
  private readonly events = new Emitter<{ changed: Changed }>();
  private readonly listening: { dispose(): void };
  readonly onDidChange: Event<Changed> = (changed) => this.events.add({ changed });

  constructor(private readonly engines: EngineSource) {
    this.listening = engines.onDidChangeState((engine) => {
      // Parts of one model are not those of another.
      if (engine.state === 'ready' && this.path !== undefined && engine.model.path !== this.path) this.restore();
    });
  }

  get state(): Changed {
    return this.now;
  }

  /** The same as long as nothing else is changed. */
  get interventions(): readonly Intervention[] {
    return this.made;
  }

  /**
   * Switches parts off, in place of what was; those that the model has not are left out.
   * @throws what the engine throws
   */
  async switchOff(parts: readonly Ablated[], mean = false): Promise<void> {
    const attempt = ++this.attempts;
    const { signal } = new AbortController();
    const { model, engine } = await this.engines.ready(signal, () => {});
    const { nLayers, nHeads, contextLength } = model;
    const there = parts.filter(({ layer, part }) => layer < nLayers && (typeof part === 'string' || part < nHeads));
    const kept = withoutOverlap(there);
    // A fixed text: what is computed of the beginning of a text holds when it goes on.
    const text = mean && kept.length > 0 ? await engine.encode(MEAN_TEXT) : [];
    // The newest wins.
    if (attempt !== this.attempts) return;
    const over = text.slice(0, contextLength).map(({ id }) => id);
    this.path = model.path;
    this.become(
      { parts: kept, mean },
      kept.map((part) => ablationOf(part, mean ? { set: 'mean', over } : { set: 'zero' })),
    );
  }

  /** The model as it was. */
  restore(): void {
    this.attempts++;
    this.path = undefined;
    if (this.now.parts.length > 0) this.become(NOTHING, []);
  }

  dispose(): void {
    this.listening.dispose();
    this.events.dispose();
  }

  private become(state: Changed, interventions: readonly Intervention[]): void {
    this.now = state;
    this.made = interventions;
    this.events.fire('changed', state);
  }
}
