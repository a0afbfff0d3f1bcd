/** Looks a limit is divided into. */
const LOOKS = 10;

/**
 * Notices a worker that shows no sign of life (see pulse.ts) while somebody waits for it: its thread is held by work
 * that no signal can interrupt.
 */
export class Watchdog {
  private readonly waiting = new Set<object>();
  private timer: NodeJS.Timeout | undefined;
  private count = -1;
  private alive = 0;

  /** @param stuck is called once, `limit` milliseconds after the last sign of life */
  constructor(
    private readonly pulse: Int32Array,
    private readonly limit: number,
    private readonly stuck: () => void,
  ) {}

  watch(call: object): void {
    this.waiting.add(call);
    if (this.timer) return;
    this.alive = performance.now();
    this.timer = setInterval(() => this.look(), this.limit / LOOKS);
  }

  unwatch(call: object): void {
    this.waiting.delete(call);
    if (this.waiting.size === 0) this.stop();
  }

  stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
    this.waiting.clear();
  }

  private look(): void {
    const now = performance.now();
    const count = Atomics.load(this.pulse, 0);
    // A thread that has not begun yet is starting up: that may take as long as the machine needs.
    if (count === 0 || count !== this.count) {
      this.count = count;
      this.alive = now;
    } else if (now - this.alive > this.limit) {
      this.stop();
      this.stuck();
    }
  }
}
