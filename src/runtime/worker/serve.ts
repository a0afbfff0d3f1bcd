import type { MessagePort } from 'node:worker_threads';
import {
  type CancellationToken,
  createMessageConnection,
  PortMessageReader,
  type RequestParam,
  type RequestType,
} from 'vscode-jsonrpc/node';
import type { EngineApi } from '../api.ts';
import { calls, type StreamParams, type StreamType, streams, TransferringWriter } from './rpc.ts';
import { toWire, type WireError } from './rpcErrors.ts';

/** Answers the calls that come over a port with an engine. A call that is cancelled has its signal aborted. */
export function serve(engine: EngineApi, port: MessagePort): void {
  const connection = createMessageConnection(new PortMessageReader(port), new TransferringWriter(port));

  function answer<A, R>(type: RequestType<A, R, WireError>, work: (args: A, signal: AbortSignal) => Promise<R>): void {
    connection.onRequest(type, async (args: A, token: CancellationToken) => {
      try {
        return (await work(args, signalOf(token))) as never;
      } catch (error) {
        return toWire(error);
      }
    });
  }

  function answerStream<A, T, R>(
    type: StreamType<A, T, R | null>,
    work: (args: A, signal: AbortSignal) => AsyncGenerator<T, R>,
  ): void {
    answer(type.request, async ({ stream, request }: StreamParams<A>, signal) => {
      const values = work(request, signal);
      try {
        for (;;) {
          const { done, value } = await values.next();
          if (done) return (value ?? null) as R | null;
          await connection.sendProgress(type.value, stream, value as RequestParam<T>);
          signal.throwIfAborted();
        }
      } finally {
        await values.return(undefined as never);
      }
    });
  }

  answerStream(streams.load, (options, signal) => engine.load(options, signal));
  answerStream(streams.run, (request, signal) => engine.run(request, signal));
  answerStream(streams.generate, (request, signal) => engine.generate(request, signal));
  answerStream(streams.lens, (request, signal) => engine.lens(request, signal));
  answer(calls.unload, async () => {
    await engine.unload();
    return null;
  });
  answer(calls.encode, ({ text }) => engine.encode(text));
  answer(calls.describe, ({ ids }) => engine.describe(ids));
  answer(calls.pieces, ({ ids }) => engine.pieces(ids));
  answer(calls.logits, ({ ids, position }, signal) => engine.logits(ids, position, signal));
  answer(calls.pattern, ({ ids, layer }, signal) => engine.pattern(ids, layer, signal));
  connection.listen();
}

function signalOf(token: CancellationToken): AbortSignal {
  const abort = new AbortController();
  const stop = () => abort.abort(new DOMException('Cancelled', 'AbortError'));
  if (token.isCancellationRequested) stop();
  else token.onCancellationRequested(stop);
  return abort.signal;
}
