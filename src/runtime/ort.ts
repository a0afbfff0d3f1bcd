import { existsSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import * as ort from 'onnxruntime-web';

/** The only module that touches onnxruntime-web's settings. */
export { ort };

export type TypedArray = Float32Array | Int8Array | Uint8Array | Int32Array | BigInt64Array;

let threadsInUse: number | undefined;

/** Threads for a setting of 0 or none: all cores but at most 4, more bring little in wasm. */
export function automaticThreads(): number {
  return Math.max(1, Math.min(4, cpus().length));
}

/**
 * Starts the wasm backend once a process; later calls change nothing, since the number of threads is fixed then.
 * @returns the number of threads in use
 */
export function configureRuntime(threads?: number): number {
  if (threadsInUse === undefined) {
    threadsInUse = threads || automaticThreads();
    ort.env.wasm.numThreads = threadsInUse;
    ort.env.logLevel = 'error';
    // In the bundle the two wasm files lie beside the script; from source the package finds its own.
    const bundled = new URL('./ort/', import.meta.url);
    if (existsSync(fileURLToPath(bundled))) ort.env.wasm.wasmPaths = bundled.href;
  }
  return threadsInUse;
}

/**
 * Creates a session of a graph over its weights. The arrays are handed over as they are and may be dropped after.
 * @throws Error of onnxruntime, e.g. when the wasm memory (4 GB) is full
 */
export async function createSession(
  graph: Uint8Array,
  weights: ReadonlyMap<string, TypedArray>,
): Promise<ort.InferenceSession> {
  const began = performance.now();
  const externalData = [...weights].map(([path, data]) => ({
    path,
    data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
  }));
  const session = await ort.InferenceSession.create(graph, {
    executionProviders: ['wasm'],
    externalData,
    graphOptimizationLevel: 'all',
    enableCpuMemArena: false, // else each of the many small sessions holds on to its scratch memory
    extra: { session: { disable_prepacking: '1' } }, // half the load time and memory at equal speed
  });
  sessionClock.milliseconds += performance.now() - began;
  return session;
}

/** Time spent inside onnxruntime's own session creation, for measuring what a load takes beside it. */
export const sessionClock = { milliseconds: 0 };
