import type { EngineApi } from '../api.ts';

/** An engine where a newer call of a kind aborts the older one, which ends at once. */
export class NewestWins implements EngineApi {
  private readonly newest = new Map<string, AbortController>();

  constructor(private readonly engine: EngineApi) {}

  get model(): EngineApi['model'] {
    return this.engine.model;
  }

  load: EngineApi['load'] = (options, signal) => this.stream('load', (s) => this.engine.load(options, s), signal);
  run: EngineApi['run'] = (request, signal) => this.stream('run', (s) => this.engine.run(request, s), signal);
  generate: EngineApi['generate'] = (request, signal) =>
    this.stream('generate', (s) => this.engine.generate(request, s), signal);
  lens: EngineApi['lens'] = (request, signal) => this.stream('lens', (s) => this.engine.lens(request, s), signal);
  logits: EngineApi['logits'] = (ids, position, signal) =>
    this.call('logits', (s) => this.engine.logits(ids, position, s), signal);
  pattern: EngineApi['pattern'] = (ids, layer, signal) =>
    this.call('pattern', (s) => this.engine.pattern(ids, layer, s), signal);

  // Nothing to win: these are quick, and every answer is wanted.
  unload: EngineApi['unload'] = () => this.engine.unload();
  encode: EngineApi['encode'] = (text) => this.engine.encode(text);
  describe: EngineApi['describe'] = (ids) => this.engine.describe(ids);
  pieces: EngineApi['pieces'] = (ids) => this.engine.pieces(ids);

  private async call<R>(kind: string, work: (signal: AbortSignal) => Promise<R>, signal?: AbortSignal): Promise<R> {
    const turn = this.take(kind, signal);
    try {
      return await work(turn.signal);
    } finally {
      turn.end();
    }
  }

  /** The older call ends when this one is made, not when its first value is asked for. */
  private stream<T, R>(
    kind: string,
    work: (signal: AbortSignal) => AsyncGenerator<T, R>,
    signal?: AbortSignal,
  ): AsyncGenerator<T, R> {
    const turn = this.take(kind, signal);
    return (async function* () {
      try {
        return yield* work(turn.signal);
      } finally {
        turn.end();
      }
    })();
  }

  private take(kind: string, outer?: AbortSignal): { signal: AbortSignal; end: () => void } {
    this.newest.get(kind)?.abort(new DOMException('A newer request took its place', 'AbortError'));
    const own = new AbortController();
    this.newest.set(kind, own);
    const follow = () => own.abort(outer?.reason);
    if (outer?.aborted) follow();
    else outer?.addEventListener('abort', follow, { once: true });
    const end = () => {
      outer?.removeEventListener('abort', follow);
      if (this.newest.get(kind) === own) this.newest.delete(kind);
    };
    return { signal: own.signal, end };
  }
}
