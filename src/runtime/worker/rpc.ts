/**
 * The calls between the host's client and the worker, as JSON-RPC over a worker_threads port. Only the envelope is
 * JSON-RPC: arrays cross by structured clone, those of results by transfer.
 */
import { types } from 'node:util';
import type { MessagePort, Transferable } from 'node:worker_threads';
import {
  AbstractMessageWriter,
  Message,
  type MessageWriter,
  ParameterStructures,
  ProgressType,
  RequestType,
} from 'vscode-jsonrpc/node';
import type { CallName } from '../api.ts';
import { pulse } from '../pulse.ts';
import { toWire, type WireError } from './rpcErrors.ts';

/** A call's arguments without its signal. */
export interface CallParams {
  args: readonly unknown[];
  /** Of a call that streams: the token its values are sent under. */
  stream?: number;
}

export const requestType = (name: CallName) =>
  new RequestType<CallParams, unknown, WireError>(name, ParameterStructures.byName);

/** Values on the way to an answer. */
export const streamedValue = new ProgressType<unknown>();

/**
 * Writes answers with their arrays of numbers transferred: what an engine computed belongs to who asked for it. Bytes
 * of tokens are copied, they belong to the tokenizer; so are views of a larger or shared buffer, of which nothing else
 * may cross.
 */
export class TransferringWriter extends AbstractMessageWriter implements MessageWriter {
  constructor(private readonly port: MessagePort) {
    super();
  }

  async write(message: Message): Promise<void> {
    const transfer = new Set<Transferable>();
    try {
      const sent = prepare(message, transfer);
      this.port.postMessage(sent, [...transfer]);
    } catch (error) {
      if (!Message.isResponse(message) || message.error) throw error;
      // An answer that cannot cross is answered all the same: somebody waits for it.
      this.port.postMessage({ jsonrpc: message.jsonrpc, id: message.id, error: toWire(error).toJson() });
    }
  }

  end(): void {}
}

/** The value with views of larger buffers copied; buffers to transfer are collected. */
function prepare(value: unknown, transfer: Set<Transferable>): unknown {
  // A Buffer's own slice would not copy.
  if (value instanceof Uint8Array) return fillsItsBuffer(value) ? value : Uint8Array.from(value);
  if (types.isTypedArray(value)) {
    const own = fillsItsBuffer(value) ? value : value.slice();
    transfer.add(own.buffer as ArrayBuffer);
    return own;
  }
  if (Array.isArray(value))
    return value.length > 0 && typeof value[0] === 'object' ? value.map((v) => prepare(v, transfer)) : value;
  if (typeof value !== 'object' || value === null) return value;
  pulse(); // there may be millions of tokens
  const copy: Record<string, unknown> = {};
  for (const [key, entry] of Object.entries(value)) copy[key] = prepare(entry, transfer);
  return copy;
}

const fillsItsBuffer = ({ buffer, byteLength }: NodeJS.TypedArray): boolean =>
  buffer instanceof ArrayBuffer && buffer.byteLength === byteLength;
