import type { ModelChanges } from './modelChanges.ts';
import type { EngineSource, Log } from './windowEngine.ts';

/** What scored texts need of the window they are in. */
export interface ScoredTextServices {
  engines: EngineSource;
  log: Log;
  /** How many tokens of a text are scored at most. */
  maxTokens(): number;
  /** What is changed in the model. */
  changes: Pick<ModelChanges, 'interventions' | 'onDidChange'>;
}
