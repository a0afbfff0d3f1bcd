import { existsSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import * as ort from 'onnxruntime-web';
import { GraphBuilder } from '../transformer/builder.ts';
import { pulse } from './pulse.ts';

export type TypedArray = Float32Array | Int8Array | Uint8Array | Int32Array | BigInt64Array;
export type Feeds = Record<string, ort.Tensor>;
export type Outputs = ort.InferenceSession.OnnxValueMapType;

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
 * Begins to compile the wasm backend, which takes as long as a model's files take to open: other work goes on meanwhile,
 * and the first session finds it done.
 */
export function warmUp(): void {
  const g = new GraphBuilder('nothing');
  g.output('y', g.op('Identity', [g.input('x', 'float', [1])]), 'float', [1]);
  // If it fails, so does the first session, which somebody waits for.
  Session.create(g.encode(), new Map()).then(
    (session) => session.release(),
    () => {},
  );
}

/** Time spent inside onnxruntime itself, for measuring what the engine adds, and how often sessions ran. */
export const sessionClock = { creating: 0, running: 0, runs: 0 };

/** A graph over its weights. All sessions share one queue: onnxruntime-web fails if two of them work at once. */
export class Session {
  private constructor(private readonly session: ort.InferenceSession) {}

  /**
   * The arrays are handed over as they are and may be dropped or used again after.
   * @throws Error of onnxruntime, e.g. when the wasm memory (4 GB) is full
   */
  static async create(graph: Uint8Array, weights: ReadonlyMap<string, TypedArray>): Promise<Session> {
    const externalData = [...weights].map(([path, data]) => ({
      path,
      data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
    }));
    return alone('creating', async () => {
      const session = await ort.InferenceSession.create(graph, {
        executionProviders: ['wasm'],
        externalData,
        graphOptimizationLevel: 'all',
        enableCpuMemArena: false, // else each of the many small sessions holds on to its scratch memory
        extra: { session: { disable_prepacking: '1' } }, // half the load time and memory at equal speed
      });
      return new Session(session);
    });
  }

  run(feeds: Feeds, fetch: readonly string[]): Promise<Outputs> {
    return alone('running', () => this.session.run(feeds, fetch));
  }

  release(): Promise<void> {
    return alone('creating', () => this.session.release());
  }
}

let last: Promise<unknown> = Promise.resolve();

/** Runs one piece of work after the other, in the order they come. */
function alone<T>(kind: 'creating' | 'running', work: () => Promise<T>): Promise<T> {
  const next = last.then(async () => {
    const began = performance.now();
    pulse();
    try {
      return await work();
    } finally {
      sessionClock[kind] += performance.now() - began;
      if (kind === 'running') sessionClock.runs++;
    }
  });
  last = next.catch(() => {});
  return next;
}

export function floatTensor(data: Float32Array, shape: readonly number[]): ort.Tensor {
  return new ort.Tensor('float32', data, shape);
}

export function int64Tensor(values: ArrayLike<number>, shape: readonly number[]): ort.Tensor {
  return new ort.Tensor('int64', BigInt64Array.from(values as ArrayLike<never>, BigInt), shape);
}

/** The float32 values of one fetched output. */
export function floatData(outputs: Outputs, name: string): Float32Array {
  return outputs[name].data as Float32Array;
}

/** The int64 values of one fetched output; those of ours are small enough for int32. */
export function intData(outputs: Outputs, name: string): Int32Array {
  const { data } = outputs[name];
  return data instanceof BigInt64Array
    ? Int32Array.from(data as unknown as ArrayLike<number>, Number)
    : (data as Int32Array);
}
