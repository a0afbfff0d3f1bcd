/** Calls back after a time in ms, unless what it returns is called before. */
export type After = (ms: number, call: () => void) => () => void;

const byTheClock: After = (ms, call) => {
  const timer = setTimeout(call, ms);
  return () => clearTimeout(timer);
};

/** Says once that nothing was under way for a time. */
export class IdleTimer {
  private underWay = 0;
  private cancel = () => {};

  /** @param minutes asked when something ends; 0: never */
  constructor(
    private readonly minutes: () => number,
    private readonly idle: () => void,
    private readonly after: After = byTheClock,
  ) {}

  begin(): void {
    this.underWay++;
    this.cancel();
  }

  /** @returns whether nothing is under way any more */
  end(): boolean {
    this.underWay--;
    if (this.underWay > 0) return false;
    const minutes = this.minutes();
    if (minutes > 0) this.cancel = this.after(minutes * 60_000, this.idle);
    return true;
  }

  dispose(): void {
    this.cancel();
  }
}
