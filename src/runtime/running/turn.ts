import type { Priority } from '../api.ts';
import { deferred } from '../deferred.ts';
import { breathe } from './breathe.ts';

/** Who may work now: between two blocks, work in the background waits while any in the foreground is under way. */
export class Turns {
  private foreground = 0;
  private idle = deferred();

  begin(signal: AbortSignal, priority: Priority = 'foreground'): Turn {
    if (priority === 'foreground') this.foreground++;
    return new Turn(signal, priority === 'foreground' ? () => this.left() : undefined, this);
  }

  /** Ends when nothing in the foreground is under way. */
  async untilIdle(signal: AbortSignal): Promise<void> {
    const aborted = deferred();
    const stop = () => aborted.resolve();
    signal.addEventListener('abort', stop, { once: true });
    while (this.foreground > 0 && !signal.aborted) await Promise.race([this.idle.promise, aborted.promise]);
    signal.removeEventListener('abort', stop);
  }

  private left(): void {
    if (--this.foreground > 0) return;
    this.idle.resolve();
    this.idle = deferred();
  }
}

/** One piece of work on the model, from its beginning to its end. */
export class Turn {
  constructor(
    readonly signal: AbortSignal,
    private leave: (() => void) | undefined,
    private readonly turns: Turns,
  ) {
    this.background = leave === undefined;
  }
  private readonly background: boolean;

  /** Lets others in between two pieces of work. @throws the signal's reason once it is aborted */
  async breathe(): Promise<void> {
    await breathe(this.signal);
    if (!this.background) return;
    await this.turns.untilIdle(this.signal);
    this.signal.throwIfAborted();
  }

  end(): void {
    this.leave?.();
    this.leave = undefined;
  }
}
