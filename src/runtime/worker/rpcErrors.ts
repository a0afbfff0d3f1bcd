import { ResponseError } from 'vscode-jsonrpc/node';
import { EngineEnded, ModelError, TokenscopeError } from '../../errors.ts';

/** Classes that cross with their fields; any other error crosses as a plain one. */
const classes = { TokenscopeError, ModelError, EngineEnded };

/** An error as it crosses between the threads. */
export interface WireError {
  name: string;
  message: string;
  stack?: string;
  /** The worker cannot be trusted any more. */
  fatal?: boolean;
  /** Fields of a TokenscopeError. */
  person?: { what: string; where: string; todo: string };
}

/** Only the data counts: JSON-RPC's own codes do not tell our errors apart. */
const CODE = -32000;

/** @param thrown told as a person reads it, see forPerson */
export function toWire(thrown: unknown): ResponseError<WireError> {
  const error = forPerson(thrown);
  if (!(error instanceof Error))
    return new ResponseError(CODE, String(error), { name: 'Error', message: String(error) });
  const { name, message } = error;
  const wire: WireError = { name, message, stack: traceOf(error), fatal: isFatal(thrown) };
  if (error instanceof TokenscopeError) {
    const { what, where, todo } = error;
    wire.person = { what, where, todo };
  }
  return new ResponseError(CODE, message, wire);
}

const traceOf = ({ stack, cause }: Error): string | undefined =>
  cause instanceof Error ? `${stack}\nCaused by: ${cause.stack}` : stack;

/** Whether the worker is to be ended after this answer. */
export const endsWorker = (error: unknown): boolean =>
  error instanceof ResponseError && (error.data as WireError | undefined)?.fatal === true;

/** The error that was thrown on the other side: its class, its fields and where it came from. */
export function fromWire(error: unknown): unknown {
  const wire = error instanceof ResponseError ? (error.data as WireError | undefined) : undefined;
  if (!wire) return error;
  if (wire.name === 'AbortError') return new DOMException(wire.message, 'AbortError');
  const made = rebuild(wire);
  if (wire.stack) made.stack = wire.stack;
  return made;
}

function rebuild({ name, message, person }: WireError): Error {
  if (person) {
    const Class = Object.hasOwn(classes, name) ? classes[name as keyof typeof classes] : TokenscopeError;
    return new Class(person.what, person.where, person.todo);
  }
  // A wrong argument stays one.
  const error = name === 'RangeError' ? new RangeError(message) : new Error(message);
  error.name = name;
  return error;
}

/**
 * Whether the engine can no longer be trusted after this: WebAssembly that trapped or ran out of memory leaves its
 * heap in no defined state.
 */
function isFatal(error: unknown): boolean {
  if (!(error instanceof Error) || error instanceof TokenscopeError) return false;
  return error instanceof WebAssembly.RuntimeError || isOutOfMemory(error);
}

/** As V8, emscripten and onnxruntime word it. */
const OUT_OF_MEMORY = /out of memory|bad_alloc|allocation failed|failed to allocate|cannot enlarge memory|\bOOM\b/i;

const isOutOfMemory = (error: Error): boolean => OUT_OF_MEMORY.test(error.message);

/** What a person reads when the engine's memory is full. */
function forPerson(error: unknown): unknown {
  if (!(error instanceof Error) || !isFatal(error)) return error;
  if (isOutOfMemory(error)) return notEnoughMemory(error);
  return new TokenscopeError(
    'The computation broke off.',
    'The engine',
    'Try again; if it breaks off again, take another model.',
    { cause: error },
  );
}

export function notEnoughMemory(cause: unknown): TokenscopeError {
  return new TokenscopeError(
    'There was not enough memory.',
    'The engine',
    'Take a shorter text, a smaller model, or the precision int8.',
    { cause },
  );
}
