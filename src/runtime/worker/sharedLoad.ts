import type { LoadProgress, ModelInfo } from '../api.ts';
import { deferred } from '../deferred.ts';

/**
 * One load that several may wait for: each hears of its progress, and one that leaves does not end it for the others.
 * When nobody waits any more it is given up at its next step, so that who comes back at once finds it still going.
 */
export class SharedLoad {
  private readonly abort = new AbortController();
  private last: LoadProgress | undefined;
  private waiting = 0;
  private result: { info: ModelInfo } | { error: unknown } | undefined;
  private stepped = deferred<void>();

  constructor(
    readonly key: string,
    begin: (signal: AbortSignal) => AsyncGenerator<LoadProgress, ModelInfo>,
  ) {
    void this.drive(begin(this.abort.signal));
  }

  get ended(): boolean {
    return this.result !== undefined;
  }

  /** Ends it for all who wait. */
  end(reason: unknown): void {
    this.abort.abort(reason);
  }

  /** Waits with the others. @throws what the load throws; the signal's reason, for this one alone */
  async *follow(signal?: AbortSignal): AsyncGenerator<LoadProgress, ModelInfo> {
    this.waiting++;
    const left = deferred<never>();
    left.promise.catch(() => {});
    const leave = () => left.reject(signal?.reason);
    signal?.addEventListener('abort', leave, { once: true });
    let told: LoadProgress | undefined;
    try {
      for (;;) {
        signal?.throwIfAborted();
        if (this.last !== told) {
          told = this.last;
          yield told!;
        } else if (!this.result) await Promise.race([this.stepped.promise, left.promise]);
        else if ('error' in this.result) throw this.result.error;
        else return this.result.info;
      }
    } finally {
      signal?.removeEventListener('abort', leave);
      this.waiting--;
    }
  }

  private async drive(steps: AsyncGenerator<LoadProgress, ModelInfo>): Promise<void> {
    try {
      let step = await steps.next();
      for (; !step.done; step = await steps.next()) {
        this.last = step.value;
        this.step();
        if (this.waiting === 0) this.end(new DOMException('Nobody waits for the model', 'AbortError'));
      }
      this.result = { info: step.value };
    } catch (error) {
      this.result = { error };
    }
    this.step();
  }

  private step(): void {
    this.stepped.resolve();
    this.stepped = deferred<void>();
  }
}
