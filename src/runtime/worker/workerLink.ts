import { Worker } from 'node:worker_threads';
import {
  CancellationTokenSource,
  createMessageConnection,
  type MessageConnection,
  PortMessageReader,
  PortMessageWriter,
} from 'vscode-jsonrpc/node';
import { EngineEnded, TokenscopeError } from '../../errors.ts';
import { type CallName, type CallShape, ENGINE_CALLS } from '../api.ts';
import { deferred } from '../deferred.ts';
import type { Transport } from './forwarding.ts';
import { type CallParams, requestType, streamedValue } from './rpc.ts';
import { endsWorker, fromWire, notEnoughMemory } from './rpcErrors.ts';
import { Watchdog } from './watchdog.ts';

export interface WorkerOptions {
  /** The worker's script. */
  workerUrl: URL;
  /** Node's options for the worker; default: those of this process. */
  execArgv?: string[];
  /** Takes what the worker writes to its output, and what goes wrong between the threads. */
  log?: (line: string) => void;
  /** A worker that is waited for and gives no sign of life for so long is ended. */
  unresponsiveAfter?: number;
}

const UNRESPONSIVE_MS = 5000;

/** One worker and the connection to it. Every call ends: by its answer, its signal, or the worker's end. */
export class WorkerLink implements Transport {
  private readonly worker: Worker;
  private readonly connection: MessageConnection;
  /** Ends of the calls under way. */
  private readonly pending = new Set<(reason: unknown) => void>();
  private ended: { reason: unknown } | undefined;
  private failure: unknown;
  private streams = 0;
  private readonly watchdog: Watchdog;

  /** @param died is called once, when the worker ends without having been closed */
  constructor(
    { workerUrl, execArgv, log = () => {}, unresponsiveAfter = UNRESPONSIVE_MS }: WorkerOptions,
    private readonly died: (error: EngineEnded) => void,
  ) {
    const pulse = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
    this.worker = new Worker(workerUrl, { execArgv, stdout: true, stderr: true, workerData: { pulse } });
    this.watchdog = new Watchdog(new Int32Array(pulse), unresponsiveAfter, () => {
      this.failure = unresponsive(unresponsiveAfter);
      this.terminate();
    });
    for (const output of [this.worker.stdout, this.worker.stderr]) {
      output.on('data', (data: Buffer) => log(data.toString().trimEnd()));
    }
    // An 'exit' always follows.
    this.worker.on('error', (error) => {
      this.failure = error;
    });
    this.worker.on('exit', (code) => this.exited(code));
    const logger = { error: log, warn: log, info: log, log };
    this.connection = createMessageConnection(
      new PortMessageReader(this.worker),
      new PortMessageWriter(this.worker),
      logger,
    );
    this.connection.listen();
  }

  /** Asks and waits. @throws what the engine throws; the signal's reason; EngineEnded if the worker dies */
  async once(name: CallName, args: readonly unknown[], signal?: AbortSignal): Promise<unknown> {
    const call = this.open(name, signal);
    try {
      return await Promise.race([this.send(name, { args }, call), call.broken]);
    } finally {
      call.close();
    }
  }

  /** The same, with values on the way. What came before an error is handed out first, but nothing after an abort. */
  async *stream(name: CallName, args: readonly unknown[], signal?: AbortSignal): AsyncGenerator<unknown, unknown> {
    const call = this.open(name, signal);
    const stream = ++this.streams;
    const values: unknown[] = [];
    let more = deferred();
    const listening = this.connection.onProgress(streamedValue, stream, (value) => {
      values.push(value);
      more.resolve();
    });
    let answer: { result: unknown } | { error: unknown } | undefined;
    const answered = this.send(name, { args, stream }, call).then(
      (result) => {
        answer = { result };
      },
      (error: unknown) => {
        answer = { error };
      },
    );
    try {
      for (;;) {
        signal?.throwIfAborted();
        if (values.length > 0) yield values.shift();
        else if (answer && 'error' in answer) throw answer.error;
        else if (answer) return answer.result;
        else {
          more = deferred();
          await Promise.race([more.promise, answered, call.broken]);
        }
      }
    } finally {
      listening.dispose();
      call.close();
    }
  }

  /** Ends the worker as a crash would. */
  terminate(): void {
    void this.worker.terminate();
  }

  /** Ends the worker; calls under way end with the reason. */
  close(reason: unknown): void {
    this.end(reason);
    void this.worker.terminate();
  }

  private async send(name: CallName, params: CallParams, call: OpenCall): Promise<unknown> {
    try {
      return await this.connection.sendRequest(requestType(name), params, call.source.token);
    } catch (error) {
      const thrown = fromWire(error);
      if (!endsWorker(error)) throw thrown;
      this.failure = thrown;
      this.terminate();
      throw endedBy(thrown);
    } finally {
      call.answered = true;
      this.watchdog.unwatch(call);
    }
  }

  /** A call that is under way until it is closed: `broken` rejects when its signal aborts or the worker ends. */
  private open(name: CallName, signal: AbortSignal | undefined): OpenCall {
    signal?.throwIfAborted();
    if (this.ended) throw this.ended.reason;
    const source = new CancellationTokenSource();
    const { promise: broken, reject: end } = deferred<never>();
    // Nobody may be listening in between.
    broken.catch(() => {});
    let closed = false;
    const close = () => {
      if (closed) return;
      closed = true;
      signal?.removeEventListener('abort', aborted);
      this.pending.delete(end);
      // Tells the worker, unless it has answered already, and waits for it to let go.
      if (!this.ended && !call.answered) {
        source.cancel();
        this.watchdog.watch(call);
      }
      source.dispose();
    };
    const call: OpenCall = { source, broken, close, answered: false };
    const aborted = () => {
      end(signal?.reason);
      close();
    };
    signal?.addEventListener('abort', aborted, { once: true });
    this.pending.add(end);
    const { watched }: CallShape = ENGINE_CALLS[name];
    if (watched) this.watchdog.watch(call);
    return call;
  }

  private exited(code: number): void {
    if (this.ended) return;
    const error = this.failure === undefined ? exitedWith(code) : endedBy(this.failure);
    this.end(error);
    this.died(error);
  }

  private end(reason: unknown): void {
    if (this.ended) return;
    this.ended = { reason };
    this.watchdog.stop();
    for (const end of [...this.pending]) end(reason);
    this.connection.dispose();
  }
}

interface OpenCall {
  source: CancellationTokenSource;
  broken: Promise<never>;
  /** The worker has nothing to do with it any more. */
  answered: boolean;
  close(): void;
}

const AGAIN = 'Try again: it is started anew.';

/** What a person is told of a worker's end. */
function endedBy(failure: unknown): EngineEnded {
  const outOfMemory = (failure as NodeJS.ErrnoException | undefined)?.code === 'ERR_WORKER_OUT_OF_MEMORY';
  const told = outOfMemory ? notEnoughMemory(failure) : failure;
  if (told instanceof TokenscopeError) return new EngineEnded(told.what, told.where, told.todo, { cause: failure });
  const why = failure instanceof Error ? failure.message : String(failure);
  return new EngineEnded(`It ended unexpectedly (${why}).`, 'The engine', AGAIN, { cause: failure });
}

const exitedWith = (code: number): EngineEnded =>
  new EngineEnded(`It ended unexpectedly (exit code ${code}).`, 'The engine', AGAIN);

function unresponsive(limit: number): EngineEnded {
  return new EngineEnded(
    `It gave no sign of life for ${limit / 1000} seconds and was ended.`,
    'The engine',
    "Try again. If the model is from elsewhere, its tokenizer's rules may never come to an end: take another one.",
  );
}
