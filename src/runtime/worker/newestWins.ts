import { type CallName, type CallShape, ENGINE_CALLS, type EngineApi, type Priority } from '../api.ts';
import { ForwardingEngine, type Transport } from './forwarding.ts';

/** An engine where a newer call of a kind aborts the older one, which ends at once. */
export class NewestWins extends ForwardingEngine implements EngineApi {
  private readonly newest = new Map<CallName, AbortController>();

  constructor(
    private readonly engine: EngineApi,
    private readonly priority: Priority,
  ) {
    super();
  }

  get model(): EngineApi['model'] {
    return this.engine.model;
  }

  override async once(name: CallName, args: readonly unknown[], signal?: AbortSignal): Promise<unknown> {
    const turn = this.take(name, signal);
    try {
      return await this.call<Promise<unknown>>(name, args, turn.signal);
    } finally {
      turn.end();
    }
  }

  /** The older call ends when this one is made, not when its first value is asked for. */
  override stream(name: CallName, args: readonly unknown[], signal?: AbortSignal): ReturnType<Transport['stream']> {
    const turn = this.take(name, signal);
    const values = this.call<ReturnType<Transport['stream']>>(name, args, turn.signal);
    return (async function* () {
      try {
        return yield* values;
      } finally {
        turn.end();
      }
    })();
  }

  private call<R>(name: CallName, args: readonly unknown[], signal: AbortSignal): R {
    const { prioritised }: CallShape = ENGINE_CALLS[name];
    const urgent = prioritised ? [{ priority: this.priority, ...(args[0] as object) }, ...args.slice(1)] : args;
    const method = this.engine[name] as (...args: unknown[]) => unknown;
    return method.call(this.engine, ...urgent, signal) as R;
  }

  private take(name: CallName, outer?: AbortSignal): { signal: AbortSignal; end: () => void } {
    const { newestWins }: CallShape = ENGINE_CALLS[name];
    const own = new AbortController();
    if (newestWins) {
      this.newest.get(name)?.abort(new DOMException('A newer request took its place', 'AbortError'));
      this.newest.set(name, own);
    }
    const follow = () => own.abort(outer?.reason);
    if (outer?.aborted) follow();
    else outer?.addEventListener('abort', follow, { once: true });
    const end = () => {
      outer?.removeEventListener('abort', follow);
      if (this.newest.get(name) === own) this.newest.delete(name);
    };
    return { signal: own.signal, end };
  }
}
