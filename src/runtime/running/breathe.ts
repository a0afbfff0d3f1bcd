/** Blocks of a single token take about a millisecond: between those a look every other one is enough. */
const OFTEN_ENOUGH = 1.5;
let last = 0;

/**
 * Lets messages in (a cancellation, a newer request) between two pieces of long work.
 * @throws the signal's reason once it is aborted
 */
export async function breathe(signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  if (performance.now() - last < OFTEN_ENOUGH) return;
  await new Promise<void>((resolve) => setImmediate(resolve));
  last = performance.now();
  signal?.throwIfAborted();
}
