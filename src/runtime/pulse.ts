/**
 * A sign of life of the worker's thread that the host can see while the thread is busy: a counter in shared memory.
 * Long loops over foreign input call `pulse`, and an idle thread does by a timer; a regular expression that never
 * ends does not.
 */
let counter: Int32Array | undefined;
const IDLE_MS = 200;

/** Begins to count in the memory of the host. */
export function startPulse(shared: SharedArrayBuffer): void {
  counter = new Int32Array(shared);
  pulse();
  setInterval(pulse, IDLE_MS).unref();
}

export function pulse(): void {
  if (counter) Atomics.add(counter, 0, 1);
}
