import { setImmediate } from 'node:timers/promises';

/**
 * Lets messages in (a cancellation, a newer request) between two pieces of long work.
 * @throws the signal's reason once it is aborted
 */
export async function breathe(signal?: AbortSignal): Promise<void> {
  await setImmediate();
  signal?.throwIfAborted();
}
