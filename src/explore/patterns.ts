import type { EngineApi, HookTensor, Intervention } from '../runtime/api.ts';

/** Bytes of patterns that are kept when nobody waits for them. */
const MOST_BYTES = 96 * 2 ** 20;

interface Asked {
  pattern: Promise<HookTensor>;
  abort: AbortController;
  /** How many wait for it. */
  waiting: number;
  /** Once it is there. */
  bytes: number;
}

/**
 * Attention patterns of the tokens of one run: a layer's is computed once, however many ask, and given up when nobody
 * waits for it any more. Those asked for last are kept.
 */
export class Patterns {
  /** By layer, the one asked for last at the end. */
  private readonly asked = new Map<number, Asked>();

  constructor(
    private readonly engine: Pick<EngineApi, 'pattern'>,
    private readonly ids: readonly number[],
    private readonly interventions?: readonly Intervention[],
  ) {}

  /** [heads, n, n], row = the token that looks. @throws what the engine throws; the signal's reason */
  async of(layer: number, signal: AbortSignal): Promise<HookTensor> {
    signal.throwIfAborted();
    const asked = this.asked.get(layer) ?? this.ask(layer);
    this.asked.delete(layer);
    this.asked.set(layer, asked);
    asked.waiting++;
    let give: () => void = () => {};
    const given = new Promise<never>((_, reject) => {
      give = () => reject(signal.reason);
      signal.addEventListener('abort', give, { once: true });
    });
    try {
      return await Promise.race([asked.pattern, given]);
    } finally {
      signal.removeEventListener('abort', give);
      asked.waiting--;
      if (asked.waiting === 0 && asked.bytes === 0) {
        if (this.asked.get(layer) === asked) this.asked.delete(layer);
        asked.abort.abort(new DOMException('Nobody waits for it', 'AbortError'));
      }
    }
  }

  private ask(layer: number): Asked {
    const abort = new AbortController();
    const pattern = this.engine.pattern(this.ids, layer, this.interventions, abort.signal).then((found) => {
      asked.bytes = found.data.byteLength;
      this.makeRoom(layer);
      return found;
    });
    // Who waits hears of a failure; who no longer waits need not.
    pattern.catch(() => {});
    const asked: Asked = { pattern, abort, waiting: 0, bytes: 0 };
    return asked;
  }

  private makeRoom(newest: number): void {
    let bytes = 0;
    for (const each of this.asked.values()) bytes += each.bytes;
    for (const [layer, each] of this.asked) {
      if (bytes <= MOST_BYTES) break;
      if (layer === newest || each.bytes === 0) continue;
      this.asked.delete(layer);
      bytes -= each.bytes;
    }
  }
}
