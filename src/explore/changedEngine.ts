import { type CallName, type CallShape, ENGINE_CALLS, type EngineApi, type Intervention } from '../runtime/api.ts';
import { ForwardingEngine } from '../runtime/worker/forwarding.ts';

/** The engine where every call about a text speaks of a changed model. */
export const changedEngine = (engine: EngineApi, interventions: readonly Intervention[]): EngineApi =>
  interventions.length === 0 ? engine : new ChangedEngine(engine, interventions);

type Calls = Record<CallName, (...args: unknown[]) => unknown>;

class ChangedEngine extends ForwardingEngine implements EngineApi {
  constructor(
    private readonly engine: EngineApi,
    private readonly interventions: readonly Intervention[],
  ) {
    super();
  }

  get model() {
    return this.engine.model;
  }

  override once(name: CallName, args: readonly unknown[], signal?: AbortSignal): Promise<unknown> {
    return this.call(name, args, signal) as Promise<unknown>;
  }

  override stream(name: CallName, args: readonly unknown[], signal?: AbortSignal): AsyncGenerator<unknown, unknown> {
    return this.call(name, args, signal) as AsyncGenerator<unknown, unknown>;
  }

  private call(name: CallName, args: readonly unknown[], signal: AbortSignal | undefined): unknown {
    const { changes, parameters }: CallShape = ENGINE_CALLS[name];
    const { interventions } = this;
    const changed = [...args];
    if (changes === 'request') changed[0] = { ...(args[0] as object), interventions };
    else if (changes === 'last') changed[parameters - 1] = interventions;
    return (this.engine as unknown as Calls)[name](...changed, signal);
  }
}
