import { on } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { ModelSource } from '../../weights/source.ts';
import type { TypedArray } from '../sessions.ts';
import type { Smoothing } from './smoothing.ts';

/** What the thread is started with. */
export interface PackingJob {
  path: string;
  fingerprint: string;
  smoothing: Smoothing;
}

/** Arrays of graphs in shared memory: a session is made of one, one is written to the disk, one is filled. */
export const SETS = 3;

/** Beside the bundle; from source there is none, and packing is done where the sessions are made. */
const SCRIPT = new URL('./packing.js', import.meta.url);

/**
 * Packs int8 weights in a thread of its own, one graph ahead of who makes sessions of them. It is a help and no more:
 * whatever goes wrong in it, the next weights are missing, and who packs them instead meets the same fault.
 */
export class PackingThread {
  /** Settles when the thread is gone. */
  readonly ended: Promise<unknown>;
  private readonly worker: Worker;
  private readonly answers: AsyncIterator<[Map<string, TypedArray>]>;

  /** Undefined where there is no script for it. */
  static start(source: ModelSource, smoothing: Smoothing): PackingThread | undefined {
    return existsSync(fileURLToPath(SCRIPT)) ? new PackingThread(source, smoothing, SCRIPT) : undefined;
  }

  constructor({ path, fingerprint }: ModelSource, smoothing: Smoothing, script: URL) {
    const workerData: PackingJob = { path, fingerprint, smoothing };
    this.worker = new Worker(script, { execArgv: [], workerData });
    this.ended = new Promise((resolve) => this.worker.once('exit', resolve));
    this.answers = on(this.worker, 'message', { close: ['exit'] }) as typeof this.answers;
    this.ask();
  }

  /**
   * Weights of the next graph: block 0, 1, …, then the unembedding. They are good until the second call from here.
   * @returns undefined once the thread has ended, whyever
   */
  async next(): Promise<Map<string, TypedArray> | undefined> {
    this.ask();
    const answer = await this.answers.next().catch(() => undefined);
    return answer?.done === false ? answer.value[0] : undefined;
  }

  /** Ends the thread, in the middle of its work too. */
  async close(): Promise<void> {
    await this.worker.terminate();
  }

  private ask(): void {
    this.worker.postMessage(undefined);
  }
}
