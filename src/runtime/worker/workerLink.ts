import { Worker } from 'node:worker_threads';
import {
  CancellationTokenSource,
  createMessageConnection,
  type MessageConnection,
  PortMessageReader,
  type RequestParam,
  type RequestType,
} from 'vscode-jsonrpc/node';
import { TokenscopeError } from '../../errors.ts';
import { type StreamParams, type StreamType, TransferringWriter } from './rpc.ts';
import { endsWorker, fromWire, notEnoughMemory, type WireError } from './rpcErrors.ts';

export interface WorkerOptions {
  /** The worker's script. */
  workerUrl: URL;
  /** Node's options for the worker; default: those of this process. */
  execArgv?: string[];
  /** Takes what the worker writes to its output, and what goes wrong between the threads. */
  log?: (line: string) => void;
}

/** One worker and the connection to it. Every call ends: by its answer, its signal, or the worker's end. */
export class WorkerLink {
  private readonly worker: Worker;
  private readonly connection: MessageConnection;
  /** Ends of the calls under way. */
  private readonly pending = new Set<(reason: unknown) => void>();
  private ended: { reason: unknown } | undefined;
  private failure: unknown;
  private streams = 0;

  /** @param died is called once, when the worker ends without having been closed */
  constructor(
    { workerUrl, execArgv, log = () => {} }: WorkerOptions,
    private readonly died: (error: TokenscopeError) => void,
  ) {
    this.worker = new Worker(workerUrl, { execArgv, stdout: true, stderr: true });
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
      new TransferringWriter(this.worker),
      logger,
    );
    this.connection.listen();
  }

  /** Asks and waits. @throws what the engine throws; the signal's reason; a TokenscopeError if the worker dies */
  async call<A, R>(type: RequestType<A, R, WireError>, args: A, signal?: AbortSignal): Promise<R> {
    const call = this.open(signal);
    try {
      return await Promise.race([this.send(type, args, call), call.broken]);
    } finally {
      call.close();
    }
  }

  /** The same, with values on the way. What came before an error is handed out first, but nothing after an abort. */
  async *stream<A, T, R>(type: StreamType<A, T, R>, request: A, signal?: AbortSignal): AsyncGenerator<T, R> {
    const call = this.open(signal);
    const stream = ++this.streams;
    const values: T[] = [];
    let wake = () => {};
    const listening = this.connection.onProgress(type.value, stream, (value) => {
      values.push(value);
      wake();
    });
    let answer: { result: R } | { error: unknown } | undefined;
    const params: StreamParams<A> = { stream, request };
    const answered = this.send(type.request, params, call).then(
      (result) => {
        answer = { result };
        wake();
      },
      (error: unknown) => {
        answer = { error };
        wake();
      },
    );
    try {
      for (;;) {
        signal?.throwIfAborted();
        const value = values.shift();
        if (value !== undefined) yield value;
        else if (answer && 'error' in answer) throw answer.error;
        else if (answer) return answer.result;
        else {
          const more = new Promise<void>((resolve) => {
            wake = resolve;
          });
          await Promise.race([more, answered, call.broken]);
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

  private async send<A, R>(type: RequestType<A, R, WireError>, args: A, { source }: OpenCall): Promise<R> {
    try {
      return await this.connection.sendRequest(type, args as RequestParam<A>, source.token);
    } catch (error) {
      const thrown = fromWire(error);
      if (endsWorker(error)) {
        this.failure = thrown;
        this.terminate();
      }
      throw thrown;
    }
  }

  /** A call that is under way until it is closed: `broken` rejects when its signal aborts or the worker ends. */
  private open(signal: AbortSignal | undefined): OpenCall {
    signal?.throwIfAborted();
    if (this.ended) throw this.ended.reason;
    const source = new CancellationTokenSource();
    let end: (reason: unknown) => void = () => {};
    const broken = new Promise<never>((_, reject) => {
      end = reject;
    });
    // Nobody may be listening in between.
    broken.catch(() => {});
    let closed = false;
    const close = () => {
      if (closed) return;
      closed = true;
      signal?.removeEventListener('abort', aborted);
      this.pending.delete(end);
      // Tells the worker, unless it has answered already.
      if (!this.ended) source.cancel();
      source.dispose();
    };
    const aborted = () => {
      end(signal?.reason);
      close();
    };
    signal?.addEventListener('abort', aborted, { once: true });
    this.pending.add(end);
    return { source, broken, close };
  }

  private exited(code: number): void {
    if (this.ended) return;
    const error = this.failure instanceof TokenscopeError ? this.failure : endOf(this.failure, code);
    this.end(error);
    this.died(error);
  }

  private end(reason: unknown): void {
    if (this.ended) return;
    this.ended = { reason };
    for (const end of [...this.pending]) end(reason);
    this.connection.dispose();
  }
}

interface OpenCall {
  source: CancellationTokenSource;
  broken: Promise<never>;
  close(): void;
}

/** What a person is told of a worker's end. */
function endOf(failure: unknown, code: number): TokenscopeError {
  if ((failure as NodeJS.ErrnoException | undefined)?.code === 'ERR_WORKER_OUT_OF_MEMORY') {
    return notEnoughMemory(failure);
  }
  const why =
    failure === undefined ? `exit code ${code}` : failure instanceof Error ? failure.message : String(failure);
  return new TokenscopeError(`It ended unexpectedly (${why}).`, 'The engine', 'Try again: it is started anew.', {
    cause: failure,
  });
}
