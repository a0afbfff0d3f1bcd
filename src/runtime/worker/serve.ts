import type { MessagePort } from 'node:worker_threads';
import { type CancellationToken, createMessageConnection, PortMessageReader } from 'vscode-jsonrpc/node';
import type { EngineApi } from '../api.ts';
import { callShapes } from './forwarding.ts';
import { type CallParams, requestType, streamedValue, TransferringWriter } from './rpc.ts';
import { toWire } from './rpcErrors.ts';

/** Answers the calls that come over a port with an engine. A call that is cancelled has its signal aborted. */
export function serve(engine: EngineApi, port: MessagePort): void {
  const connection = createMessageConnection(new PortMessageReader(port), new TransferringWriter(port));

  /** Sends values as they come; the generator's own end is the answer. */
  async function sendAll(values: AsyncGenerator<unknown, unknown>, stream: number, signal: AbortSignal) {
    try {
      for (;;) {
        const { done, value } = await values.next();
        if (done) return value;
        await connection.sendProgress(streamedValue, stream, value);
        signal.throwIfAborted();
      }
    } finally {
      await values.return(undefined);
    }
  }

  for (const [name, { streams }] of callShapes) {
    connection.onRequest(requestType(name), async ({ args, stream }: CallParams, token: CancellationToken) => {
      try {
        const signal = signalOf(token);
        const method = engine[name] as (...args: unknown[]) => unknown;
        const result = method.call(engine, ...args, signal);
        if (!streams) return (await result) ?? null;
        return (await sendAll(result as AsyncGenerator<unknown, unknown>, stream!, signal)) ?? null;
      } catch (error) {
        return toWire(error);
      }
    });
  }
  connection.listen();
}

function signalOf(token: CancellationToken): AbortSignal {
  const abort = new AbortController();
  const stop = () => abort.abort(new DOMException('Cancelled', 'AbortError'));
  if (token.isCancellationRequested) stop();
  else token.onCancellationRequested(stop);
  return abort.signal;
}
